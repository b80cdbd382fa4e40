package table

import (
	"slices"
	"time"

	"github.com/microtop/microtop/tui/match"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
)

// draw is what the table keeps between frames.
type draw struct {
	gen   uint64 // changes when all rows must be drawn anew
	marks uint64 // bit per column of which changes are shown
	now   time.Time

	want  []int // widest text seen per column since the size changed, the table's width at most
	width []int // of the columns shown, -1 for those that are not
	room  int   // cells for a row, without the scroll bar
	laid  uint64

	rows  map[string]*drawn
	row   paint.Row
	out   []byte
	spans []match.Span
}

// drawn is a row as it was drawn last.
type drawn struct {
	version uint64
	gen     uint64
	look    look
	text    []byte
	cells   []safetext.Line // for telling what changed
	changed uint64          // bit per column
	until   time.Time       // when changed is told no more
}

// look is what a row's drawing depends on beside its text.
type look struct {
	selected, marked bool
	changed          uint64
}

// View returns the table, exactly as many cells wide and rows high as
// [Table.SetSize] said.
func (t *Table) View() string {
	t.sync()
	if t.fresh {
		return t.frame
	}
	t.fresh = true
	if t.h == 0 {
		t.frame = ""
		return t.frame
	}
	t.measure()
	d := &t.draw
	d.out = d.out[:0]
	t.header()
	start, length, bar := t.win.Thumb()
	for y := range t.win.Height {
		d.out = append(d.out, '\n')
		if pos := t.win.Top + y; pos < t.win.Len {
			d.out = append(d.out, t.line(pos)...)
		} else {
			t.blank(y)
		}
		if bar && t.w > 0 {
			glyph, pen := t.pens.Glyphs.Vertical, t.pens.Dim
			if y >= start && y < start+length {
				glyph, pen = t.pens.Glyphs.Bar[len(t.pens.Glyphs.Bar)-1], t.pens.Accent
			}
			d.row.Start(1, 0)
			d.row.Text(pen, glyph)
			d.out = d.row.AppendTo(d.out)
		}
	}
	if string(d.out) != t.frame {
		t.frame = string(d.out)
	}
	return t.frame
}

// measure looks at the rows to be shown, widens columns that need it and notes
// which cells changed.
func (t *Table) measure() {
	d := &t.draw
	if d.rows == nil || len(d.rows) > 4*t.h+64 {
		d.rows = make(map[string]*drawn, 2*t.h)
	}
	grown := false
	if d.marks != 0 {
		d.now = time.Now()
	}
	for pos := t.win.Top; pos < t.win.End(); pos++ {
		r := t.at(pos)
		x := d.rows[r.ID]
		if x == nil {
			x = &drawn{}
			d.rows[r.ID] = x
		} else if x.version == r.Version {
			continue
		} else if changed := difference(x.cells, r.Cells) & d.marks; changed != 0 {
			if d.now.After(x.until) {
				x.changed = 0
			}
			x.changed, x.until = x.changed|changed, d.now.Add(t.opts.Changes)
		}
		x.version, x.gen = r.Version, 0
		if d.marks != 0 {
			x.cells = append(x.cells[:0], r.Cells...)
		}
		for i := range min(len(r.Cells), len(d.want)) {
			if w := paint.WidthUpTo(r.Cells[i].String(), t.w); w > d.want[i] {
				d.want[i], grown = w, true
			}
		}
	}
	room := t.w
	if _, _, bar := t.win.Thumb(); bar {
		room = max(room-1, 0)
	}
	if !grown && room == d.room && d.laid == d.gen {
		return
	}
	if room != d.room {
		d.room = room
		d.gen++
	}
	t.place()
}

// place lays the columns out for the room there is.
func (t *Table) place() {
	d := &t.draw
	var width []int
	t.left = min(t.left, t.overhang())
	if t.left > 0 {
		width = natural(t.opts.Columns, t.wanted())
	} else {
		width = layout(t.opts.Columns, t.wanted(), d.room-gutter)
	}
	if d.laid != d.gen || !slices.Equal(width, d.width) {
		d.width = width
		d.gen++
	}
	d.laid = d.gen
}

// wanted is the width each column would like: its widest text, title and arrow.
func (t *Table) wanted() []int {
	want := slices.Clone(t.draw.want)
	for i, title := range t.titles {
		w := paint.Width(title)
		if t.sort.col == i {
			w++
		}
		want[i] = max(want[i], w)
	}
	return want
}

// pinned is how many cells the first column keeps while the others scroll.
func (t *Table) pinned(width []int) int {
	if len(width) == 0 {
		return 0
	}
	return min(width[0], max(t.draw.room-gutter, 0)/2)
}

// overhang returns how far the table can be scrolled sideways.
func (t *Table) overhang() int {
	if len(t.opts.Columns) == 0 {
		return 0
	}
	width := natural(t.opts.Columns, t.wanted())
	rest := need(width) - width[0]
	return max(rest-(t.draw.room-gutter-t.pinned(width)), 0)
}

