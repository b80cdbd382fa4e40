package tree

import (
	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/scroll"
)

// Update handles the tree's own keys and the mouse: motions, right (l) to open
// or go to the first child, left (h) to close or go to the parent, enter to open
// or close, E and C to open and close all, esc to end the filter. It never
// returns a command.
func (t *Tree) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		t.key(msg)
	case tea.MouseClickMsg:
		if msg.Button == tea.MouseLeft {
			t.click(msg.Y)
		}
	case tea.MouseWheelMsg:
		rows, _ := scroll.OfWheel(msg)
		t.win.To(t.win.Cursor + rows)
		t.fresh = false
	}
	return nil
}

// Escapes reports whether esc has something to undo here; when not, it is the
// screen's.
func (t *Tree) Escapes() bool { return t.expr != "" }

func (t *Tree) key(k tea.KeyPressMsg) {
	t.fresh = false
	if t.win.Move(scroll.Of(k)) {
		return
	}
	it := t.selected()
	if it == nil && k.String() != "esc" {
		return
	}
	switch k.String() {
	case "right", "l":
		t.enter(it)
	case "left", "h":
		if it.open && t.filter.Empty() && len(it.children) > 0 {
			t.toggle(it)
		} else if it.parent != nil {
			t.flatten(it.parent.path)
		}
	case "enter":
		t.toggle(it)
	case "E":
		t.ExpandAll()
	case "C":
		t.CollapseAll()
	case "esc":
		t.filter, t.expr = nil, ""
		t.rebuild()
	}
}

// enter opens an item, or goes to its first child when it is open.
func (t *Tree) enter(it *item) {
	if !it.open {
		t.toggle(it)
		return
	}
	if next := t.win.Cursor + 1; next < len(t.rows) && t.rows[next].parent == it {
		t.win.To(next)
	}
}

func (t *Tree) toggle(it *item) {
	if it.leaf() {
		return
	}
	it.load()
	it.open = !it.open
	t.flatten(it.path)
}

func (t *Tree) click(y int) {
	pos := t.win.Top + y - t.top()
	if y < t.top() || y >= t.h || pos >= t.win.End() {
		return
	}
	t.fresh = false
	if pos == t.win.Cursor {
		t.toggle(t.rows[pos])
		return
	}
	t.win.To(pos)
}
