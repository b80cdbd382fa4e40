package table

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/scroll"
)

// sideStep is how many cells one press of H or L scrolls.
const sideStep = 8

// Update handles the table's own keys and the mouse: motions, space and V to
// mark, s and S to sort, esc to undo the last of these. It never returns a
// command. See [Table.Modal] and [Table.Escapes] for which keys the screen must
// leave to the table.
func (t *Table) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		t.sync()
		if t.pick >= 0 {
			t.pickKey(msg.String())
		} else {
			t.key(msg)
		}
	case tea.MouseClickMsg:
		if msg.Button == tea.MouseLeft {
			t.sync()
			t.click(msg.X, msg.Y)
		}
	case tea.MouseWheelMsg:
		t.sync()
		rows, cols := scroll.OfWheel(msg)
		if rows != 0 {
			t.moveTo(t.win.Cursor + rows)
		}
		t.side(cols * sideStep)
	}
	return nil
}

// Modal reports whether every key belongs to the table because it asks by which
// column to sort.
func (t *Table) Modal() bool { return t.pick >= 0 }

// Escapes reports whether esc has something to undo here; when not, it is the
// screen's.
func (t *Table) Escapes() bool {
	return t.pick >= 0 || t.ranged || len(t.marks) > 0 || t.expr != ""
}

func (t *Table) key(k tea.KeyPressMsg) {
	m := scroll.Of(k)
	before := t.win
	switch {
	case t.win.Move(m):
		if t.win != before || !t.moved {
			t.settle()
		}
		return
	case m == scroll.Left:
		t.side(-sideStep)
		return
	case m == scroll.Right:
		t.side(sideStep)
		return
	}
	switch k.String() {
	case "space":
		t.toggleMark()
	case "V":
		t.toggleRange()
	case "s":
		t.startPick()
	case "S":
		if t.sort.col >= 0 {
			t.SetSort(t.sort.col, !t.sort.reverse)
		}
	case "esc":
		t.escape()
	}
}

func (t *Table) escape() {
	switch {
	case t.ranged:
		t.ranged, t.fresh = false, false
	case len(t.marks) > 0:
		t.ClearMarks()
	case t.expr != "":
		t.filter, t.expr, t.stale = nil, "", true
		t.restyle()
	}
}

// startPick asks in the header for a column to sort by.
func (t *Table) startPick() {
	shown := t.shown()
	if len(shown) == 0 {
		return
	}
	t.pick, t.fresh = shown[0], false
	if slices.Contains(shown, t.sort.col) {
		t.pick = t.sort.col
	}
}

// shown returns the columns there is room for; before the first frame, all.
func (t *Table) shown() []int {
	var cols []int
	for i := range t.opts.Columns {
		if i >= len(t.draw.width) || t.draw.width[i] >= 0 {
			cols = append(cols, i)
		}
	}
	return cols
}

// pickKey handles a key while the header asks for a column.
func (t *Table) pickKey(k string) {
	cols := t.shown()
	n, at := len(cols), max(slices.Index(cols, t.pick), 0)
	t.fresh = false
	if n == 0 { // the table became too narrow meanwhile
		t.pick = -1
		return
	}
	switch k {
	case "left", "h", "shift+tab":
		t.pick = cols[(at+n-1)%n]
	case "right", "l", "tab", "s":
		t.pick = cols[(at+1)%n]
	case "enter", "space":
		t.sortBy(cols[at])
		t.pick = -1
	case "S":
		t.SetSort(cols[at], true)
		t.pick = -1
	case "esc", "q":
		t.pick = -1
	default:
		if len(k) == 1 && '1' <= k[0] && int(k[0]-'1') < n {
			t.sortBy(cols[k[0]-'1'])
			t.pick = -1
		}
	}
}

// sortBy sorts by a column, numbers from the largest, and the other way round when it
// is sorted by already.
func (t *Table) sortBy(col int) {
	reverse := t.opts.Columns[col].Number != nil
	if t.sort.col == col {
		reverse = !t.sort.reverse
	}
	t.SetSort(col, reverse)
}

func (t *Table) click(x, y int) {
	if y == 0 {
		if col := t.columnAt(x); col >= 0 {
			t.sortBy(col)
		}
		return
	}
	if pos := t.win.Top + y - 1; y > 0 && y < t.h && pos < t.win.End() {
		t.moveTo(pos)
	}
}

// side scrolls sideways by n cells, as far as there is something to see.
func (t *Table) side(n int) {
	left := min(max(t.left+n, 0), t.overhang())
	if left != t.left {
		t.left = left
		t.restyle()
	}
}
