package table

import (
	"time"

	"github.com/microtop/microtop/tui/match"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/scroll"
	"github.com/microtop/microtop/tui/theme"
)

// Options is what a table is made of. Columns is needed, all else may be left out.
type Options struct {
	Theme   theme.Theme
	Columns []Column
	// Empty is shown while the source has no rows: why that is and what to do.
	Empty safetext.Block
	// RowStyle, when set, chooses the pen of cells whose column has no Style.
	RowStyle func(*paint.Pens, Row) paint.Pen
	// Changes is for how long a cell that changed is shown in the changed pen, in columns that Mark changes.
	Changes time.Duration
	// Labels, when set, are a row's sets of labels, of which the filter `-l k=v` wants one to fit.
	Labels func(Row) []map[string]string
}

// Table is the widget. Make it with [New].
type Table struct {
	opts   Options
	pens   *paint.Pens
	source Source
	titles []string // cleaned

	w, h   int
	win    scroll.Window
	order  order
	filter *match.Matcher
	labels func(Row) bool // the filter when it is by labels
	expr   string
	sort   sorting
	stale  bool // order must be built anew
	moved  bool // the user has moved the cursor

	cursor string // id of the row under the cursor
	marks  map[string]bool
	anchor string // id where a range of marks began
	ranged bool
	pick   int // column proposed for sorting, -1 when not picking

	left  int // cells scrolled sideways
	draw  draw
	frame string
	fresh bool // frame is what View would draw
}

// New returns a table without rows; see [Table.SetSource] and [Table.SetSize].
func New(o Options) *Table {
	t := &Table{opts: o, source: Rows(nil), sort: sorting{col: -1}, pick: -1, marks: map[string]bool{}}
	for i, c := range o.Columns {
		t.titles = append(t.titles, safetext.Clean(c.Title).String())
		if c.Mark && i < 64 && o.Changes > 0 {
			t.draw.marks |= 1 << i
		}
	}
	t.draw.want = make([]int, len(o.Columns))
	t.SetTheme(o.Theme)
	return t
}

// SetTheme changes the styles.
func (t *Table) SetTheme(th theme.Theme) {
	t.pens = paint.NewPens(th)
	t.restyle()
}

// SetSize sets the size in cells; the first row is the header.
func (t *Table) SetSize(w, h int) {
	if w == t.w && h == t.h {
		return
	}
	t.w, t.h = max(w, 0), max(h, 0)
	t.win.Height = max(t.h-1, 0)
	t.win.Fit()
	clear(t.draw.want)
	clear(t.draw.rows)
	t.restyle()
}

// SetSource gives the table its rows.
func (t *Table) SetSource(s Source) {
	if s == nil {
		s = Rows(nil)
	}
	t.source = s
	t.Refresh()
}

// SetEmpty changes what is shown while the source has no rows.
func (t *Table) SetEmpty(b safetext.Block) {
	t.opts.Empty = b
	t.fresh = false
}

// Refresh says that the source changed. The work is done by the next View, so
// that many changes between two frames cost as much as one.
func (t *Table) Refresh() {
	t.stale, t.fresh = true, false
}

// SetFilter shows only rows that match the expression (see package match), over
// the text of all cells. A faulty expression is an error to show and leaves the
// last good filter on.
func (t *Table) SetFilter(expr string) error {
	m, labels, err := t.parse(expr)
	if err != nil {
		return err
	}
	t.filter, t.labels, t.expr = m, labels, expr
	t.stale = true
	t.restyle()
	return nil
}

// parse reads a filter: by labels, where the rows have any, or by text.
func (t *Table) parse(expr string) (m *match.Matcher, labels func(Row) bool, err error) {
	if t.opts.Labels != nil {
		if l, ok, err := match.ParseLabels(expr); ok {
			return nil, func(r Row) bool { return l.Match(t.opts.Labels(r)...) }, err
		}
	}
	m, err = match.Parse(expr)
	return m, nil, err
}

// Filter returns the expression in force.
func (t *Table) Filter() string { return t.expr }

// SetSort sorts by a column; a column there is not means the source's own order.
func (t *Table) SetSort(col int, reverse bool) {
	if col < 0 || col >= len(t.opts.Columns) {
		col, reverse = -1, false
	}
	t.sort = sorting{col, reverse}
	t.stale = true
	t.restyle()
}

// Sort returns the column sorted by, -1 for none, and the direction.
func (t *Table) Sort() (col int, reverse bool) { return t.sort.col, t.sort.reverse }

// Count returns how many rows the filter lets through and how many there are.
func (t *Table) Count() (shown, total int) {
	t.sync()
	return len(t.order.at), t.order.total
}

// Position returns the cursor's place among the rows shown, from 1; 0 when there
// is none.
func (t *Table) Position() int {
	t.sync()
	if len(t.order.at) == 0 {
		return 0
	}
	return t.win.Cursor + 1
}

// Selected returns the row under the cursor; ok is false when no row is shown.
func (t *Table) Selected() (r Row, ok bool) {
	t.sync()
	if len(t.order.at) == 0 {
		return Row{}, false
	}
	return t.at(t.win.Cursor), true
}

// Cursor returns where the terminal's own cursor belongs, for screen readers and
// input methods, relative to the table's top left cell.
func (t *Table) Cursor() (x, y int, ok bool) {
	t.sync()
	y = t.win.Cursor - t.win.Top + 1
	return 0, y, len(t.order.at) > 0 && y < t.h && t.w > 0
}

// Select puts the cursor on a row and reports whether the row is shown.
func (t *Table) Select(id string) bool {
	t.sync()
	pos := t.order.find(t.source, id, t.win.Cursor)
	if pos < 0 {
		return false
	}
	t.moveTo(pos)
	return true
}

// restyle makes every row be drawn anew.
func (t *Table) restyle() {
	t.draw.gen++
	t.fresh = false
}

// at returns the row at a position of the order.
func (t *Table) at(pos int) Row { return t.source.Row(int(t.order.at[pos])) }

// moveTo puts the cursor on a position by the user's wish.
func (t *Table) moveTo(pos int) {
	t.win.To(pos)
	t.settle()
}

// settle notes what the cursor is on after the window moved.
func (t *Table) settle() {
	t.moved, t.fresh = true, false
	if len(t.order.at) > 0 {
		t.cursor = t.at(t.win.Cursor).ID
	}
	t.growRange()
}

// sync brings the order up to date with the source. The cursor stays on its row
// and, as far as there are rows, on its line of the screen.
func (t *Table) sync() {
	if !t.stale && t.source.Len() == t.order.total {
		return
	}
	t.stale, t.fresh = false, false
	t.order.build(t.source, t.opts.Columns, t.keeps(), t.sort)
	before := t.win.Cursor
	pos := 0
	if t.moved && t.cursor != "" {
		if pos = t.order.find(t.source, t.cursor, before); pos < 0 {
			pos = before
		}
	}
	t.win.Len = len(t.order.at)
	t.win.Top += pos - before
	t.win.To(pos)
	if t.win.Len > 0 {
		t.cursor = t.at(t.win.Cursor).ID
	}
	t.pruneMarks()
}

// keeps is the filter in force, nil for none.
func (t *Table) keeps() func(r Row, i int) bool {
	switch {
	case t.labels != nil:
		return func(r Row, _ int) bool { return t.labels(r) }
	case t.filter.Empty():
		return nil
	}
	return func(r Row, i int) bool { return t.filter.Match(t.order.rowText(r, i)) }
}
