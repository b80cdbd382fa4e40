package tree

import (
	"slices"

	"github.com/microtop/microtop/tui/match"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/scroll"
	"github.com/microtop/microtop/tui/theme"
)

// DefaultExpand is how many rows opening everything makes at most.
const DefaultExpand = 500

// expandDepth is how many levels opening everything goes down at most.
const expandDepth = 8

// Column is a column right of the labels.
type Column struct {
	// Title is the program's own text; without any title there is no header.
	Title string
	// Max is the greatest width in cells, 0 no limit.
	Max int
	// Whole leaves the column out where there is not room for all of it.
	Whole bool
	// Style, when set, chooses the pen of a cell.
	Style func(*paint.Pens, Node) paint.Pen
}

// Options is what a tree is made of; all may be left out.
type Options struct {
	Theme   theme.Theme
	Title   string // of the labels
	Columns []Column
	// Style, when set, chooses the pen of a label.
	Style func(*paint.Pens, Node) paint.Pen
	// Expand is how many rows opening everything makes at most.
	Expand int
	// Empty is shown while there are no nodes.
	Empty safetext.Block
}

// Tree is the widget. Make it with [New].
type Tree struct {
	opts   Options
	pens   *paint.Pens
	w, h   int
	header bool

	roots  []*item
	rows   []*item // those that can be seen, from top to bottom
	win    scroll.Window
	filter *match.Matcher
	expr   string
	hits   int

	row   paint.Row
	spans []match.Span
	frame string
	fresh bool
}

// New returns a tree without nodes.
func New(o Options) *Tree {
	if o.Expand <= 0 {
		o.Expand = DefaultExpand
	}
	t := &Tree{opts: o, header: o.Title != ""}
	for _, c := range o.Columns {
		t.header = t.header || c.Title != ""
	}
	t.SetTheme(o.Theme)
	return t
}

// SetTheme changes the styles.
func (t *Tree) SetTheme(th theme.Theme) {
	t.pens = paint.NewPens(th)
	t.fresh = false
}

// SetSize sets the size in cells.
func (t *Tree) SetSize(w, h int) {
	t.w, t.h = max(w, 0), max(h, 0)
	t.win.Height = max(t.h-t.top(), 0)
	t.win.Fit()
	t.fresh = false
}

// top returns the number of header rows.
func (t *Tree) top() int {
	if t.header {
		return 1
	}
	return 0
}

// SetRoots shows other nodes. What was open and is still there stays open, the
// cursor stays where it was.
func (t *Tree) SetRoots(nodes []Node) {
	open := map[string]bool{}
	each(t.roots, func(it *item) { open[it.path] = it.open })
	cursor := ""
	if it := t.selected(); it != nil {
		cursor = it.path
	}
	t.roots = items(nodes, nil)
	reopen(t.roots, open)
	t.flatten(cursor)
}

// each calls visit for every item made so far, parents first.
func each(list []*item, visit func(*item)) {
	stack := slices.Clone(list)
	for len(stack) > 0 {
		it := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		visit(it)
		stack = append(stack, it.children...)
	}
}

func reopen(list []*item, open map[string]bool) {
	stack := slices.Clone(list)
	for len(stack) > 0 {
		it := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if open[it.path] {
			it.load()
			it.open = true
			stack = append(stack, it.children...)
		}
	}
}

// SetFilter shows only nodes whose label or cells match the expression (see
// package match), with the nodes above them. Branches never opened are not
// looked into. A faulty expression is an error to show and leaves the last good
// filter on.
func (t *Tree) SetFilter(expr string) error {
	m, err := match.Parse(expr)
	if err != nil {
		return err
	}
	t.filter, t.expr = m, expr
	t.rebuild()
	return nil
}

// Filter returns the expression in force.
func (t *Tree) Filter() string { return t.expr }

// Count returns how many nodes match the filter, or are shown without one.
func (t *Tree) Count() int {
	if !t.filter.Empty() {
		return t.hits
	}
	return len(t.rows)
}

