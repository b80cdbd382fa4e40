package pager

import "github.com/microtop/microtop/tui/paint"

// gutter is where the cursor is shown, in cells.
const gutter = 2

var _ lines = (*Pager)(nil)

// span and rows make the pager what the window arithmetic works on.
func (p *Pager) span() (first, last uint64) { return p.first(), p.last() }

func (p *Pager) rows(id uint64) int {
	if !p.wrap {
		return 1
	}
	return len(p.breaks(id))
}

// breaks returns where the rows of a line begin. It is worked out when the line
// comes near the screen and kept while it is.
func (p *Pager) breaks(id uint64) []int {
	if b, ok := p.wraps[id]; ok {
		return b
	}
	if len(p.wraps) > 4*p.h+64 {
		clear(p.wraps)
	}
	l := p.line(id)
	b := wrap(nil, l.Text.String(), p.room()-p.lead(l))
	p.wraps[id] = b
	return b
}

// room returns the cells of a row between gutter and scroll bar.
func (p *Pager) room() int { return max(p.w-gutter-1, 0) }

// lead returns the cells that stamp and prefix take, half the row at most.
func (p *Pager) lead(l Line) int {
	n := 0
	for _, s := range []string{p.stamp(l), l.Prefix.String()} {
		if s != "" {
			n += paint.WidthUpTo(s, p.room()) + 1
		}
	}
	return min(n, p.room()/2)
}

func (p *Pager) stamp(l Line) string {
	if !p.stamps {
		return ""
	}
	return l.Stamp.String()
}

// settle brings cursor and top to lines there are.
func (p *Pager) settle() {
	if p.Len() == 0 {
		p.top, p.cursor = place{}, 0
		return
	}
	first, last := p.span()
	if p.follow {
		p.cursor = last
		p.top = bottom(p, p.height())
		return
	}
	p.cursor = min(max(p.cursor, first), last)
	p.top = fitted(p, p.top, p.height())
}

// scrollTo moves the window to a top and keeps the cursor on its row of the
// screen.
func (p *Pager) scrollTo(top place) {
	at := p.cursorRow()
	p.top = fitted(p, top, p.height())
	p.cursor = forward(p, p.top, at).id
	p.fresh = false
}

// cursorRow returns the row of the screen the selected line begins on, the
// nearest when it begins above.
func (p *Pager) cursorRow() int {
	h := p.height()
	at := p.top
	for y := range h {
		if at.id >= p.cursor {
			return y
		}
		at = forward(p, at, 1)
	}
	return max(h-1, 0)
}

// reveal puts the cursor on a line and shows row sub of it.
func (p *Pager) reveal(id uint64, sub int) {
	p.cursor = id
	sub = min(sub, p.rows(id)-1)
	p.top = fitted(p, shown(p, p.top, place{id, sub}, p.height()), p.height())
	p.fresh = false
}

// down moves the cursor a line down, or the window where the line goes on below.
func (p *Pager) down() {
	end := place{p.cursor, p.rows(p.cursor) - 1}
	if edge := forward(p, p.top, max(p.height()-1, 0)); edge.before(end) {
		p.top, p.fresh = forward(p, p.top, 1), false
		return
	}
	if p.cursor < p.last() {
		next := p.cursor + 1
		// As much of the next line as fits, but its beginning in any case.
		p.reveal(next, min(p.rows(next), max(p.height(), 1))-1)
	}
}

// up moves the cursor a line up, or the window where the line began above.
func (p *Pager) up() {
	if p.top.id == p.cursor && p.top.sub > 0 {
		p.top, p.fresh = backward(p, p.top, 1), false
		return
	}
	if p.cursor > p.first() {
		prev := p.cursor - 1
		n := p.rows(prev)
		p.reveal(prev, n-1)
		if n <= p.height() {
			p.reveal(prev, 0)
		}
	}
}
