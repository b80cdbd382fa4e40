package pager

import (
	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/scroll"
)

// sideStep is how many cells one press of H or L scrolls.
const sideStep = 8

// Update handles the pager's own keys and the mouse: motions, f and space to
// follow or pause, w to wrap, t to show times, n and N for matches, esc to end
// the search. It never returns a command.
func (p *Pager) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		p.key(msg)
	case tea.MouseClickMsg:
		if msg.Button == tea.MouseLeft && p.Len() > 0 && msg.Y >= 0 && msg.Y < p.height() {
			p.SetFollow(false)
			p.settle()
			p.cursor = forward(p, p.top, msg.Y).id
			p.fresh = false
		}
	case tea.MouseWheelMsg:
		rows, cols := scroll.OfWheel(msg)
		p.scrollBy(rows)
		p.side(cols * sideStep)
	}
	return nil
}

// Escapes reports whether esc has something to undo here; when not, it is the
// screen's.
func (p *Pager) Escapes() bool { return p.expr != "" }

func (p *Pager) key(k tea.KeyPressMsg) {
	m := scroll.Of(k)
	if m != scroll.None {
		p.move(m)
		return
	}
	switch k.String() {
	case "f", "space":
		p.SetFollow(!p.follow)
	case "w":
		p.SetWrap(!p.wrap)
	case "t":
		p.stamps = !p.stamps
		p.relaid()
	case "n":
		p.find(1)
	case "N":
		p.find(-1)
	case "esc":
		p.search, p.expr, p.fresh = nil, "", false
	}
}

func (p *Pager) move(m scroll.Motion) {
	if p.Len() == 0 {
		return
	}
	p.settle()
	page := max(p.height(), 1)
	switch m {
	case scroll.Down:
		if !p.follow {
			p.down()
		}
	case scroll.Up:
		p.SetFollow(false)
		p.up()
	case scroll.PageDown:
		p.scrollBy(page)
	case scroll.PageUp:
		p.scrollBy(-page)
	case scroll.HalfDown:
		p.scrollBy(max(page/2, 1))
	case scroll.HalfUp:
		p.scrollBy(-max(page/2, 1))
	case scroll.Home:
		p.SetFollow(false)
		p.reveal(p.first(), 0)
		p.top = place{p.first(), 0}
	case scroll.End:
		p.SetFollow(true)
		if !p.follow {
			p.reveal(p.last(), p.rows(p.last())-1)
		}
	case scroll.Left:
		p.side(-sideStep)
	case scroll.Right:
		p.side(sideStep)
	case scroll.None:
	}
}

// scrollBy moves window and cursor by rows; up ends following. At an edge the
// cursor goes to the first or last line.
func (p *Pager) scrollBy(n int) {
	if p.Len() == 0 || n == 0 || n > 0 && p.follow {
		return
	}
	p.SetFollow(false)
	p.settle()
	before := p.top
	if n > 0 {
		p.scrollTo(forward(p, p.top, n))
	} else {
		p.scrollTo(backward(p, p.top, -n))
	}
	if p.top == before {
		if n > 0 {
			p.cursor = p.last()
		} else {
			p.cursor = p.first()
		}
	}
}

// side scrolls sideways by n cells while there is text to see.
func (p *Pager) side(n int) {
	if p.wrap || n == 0 {
		return
	}
	if n > 0 && !p.beyond() {
		return
	}
	p.left, p.fresh = max(p.left+n, 0), false
}

// beyond reports whether a line on the screen goes on to the right.
func (p *Pager) beyond() bool {
	if p.Len() == 0 {
		return false
	}
	p.settle()
	for id := p.top.id; id <= p.last() && id < p.top.id+uint64(p.height()); id++ { //nolint:gosec // not negative
		l := p.line(id)
		edge := p.left + p.room() - p.lead(l)
		if paint.WidthUpTo(l.Text.String(), edge+1) > edge {
			return true
		}
	}
	return false
}