// Selected returns the node under the cursor; ok is false when none is shown.
func (t *Tree) Selected() (n Node, ok bool) {
	if it := t.selected(); it != nil {
		return it.Node, true
	}
	return Node{}, false
}

// Cursor returns where the terminal's own cursor belongs, for screen readers and
// input methods, relative to the tree's top left cell.
func (t *Tree) Cursor() (x, y int, ok bool) {
	y = t.win.Cursor - t.win.Top + t.top()
	return 0, y, len(t.rows) > 0 && y < t.h && t.w > 0
}

// Path returns the ids from the root to the node under the cursor.
func (t *Tree) Path() []string {
	var ids []string
	for it := t.selected(); it != nil; it = it.parent {
		ids = append(ids, it.ID)
	}
	slices.Reverse(ids)
	return ids
}

// Select opens the way to a node and puts the cursor on it; it reports whether
// the node is there and the filter shows it.
func (t *Tree) Select(ids ...string) bool {
	list := t.roots
	var at *item
	for _, id := range ids {
		if at != nil {
			at.load()
			at.open, list = true, at.children
		}
		i := slices.IndexFunc(list, func(it *item) bool { return it.ID == id })
		if i < 0 {
			t.rebuild()
			return false
		}
		at = list[i]
	}
	if at == nil {
		return false
	}
	t.flatten(at.path)
	return t.selected() == at
}

// ExpandAll opens nodes level by level until the limit of rows is reached, and
// reports whether all are open.
func (t *Tree) ExpandAll() bool {
	whole, n := true, len(t.roots)
	for level := t.roots; len(level) > 0; {
		var next []*item
		for _, it := range level {
			if it.leaf() {
				continue
			}
			if it.depth >= expandDepth || n >= t.opts.Expand {
				whole = whole && it.open
				continue
			}
			it.load()
			it.open = true
			n += len(it.children)
			next = append(next, it.children...)
		}
		level = next
	}
	t.rebuild()
	return whole
}

// CollapseAll closes every node.
func (t *Tree) CollapseAll() {
	cursor := ""
	if it := t.selected(); it != nil {
		for it.parent != nil {
			it = it.parent
		}
		cursor = it.path
	}
	each(t.roots, func(it *item) { it.open = false })
	t.flatten(cursor)
}

func (t *Tree) selected() *item {
	if t.win.Cursor < len(t.rows) {
		return t.rows[t.win.Cursor]
	}
	return nil
}

// rebuild works out the rows anew with the cursor where it is.
func (t *Tree) rebuild() {
	cursor := ""
	if it := t.selected(); it != nil {
		cursor = it.path
	}
	t.flatten(cursor)
}

// flatten works out the rows and puts the cursor on a path; is it not shown, the
// cursor keeps its row.
func (t *Tree) flatten(cursor string) {
	t.fresh = false
	t.hits = 0
	var keep map[*item]bool
	if !t.filter.Empty() {
		keep = t.matching()
	}
	clear(t.rows)
	t.rows = t.rows[:0]
	stack := reversed(nil, t.roots)
	for len(stack) > 0 {
		it := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if keep != nil && !keep[it] {
			continue
		}
		if it.path == cursor {
			t.win.Cursor = len(t.rows)
		}
		t.rows = append(t.rows, it)
		if it.open || keep != nil {
			stack = reversed(stack, it.children)
		}
	}
	t.win.Len = len(t.rows)
	t.win.Fit()
}

func reversed(stack, list []*item) []*item {
	for i := len(list) - 1; i >= 0; i-- {
		stack = append(stack, list[i])
	}
	return stack
}

// matching returns the items the filter shows.
func (t *Tree) matching() map[*item]bool {
	keep := map[*item]bool{}
	var text []byte
	each(t.roots, func(it *item) {
		text = append(text[:0], it.Label.String()...)
		for _, c := range it.Cells {
			text = append(append(text, ' '), c.String()...)
		}
		if !t.filter.Match(string(text)) {
			return
		}
		t.hits++
		for up := it; up != nil && !keep[up]; up = up.parent {
			keep[up] = true
		}
	})
	return keep
}
