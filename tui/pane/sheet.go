package pane

import (
	"math"
	"strings"

	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
)

// MaxRows is how many rows a sheet holds: what is written beyond them is left out.
const MaxRows = 1000

// label is how many cells the names of fields take, the gap after them included; widest how
// many they may take.
const (
	label  = 12
	widest = 26
)

// Part is text in one pen.
type Part struct {
	Pen  paint.Pen
	Text safetext.Line
}

// Sheet is a page of facts in rows of a width, which a [Preview] shows. It belongs to the
// goroutine of its screen.
type Sheet struct {
	Pens *paint.Pens
	w    int
	at   int // where the values of this part begin, 0 at label
	rows []string
	row  paint.Row
}

// NewSheet returns an empty sheet that is w cells wide.
func NewSheet(p *paint.Pens, w int) *Sheet { return &Sheet{Pens: p, w: max(w, 0)} }

// Width is the number of cells there are in a row.
func (s *Sheet) Width() int { return s.w }

// Rows are the rows so far, each at most as wide as the sheet.
func (s *Sheet) Rows() []string { return s.rows }

// Full tells whether no row fits any more.
func (s *Sheet) Full() bool { return len(s.rows) >= MaxRows }

// clear begins the sheet anew.
func (s *Sheet) clear(w int) { s.w, s.at, s.rows = max(w, 0), 0, s.rows[:0] }

// Row writes one row; what does not fit is cut.
func (s *Sheet) Row(parts ...Part) { s.indented(0, parts...) }

func (s *Sheet) indented(by int, parts ...Part) {
	if s.Full() {
		return
	}
	s.row.Start(s.w, 0)
	s.row.Fill(paint.Pen{}, by)
	for i, p := range parts {
		text := p.Text.String()
		if i == len(parts)-1 && paint.WidthUpTo(text, s.row.Room()+1) > s.row.Room() {
			s.row.Fit(p.Pen, text, s.row.Room(), s.Pens.Glyphs.Ellipsis, false)
			break
		}
		s.row.Text(p.Pen, text)
	}
	s.rows = append(s.rows, s.row.String())
}

// Head writes a title over what follows, with a blank row before it.
func (s *Sheet) Head(title safetext.Line) {
	if len(s.rows) > 0 {
		s.Row()
	}
	s.at = 0
	s.Row(Part{s.Pens.Header, title})
}

// Align lines the values up of the fields with these names, which follow up to the next
// head.
func (s *Sheet) Align(names ...string) {
	for _, name := range names {
		s.at = max(s.at, min(safetext.Clean(name).Width()+2, widest, s.w/2))
	}
}

// Text writes a text in as many rows as it takes, broken between words.
func (s *Sheet) Text(pen paint.Pen, text safetext.Line) { s.wrap(0, pen, text) }

// Block writes a text of several lines, each as [Sheet.Text] does.
func (s *Sheet) Block(pen paint.Pen, b safetext.Block) {
	for _, line := range b.Lines() {
		if s.Full() {
			return
		}
		s.Text(pen, line)
	}
}

// Field writes a name and its value, in as many rows as the value takes.
func (s *Sheet) Field(name safetext.Line, pen paint.Pen, value safetext.Line) {
	at := max(label, s.at)
	if w := name.Width(); w >= at {
		at = min(w+1, s.w/2)
	}
	first := len(s.rows)
	s.wrap(at, pen, value)
	if first == len(s.rows) {
		return
	}
	s.row.Start(at, 0)
	s.row.Fit(s.Pens.Dim, name.String(), max(at-1, 0), s.Pens.Glyphs.Ellipsis, false)
	s.row.Rest(paint.Pen{})
	s.rows[first] = s.row.String() + strings.TrimPrefix(s.rows[first], strings.Repeat(" ", at))
}

// wrap writes a text below each other in the cells from at on.
func (s *Sheet) wrap(at int, pen paint.Pen, text safetext.Line) {
	room := s.w - at
	if room <= 0 {
		return
	}
	rest := text.String()
	for first := true; first || rest != ""; first = false {
		if s.Full() {
			return
		}
		n := fold(rest, room)
		s.row.Start(s.w, 0)
		s.row.Fill(paint.Pen{}, at)
		s.row.Text(pen, strings.TrimRight(rest[:n], " "))
		s.rows = append(s.rows, s.row.String())
		rest = strings.TrimLeft(rest[n:], " ")
	}
}

// fold returns how many bytes of s go in a row of w cells: up to a blank, if that leaves
// no row half empty.
func fold(s string, w int) int {
	n := paint.Take(s, w)
	if n == len(s) {
		return n
	}
	if n == 0 { // a character wider than the row
		n, _ = paint.Next(s)
		return n
	}
	if s[n] == ' ' {
		return n
	}
	if at := strings.LastIndexByte(s[:n], ' '); at > n/2 {
		return at + 1
	}
	return n
}

// Chart draws values, the oldest first, as a curve of some rows: the newest on the right,
// the top row at the greatest. What does not fit in the width goes from the left.
func (s *Sheet) Chart(pen paint.Pen, values []float64, rows int) {
	levels := s.Pens.Glyphs.Spark
	values = values[max(len(values)-s.w, 0):]
	top := 0.0
	for _, v := range values {
		top = max(top, v)
	}
	for row := rows - 1; row >= 0; row-- {
		var b strings.Builder
		for _, v := range values {
			fill := 0.0 // of the chart's height, in rows
			if top > 0 && v > 0 {
				fill = v / top * float64(rows)
			}
			level := int(math.Round((fill - float64(row)) * float64(len(levels))))
			switch {
			case level > 0:
				b.WriteString(levels[min(level, len(levels))-1])
			case row == 0:
				b.WriteString(levels[0])
			default:
				b.WriteByte(' ')
			}
		}
		s.Row(Part{pen, safetext.Clean(b.String())})
	}
}
