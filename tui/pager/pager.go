package pager

import (
	"iter"

	"github.com/microtop/microtop/tui/match"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// DefaultCapacity is how many lines a live pager keeps unless told otherwise.
const DefaultCapacity = 10_000

// Syntax says how the text of a block is coloured.
type Syntax int

// The syntaxes.
const (
	Text Syntax = iota
	JSON        // one token never spans lines, as in any indented JSON
)

// Options is what a pager is made of; all may be left out.
type Options struct {
	Theme theme.Theme
	// Capacity is how many lines a live pager keeps.
	Capacity int
	// Empty is shown while there are no lines.
	Empty safetext.Block
	// Status gives the last row to the state: following or paused, what was
	// kept and dropped, what is searched for.
	Status bool
}

// Pager is the widget. Make it with [New].
type Pager struct {
	opts Options
	pens *paint.Pens
	w, h int

	ring   ring
	static []safetext.Line // the lines of a block; ids are 1 and up
	fixed  bool            // a block is shown
	syntax Syntax

	top    place
	cursor uint64 // id of the selected line, 0 for none
	follow bool
	seen   uint64 // id of the last line when following ended

	wrap   bool
	stamps bool
	left   int

	search *match.Matcher
	expr   string
	count  int // matching lines of a block

	wraps map[uint64][]int
	row   paint.Row
	out   []byte
	spans []match.Span
	segs  []segment
	frame string
	fresh bool
}

// New returns an empty live pager that follows.
func New(o Options) *Pager {
	if o.Capacity <= 0 {
		o.Capacity = DefaultCapacity
	}
	p := &Pager{opts: o, ring: newRing(o.Capacity), follow: true, stamps: true, wraps: map[uint64][]int{}}
	p.SetTheme(o.Theme)
	return p
}

// SetTheme changes the styles.
func (p *Pager) SetTheme(th theme.Theme) {
	p.pens = paint.NewPens(th)
	p.fresh = false
}

// SetSize sets the size in cells.
func (p *Pager) SetSize(w, h int) {
	if w == p.w && h == p.h {
		return
	}
	p.w, p.h = max(w, 0), max(h, 0)
	p.relaid()
}

// SetEmpty changes what is shown while there are no lines.
func (p *Pager) SetEmpty(b safetext.Block) {
	p.opts.Empty = b
	p.fresh = false
}

// Append adds lines to a live pager. When it is full the oldest go and are
// counted. It returns the id of the last line. A block shown before goes.
func (p *Pager) Append(list ...Line) uint64 {
	if p.fixed {
		p.Clear()
	}
	for _, l := range list {
		p.ring.push(l)
	}
	p.fresh = false
	return p.last()
}

// Rewrite draws the lines of a live pager anew: f returns what is shown in a line's place. The cursor and what is seen
// stay where they are.
func (p *Pager) Rewrite(f func(Line) Line) {
	if p.fixed {
		return
	}
	for i := range p.ring.len() {
		l := p.ring.at(i)
		*l = f(*l)
	}
	p.relaid()
}

// SetBlock shows a text from its beginning instead of a tail.
func (p *Pager) SetBlock(b safetext.Block, s Syntax) { p.SetLines(b.Lines(), s) }

// SetLines is [Pager.SetBlock] of a text whose lines were told apart before, beside the program: for a large one. They
// are not to be changed afterwards.
func (p *Pager) SetLines(lines []safetext.Line, s Syntax) {
	p.Clear()
	p.fixed, p.follow, p.syntax = true, false, s
	p.static = lines
	p.countMatches()
}

// Clear makes the pager empty, live and following. The search stays.
func (p *Pager) Clear() {
	next := p.last() + 1
	if p.fixed {
		next = 1
	}
	p.ring = newRing(p.opts.Capacity)
	p.ring.first = next
	p.static, p.fixed, p.syntax = nil, false, Text
	p.top, p.cursor, p.seen, p.left, p.follow, p.count = place{}, 0, 0, 0, true, 0
	p.relaid()
}

// Len returns the number of lines kept.
func (p *Pager) Len() int {
	if p.fixed {
		return len(p.static)
	}
	return p.ring.len()
}

// Dropped returns how many lines a live pager let go of since it was made or cleared.
func (p *Pager) Dropped() uint64 { return p.ring.lost }

// Fresh returns how many lines arrived since following ended.
func (p *Pager) Fresh() uint64 {
	if p.follow || p.fixed {
		return 0
	}
	return p.last() - min(p.seen, p.last())
}

// Following reports whether the newest line is kept in view.
func (p *Pager) Following() bool { return p.follow }

// SetFollow starts or ends following; a block cannot be followed.
func (p *Pager) SetFollow(on bool) {
	on = on && !p.fixed
	if p.follow && !on {
		p.settle()
		p.seen = p.last()
	}
	p.follow, p.fresh = on, false
}

// SetWrap says whether long lines go on in the next row.
func (p *Pager) SetWrap(on bool) {
	p.wrap, p.left = on, 0
	p.top.sub = 0
	p.relaid()
}

// Wrapped reports whether long lines go on in the next row.
func (p *Pager) Wrapped() bool { return p.wrap }

// Selected returns the line under the cursor and its id; ok is false when the
// pager is empty.
func (p *Pager) Selected() (l Line, id uint64, ok bool) {
	if p.Len() == 0 {
		return Line{}, 0, false
	}
	p.settle()
	return p.line(p.cursor), p.cursor, true
}

// Cursor returns where the terminal's own cursor belongs, for screen readers and
// input methods, relative to the pager's top left cell.
func (p *Pager) Cursor() (x, y int, ok bool) {
	if p.Len() == 0 {
		return 0, 0, false
	}
	p.settle()
	y = p.cursorRow()
	return 0, y, y < p.height() && p.w > 0
}

// All yields the lines kept and their ids, the oldest first.
func (p *Pager) All() iter.Seq2[uint64, Line] {
	return func(yield func(uint64, Line) bool) {
		for i := range p.Len() {
			id := p.first() + uint64(i)
			if !yield(id, p.line(id)) {
				return
			}
		}
	}
}

// line returns a line there is.
func (p *Pager) line(id uint64) Line {
	i := int(id - p.first()) //nolint:gosec // below Len
	if p.fixed {
		return Line{Text: p.static[i]}
	}
	return *p.ring.at(i)
}

func (p *Pager) first() uint64 {
	if p.fixed {
		return 1
	}
	return p.ring.first
}

func (p *Pager) last() uint64 {
	return p.first() + uint64(p.Len()) - 1 //nolint:gosec // not negative
}

// relaid forgets how lines were wrapped.
func (p *Pager) relaid() {
	clear(p.wraps)
	p.fresh = false
}

// height returns the rows there are for lines.
func (p *Pager) height() int {
	if p.opts.Status {
		return max(p.h-1, 0)
	}
	return p.h
}
