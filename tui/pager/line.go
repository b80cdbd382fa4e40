package pager

import "github.com/microtop/microtop/tui/safetext"

// Line is one line of the pager.
type Line struct {
	Text safetext.Line
	// Stamp, mostly a time, stands first; t hides and shows it.
	Stamp safetext.Line
	// Prefix stands between stamp and text: a direction, a topic, a level.
	Prefix safetext.Line
	Role   Role
	// Series, from 1, draws the prefix in one of the theme's series of colours instead of
	// the role's, to tell sources apart that the prefix names.
	Series int
	// Item is what the line is about, for the screen's own use.
	Item any
}

// Role says how a line is drawn. The colour only repeats what the prefix or the
// text says.
type Role int

// The roles.
const (
	Plain    Role = iota
	Dim           // the whole line is less important
	Good          // the prefix reports success
	Warn          // the prefix warns
	Bad           // the whole line reports a failure
	Sent          // the prefix marks what went out
	Received      // the prefix marks what came in
	Rule          // a mark put in by the reader
)

// ring keeps the newest lines. Its lines have consecutive ids.
type ring struct {
	lines []Line // grows up to capacity, then goes round
	cap   int
	head  int    // index of the oldest line once it goes round
	first uint64 // id of the oldest line
	lost  uint64 // lines let go of
}

func newRing(capacity int) ring { return ring{cap: max(capacity, 1), first: 1} }

func (r *ring) len() int { return len(r.lines) }

func (r *ring) push(l Line) {
	if len(r.lines) < r.cap {
		r.lines = append(r.lines, l)
		return
	}
	r.lines[r.head] = l
	if r.head++; r.head == r.cap {
		r.head = 0
	}
	r.first++
	r.lost++
}

// at returns the line i places after the oldest.
func (r *ring) at(i int) *Line {
	if i += r.head; i >= len(r.lines) {
		i -= len(r.lines)
	}
	return &r.lines[i]
}
