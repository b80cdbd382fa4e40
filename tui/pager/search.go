package pager

import (
	"unicode/utf8"

	"github.com/microtop/microtop/tui/match"
	"github.com/microtop/microtop/tui/paint"
)

// SetSearch highlights an expression (see package match; the empty one ends the
// search) and, in a block, moves to the first match from the cursor on. A faulty
// expression is an error to show and leaves the last good search on.
func (p *Pager) SetSearch(expr string) error {
	m, err := match.Parse(expr)
	if err != nil {
		return err
	}
	p.search, p.expr, p.fresh = m, expr, false
	p.countMatches()
	if p.fixed && !m.Empty() && p.Len() > 0 {
		p.settle()
		if !p.matches(p.cursor) {
			p.find(1)
		} else {
			p.showMatch()
		}
	}
	return nil
}

// Search returns the expression searched for.
func (p *Pager) Search() string { return p.expr }

func (p *Pager) countMatches() {
	p.count = 0
	if p.search.Empty() || !p.fixed {
		return
	}
	for _, l := range p.static {
		if p.search.Match(l.String()) {
			p.count++
		}
	}
}

func (p *Pager) matches(id uint64) bool { return p.search.Match(p.line(id).Text.String()) }

// find moves the cursor to the next line that matches in direction step, 1 or
// -1, past the end to the other end. It reports whether there is one.
func (p *Pager) find(step int) bool {
	if p.search.Empty() || p.Len() == 0 {
		return false
	}
	p.SetFollow(false)
	first, last := p.span()
	id := p.cursor
	for range p.Len() {
		switch {
		case step > 0 && id == last:
			id = first
		case step > 0:
			id++
		case id == first:
			id = last
		default:
			id--
		}
		if p.matches(id) {
			p.cursor = id
			p.showMatch()
			return true
		}
	}
	return false
}

// showMatch brings the first match of the selected line into view.
func (p *Pager) showMatch() {
	l := p.line(p.cursor)
	text := l.Text.String()
	first, ok := p.search.First(text)
	if !ok {
		p.reveal(p.cursor, 0)
		return
	}
	at := first.Start
	if p.wrap {
		sub := 0
		for i, b := range p.breaks(p.cursor) {
			if b <= at {
				sub = i
			}
		}
		p.reveal(p.cursor, sub)
		return
	}
	room := p.room() - p.lead(l)
	if cell := paint.Width(text[:at]); cell < p.left || cell >= p.left+room {
		p.left = max(cell-room/2, 0)
	}
	p.reveal(p.cursor, 0)
}

// longLine is the length in bytes above which only the part near the screen is
// searched for highlights, and nothing is coloured.
const longLine = 8 << 10

// hot returns the spans to highlight in text[from:to], as offsets in text.
func (p *Pager) hot(text string, from, to int) []match.Span {
	p.spans = p.spans[:0]
	if p.search.Empty() {
		return nil
	}
	const margin = 256
	a, b := 0, len(text)
	if len(text) > longLine {
		a, b = max(from-margin, 0), min(to+margin, len(text))
		for a > 0 && !utf8.RuneStart(text[a]) {
			a--
		}
		for b < len(text) && !utf8.RuneStart(text[b]) {
			b++
		}
	}
	p.spans = p.search.Spans(p.spans, text[a:b])
	for i := range p.spans {
		p.spans[i].Start += a
		p.spans[i].End += a
	}
	return p.spans
}
