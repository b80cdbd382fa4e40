package pager

import (
	"strconv"

	"github.com/microtop/microtop/tui/match"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/scroll"
)

// View returns the pager, exactly as many cells wide and rows high as
// [Pager.SetSize] said.
func (p *Pager) View() string {
	if p.fresh {
		return p.frame
	}
	p.fresh = true
	if p.h == 0 {
		p.frame = ""
		return p.frame
	}
	p.settle()
	p.out = p.out[:0]
	h := p.height()
	top := int(p.top.id - min(p.first(), p.top.id)) //nolint:gosec // below Len
	start, length, bar := scroll.Thumb(p.Len(), h, top)
	at, more := p.top, p.Len() > 0
	for y := range h {
		if y > 0 {
			p.out = append(p.out, '\n')
		}
		p.row.Start(p.w, 0)
		if more {
			p.drawRow(at)
			next := forward(p, at, 1)
			more, at = at.before(next), next
		} else if p.Len() == 0 {
			p.drawEmpty(y)
		}
		if bar {
			p.drawBar(y >= start && y < start+length)
		}
		p.out = p.row.AppendTo(p.out)
	}
	if p.opts.Status {
		if h > 0 {
			p.out = append(p.out, '\n')
		}
		p.drawStatus()
	}
	if string(p.out) != p.frame {
		p.frame = string(p.out)
	}
	return p.frame
}

func (p *Pager) drawBar(thumb bool) {
	g := p.pens.Glyphs
	p.row.Fill(paint.Pen{}, p.row.Room()-1)
	if thumb {
		p.row.Text(p.pens.Accent, g.Bar[len(g.Bar)-1])
	} else {
		p.row.Text(p.pens.Dim, g.Vertical)
	}
}

func (p *Pager) drawEmpty(y int) {
	if list := p.opts.Empty.Lines(); y < len(list) {
		p.row.Fill(paint.Pen{}, gutter)
		p.row.Text(p.pens.Dim, list[y].String())
	}
}

// drawRow draws one row of a line, without the scroll bar's cell.
func (p *Pager) drawRow(at place) {
	l := p.line(at.id)
	head, body := p.rolePens(l.Role)
	if n := len(p.pens.Series); l.Series > 0 && n > 0 {
		head = p.pens.Series[(l.Series-1)%n]
	}
	base, dim := paint.Pen{}, p.pens.Dim
	chosen := at.id == p.cursor
	if chosen {
		base, dim, head, body = p.pens.Selected, p.pens.Selected, p.pens.Selected, p.pens.Selected
	}
	sign := " "
	if chosen && at.sub == 0 {
		sign = p.pens.Glyphs.Cursor
	}
	p.row.Text(base, sign)
	p.row.Fill(base, gutter-1)
	lead := p.lead(l)
	if at.sub == 0 {
		left := p.part(dim, p.stamp(l), lead)
		left = p.part(head, l.Prefix.String(), left)
		p.row.Fill(base, left)
	} else {
		p.row.Fill(base, lead)
	}
	p.drawText(l.Text.String(), at, p.room()-lead, body, chosen)
	if chosen {
		p.row.Fill(base, p.row.Room()-1)
	}
}

// part draws stamp or prefix and the blank after it in at most limit cells and
// returns how many of them are left.
func (p *Pager) part(pen paint.Pen, s string, limit int) int {
	if s == "" || limit <= 0 {
		return limit
	}
	limit -= p.row.Cell(pen, s, limit-1) + 1
	p.row.Fill(pen, 1)
	return limit
}

func (p *Pager) rolePens(r Role) (prefix, text paint.Pen) {
	n := p.pens
	switch r {
	case Dim:
		return n.Dim, n.Dim
	case Good, Received:
		return n.Good, n.Text
	case Warn:
		return n.Warn, n.Text
	case Bad:
		return n.Bad, n.Bad
	case Sent:
		return n.Accent, n.Text
	case Rule:
		return n.Accent, n.Accent
	case Plain:
	}
	return n.Accent, n.Text
}

// drawText draws what is seen of a text in n cells.
func (p *Pager) drawText(text string, at place, n int, pen paint.Pen, chosen bool) {
	from, half := 0, 0
	to := len(text)
	if p.wrap {
		b := p.breaks(at.id)
		from = b[at.sub]
		if at.sub+1 < len(b) {
			to = b[at.sub+1]
		}
	} else {
		from, half = paint.Skip(text, p.left)
		p.row.Fill(pen, half)
		to = from + paint.Take(text[from:], n-half)
		if to < len(text) && n > half+1 { // it goes on
			to = from + paint.Take(text[from:], n-half-1)
		}
	}
	hot := p.pens.Match
	if chosen {
		hot = p.pens.Found
	}
	p.segs = p.segs[:0]
	if p.syntax == JSON && !chosen && len(text) <= longLine {
		p.segs = colour(p.segs, text, to, p.pens)
	} else {
		p.segs = append(p.segs, segment{len(text), pen})
	}
	p.drawSegments(text, from, to, hot)
	if !p.wrap && to < len(text) && n > half+1 {
		p.row.Fill(pen, n-half-1-paint.Width(text[from:to]))
		p.row.Text(p.pens.Dim, p.pens.Glyphs.Ellipsis)
	}
}

// drawSegments draws text[from:to] in the pens of the segments and, over them,
// what is searched for.
func (p *Pager) drawSegments(text string, from, to int, hot paint.Pen) {
	spans := p.hot(text, from, to)
	at := from
	for _, s := range p.segs {
		end := min(s.end, to)
		if end <= at {
			continue
		}
		p.row.Spans(s.pen, hot, text[at:end], within(spans, at, end))
		at = end
	}
}

// within returns the spans that lie in [from, to), as offsets from from. It
// works in place on spans that are not needed after.
func within(spans []match.Span, from, to int) []match.Span {
	var out []match.Span
	for _, s := range spans {
		if s.End > from && s.Start < to {
			out = append(out, match.Span{Start: max(s.Start, from) - from, End: min(s.End, to) - from})
		}
	}
	return out
}

func (p *Pager) drawStatus() {
	p.row.Start(p.w, 0)
	switch {
	case p.fixed:
		p.row.Text(p.pens.Dim, strconv.Itoa(p.Len())+" lines")
	case p.follow:
		p.row.Text(p.pens.Good, p.pens.Glyphs.Full+" following")
	default:
		p.row.Text(p.pens.Warn, "paused, "+strconv.FormatUint(p.Fresh(), 10)+" new")
	}
	if !p.fixed {
		p.row.Text(p.pens.Dim, "  kept "+strconv.Itoa(p.Len()))
		if d := p.Dropped(); d > 0 {
			p.row.Text(p.pens.Dim, ", dropped "+strconv.FormatUint(d, 10))
		}
	}
	if p.wrap {
		p.row.Text(p.pens.Dim, "  wrap")
	}
	if p.left > 0 {
		p.row.Text(p.pens.Dim, "  column "+strconv.Itoa(p.left+1))
	}
	if p.expr != "" {
		p.row.Text(p.pens.Dim, "  /"+safetext.Clean(p.expr).String())
		if p.fixed {
			p.row.Text(p.pens.Dim, " in "+strconv.Itoa(p.count)+" lines")
		}
	}
	p.out = p.row.AppendTo(p.out)
}
