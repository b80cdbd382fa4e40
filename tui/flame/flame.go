package flame

import (
	"strconv"

	"github.com/microtop/microtop/tui/match"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// Options is what a graph is made of; all may be left out.
type Options struct {
	Theme theme.Theme
	// Format turns a cost into text ("1.2s", "38 MB"); a plain number if nil.
	Format func(int64) string
	// Diff shows Delta by sign and colour instead of packages by colour.
	Diff bool
	// Flame puts the root at the bottom, not at the top.
	Flame bool
	// Empty is shown while there is no tree.
	Empty safetext.Block
}

// Flame is the widget. Make it with [New].
type Flame struct {
	opts Options
	pens *paint.Pens
	more paint.Pen // diff: grew
	less paint.Pen // diff: shrank
	same paint.Pen // diff: did neither

	w, h int

	root   *Node
	cursor path
	zoom   path
	zooms  []path // zooms left by enter, for going back
	top    int    // first row shown

	name   string // name whose boxes are highlighted
	search *match.Matcher
	expr   string
	found  share

	rows  [][]box
	laid  bool
	row   paint.Row
	frame string
	fresh bool
}

// share is how much of the root's cost some functions have.
type share struct {
	nodes int
	total int64
}

// New returns a graph without a tree.
func New(o Options) *Flame {
	f := &Flame{opts: o}
	f.SetTheme(o.Theme)
	return f
}

// SetTheme changes the styles.
func (f *Flame) SetTheme(t theme.Theme) {
	f.pens = paint.NewPens(t)
	f.more = paint.NewPen(t.Bad.Reverse(true))
	f.less = paint.NewPen(t.Good.Reverse(true))
	f.same = paint.NewPen(t.Dim.Reverse(true))
	f.fresh = false
}

// SetSize sets the size in cells; the last row is the status line.
func (f *Flame) SetSize(w, h int) {
	if w == f.w && h == f.h {
		return
	}
	f.w, f.h = max(w, 0), max(h, 0)
	f.changed()
}

// SetRoot shows a tree, nil for none. The cursor is on the root.
func (f *Flame) SetRoot(root *Node) {
	f.root, f.zooms, f.top, f.cursor, f.zoom = root, nil, 0, nil, nil
	if root != nil {
		f.cursor, f.zoom = path{root}, path{root}
	}
	f.measure()
	f.changed()
}

// Selected returns the node under the cursor, nil when there is no tree.
func (f *Flame) Selected() *Node {
	if f.root == nil {
		return nil
	}
	return f.cursor.node()
}

// Zoomed returns the node that is as wide as the graph, nil without a tree.
func (f *Flame) Zoomed() *Node {
	if f.root == nil {
		return nil
	}
	return f.zoom.node()
}

// SetSearch highlights functions whose name matches an expression (see package
// match); the empty one ends the search. A faulty expression is an error to show
// and leaves the last good search on.
func (f *Flame) SetSearch(expr string) error {
	m, err := match.Parse(expr)
	if err != nil {
		return err
	}
	f.search, f.expr, f.name, f.fresh = m, expr, "", false
	f.measure()
	return nil
}

// Search returns the expression searched for.
func (f *Flame) Search() string { return f.expr }

// Found returns how many boxes are highlighted and their share of the root's
// cost, 0 to 1; what is called from a counted box is not counted again.
func (f *Flame) Found() (boxes int, part float64) {
	if f.root == nil || f.root.Total <= 0 {
		return f.found.nodes, 0
	}
	return f.found.nodes, float64(f.found.total) / float64(f.root.Total)
}

// hit reports whether a node is highlighted.
func (f *Flame) hit(n *Node) bool {
	if f.name != "" {
		return n.Name.String() == f.name
	}
	return !f.search.Empty() && f.search.Match(n.Name.String())
}

// measure works out what is found.
func (f *Flame) measure() {
	f.found = share{}
	if f.root == nil || f.name == "" && f.search.Empty() {
		return
	}
	under := 0 // depth of the hit the walk is below, 0 for none
	walk(f.root, func(p path) (bool, bool) {
		if len(p) <= under {
			under = 0
		}
		if f.hit(p.node()) {
			f.found.nodes++
			if under == 0 {
				under = len(p)
				f.found.total += max(p.node().Total, 0)
			}
		}
		return true, true
	})
}

// changed makes the geometry be worked out anew.
func (f *Flame) changed() { f.laid, f.fresh = false, false }

// height returns the rows there are for boxes.
func (f *Flame) height() int { return max(f.h-1, 0) }

// lay brings the cursor into view and the geometry up to date.
func (f *Flame) lay() {
	if f.root == nil {
		f.rows = nil
		return
	}
	y, h := len(f.cursor)-1, f.height()
	top := f.top
	if y < top {
		top = y
	}
	if h > 0 && y >= top+h {
		top = y - h + 1
	}
	if f.laid && top == f.top {
		return
	}
	f.top, f.laid = top, true
	f.rows = layout(f.zoom, f.w, top+h)
}

func (f *Flame) format(v int64) string {
	if f.opts.Format == nil {
		return strconv.FormatInt(v, 10)
	}
	return safetext.Clean(f.opts.Format(v)).String()
}