// columnAt returns the column shown at cell x, -1 for none.
func (t *Table) columnAt(x int) int {
	at := gutter
	for i, w := range t.draw.width {
		if w < 0 {
			continue
		}
		if t.left > 0 && i == 0 {
			w = t.pinned(t.draw.width)
		}
		if x >= at && x < at+w+gap && (i == 0 || t.left == 0 || x >= gutter+t.pinned(t.draw.width)+gap) {
			return i
		}
		at += w + gap
		if i == 0 {
			at -= t.left
		}
	}
	return -1
}

func (t *Table) header() {
	row, g := &t.draw.row, t.pens.Glyphs
	row.Start(t.w, 0)
	row.Fill(t.pens.Header, gutter)
	t.columns(t.pens.Header, func(i, w int) {
		pen, title := t.pens.Header, t.titles[i]
		if t.sort.col == i {
			arrow := g.Up
			if t.sort.reverse {
				arrow = g.Down
			}
			pen = t.pens.Accent
			if w > paint.Width(title) {
				title += arrow
			} else {
				title = arrow + title
			}
		}
		if t.pick == i {
			pen = t.pens.Active
		}
		row.Fit(pen, title, w, g.Ellipsis, t.opts.Columns[i].Right)
	})
	t.draw.out = row.AppendTo(t.draw.out)
}

// columns calls cell for each column shown and draws what is between them.
func (t *Table) columns(blank paint.Pen, cell func(i, w int)) {
	row := &t.draw.row
	first := true
	for i, w := range t.draw.width {
		if w < 0 {
			continue
		}
		if t.left > 0 && i == 0 {
			cell(i, t.pinned(t.draw.width))
			row.Fill(blank, gap)
			row.Skip(t.left)
			continue
		}
		if !first {
			row.Fill(blank, gap)
		}
		first = false
		cell(i, w)
	}
}

// line returns the drawing of the row at a position.
func (t *Table) line(pos int) []byte {
	r := t.at(pos)
	x := t.draw.rows[r.ID]
	l := look{selected: pos == t.win.Cursor, marked: t.marks[r.ID]}
	if x.changed != 0 && t.draw.now.Before(x.until) {
		l.changed = x.changed
	}
	if x.gen == t.draw.gen && x.look == l {
		return x.text
	}
	x.gen, x.look = t.draw.gen, l
	row := &t.draw.row
	row.Start(t.draw.room, 0)
	base := t.base(r, l)
	sign := " "
	switch {
	case l.marked:
		sign = t.pens.Glyphs.Mark
	case l.selected:
		sign = t.pens.Glyphs.Cursor
	}
	row.Text(base, sign)
	row.Fill(base, gutter-1)
	t.columns(base, func(i, w int) { t.cell(r, i, w, base, l) })
	row.Rest(base)
	x.text = row.AppendTo(x.text[:0])
	return x.text
}

func (t *Table) base(r Row, l look) paint.Pen {
	switch {
	case l.selected:
		return t.pens.Selected
	case l.marked:
		return t.pens.Marked
	case t.opts.RowStyle != nil:
		return t.opts.RowStyle(t.pens, r)
	}
	return t.pens.Text
}

func (t *Table) cell(r Row, i, w int, pen paint.Pen, l look) {
	col, text := t.opts.Columns[i], r.cell(i)
	if col.Short != nil && paint.WidthUpTo(text, w+1) > w {
		text = col.Short(text)
	}
	if !l.selected && !l.marked {
		if col.Style != nil {
			pen = col.Style(t.pens, r)
		}
		if i < 64 && l.changed&(1<<i) != 0 {
			if col.Style == nil || pen == t.pens.Dim {
				pen = t.pens.Changed
			} else {
				pen = pen.Underlined() // its colour means something
			}
		}
	}
	t.draw.spans = t.filter.Spans(t.draw.spans[:0], text)
	t.draw.row.FitSpans(pen, t.pens.Match, text, w, t.pens.Glyphs.Ellipsis, col.Right, t.draw.spans)
}

// blank draws line y below the last row: blank, or why there are no rows.
func (t *Table) blank(y int) {
	row := &t.draw.row
	row.Start(t.draw.room, 0)
	if t.win.Len == 0 {
		row.Fill(paint.Pen{}, gutter)
		row.Text(t.pens.Dim, t.reason(y))
	}
	t.draw.out = row.AppendTo(t.draw.out)
}

// reason returns line y of what is shown instead of rows.
func (t *Table) reason(y int) string {
	if t.order.total > 0 {
		if y == 0 {
			return safetext.Format("no match for %s: %d hidden, esc shows them", t.expr, t.order.total).String()
		}
		return ""
	}
	if lines := t.opts.Empty.Lines(); y < len(lines) {
		return lines[y].String()
	}
	return ""
}

func difference(a, b []safetext.Line) uint64 {
	var bits uint64
	for i := range min(len(b), 64) {
		if i >= len(a) || a[i] != b[i] {
			bits |= 1 << i
		}
	}
	return bits
}
