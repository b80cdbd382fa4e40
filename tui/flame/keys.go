package flame

import (
	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/scroll"
)

// Update handles the graph's own keys and the mouse: h j k l and arrows move
// between boxes, enter zooms, backspace and esc zoom out, # highlights the
// function, n and N go to the next and previous match, i turns the graph upside
// down. It never returns a command.
func (f *Flame) Update(msg tea.Msg) tea.Cmd {
	if f.root == nil {
		return nil
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		f.key(msg)
	case tea.MouseClickMsg:
		if msg.Button == tea.MouseLeft {
			f.click(msg.X, msg.Y)
		}
	case tea.MouseWheelMsg:
		rows, _ := scroll.OfWheel(msg)
		f.climb(rows)
	}
	return nil
}

// Escapes reports whether esc has something to undo here; when not, it is the
// screen's.
func (f *Flame) Escapes() bool { return f.expr != "" || f.name != "" || len(f.zooms) > 0 }

func (f *Flame) key(k tea.KeyPressMsg) {
	f.fresh = false
	half := max(f.height()/2, 1)
	down, up := 1, -1
	if f.opts.Flame {
		down, up = up, down
	}
	switch k.String() {
	case "h", "left":
		f.beside(-1)
	case "l", "right":
		f.beside(1)
	case "enter":
		f.zoomIn()
	case "backspace":
		f.zoomOut()
	case "esc":
		f.escape()
	case "#":
		f.highlight()
	case "n":
		f.next(1)
	case "N":
		f.next(-1)
	case "i":
		f.opts.Flame = !f.opts.Flame
	}
	switch scroll.Of(k) {
	case scroll.Down:
		f.climb(down)
	case scroll.Up:
		f.climb(up)
	case scroll.PageDown:
		f.climb(down * max(f.height(), 1))
	case scroll.PageUp:
		f.climb(up * max(f.height(), 1))
	case scroll.HalfDown:
		f.climb(down * half)
	case scroll.HalfUp:
		f.climb(up * half)
	case scroll.Home:
		f.cursor = f.zoom
	case scroll.End:
		f.climb(maxDepth)
	case scroll.None, scroll.Left, scroll.Right:
	}
}

// climb moves n levels away from the root, along the largest callees, or
// towards it.
func (f *Flame) climb(n int) {
	f.fresh = false
	for ; n > 0; n-- {
		c := largest(f.cursor.node())
		if at := len(f.cursor); at < len(f.zoom) && f.zoom[at-1] == f.cursor.node() {
			c = f.zoom[at] // above the zoom there is only the way to it
		}
		if c == nil || len(f.cursor) >= maxDepth {
			return
		}
		f.cursor = f.cursor.child(c)
	}
	for ; n < 0 && len(f.cursor) > 1; n++ {
		f.cursor = f.cursor[:len(f.cursor)-1]
	}
}

// beside moves to the box on the left or right in the same row.
func (f *Flame) beside(step int) {
	if p, ok := f.cursor.sibling(step); ok && p.within(f.zoom) {
		f.cursor = p
		return
	}
	f.lay()
	y := len(f.cursor) - 1
	if i := find(f.rows, y, f.cursor.node()); i >= 0 && i+step >= 0 && i+step < len(f.rows[y]) {
		f.cursor = pathTo(f.rows, y, i+step)
	}
}

// zoomIn makes the selected box as wide as the graph.
func (f *Flame) zoomIn() {
	if f.cursor.node() == f.zoom.node() {
		return
	}
	f.zooms = append(f.zooms, f.zoom)
	f.zoom = f.cursor
	f.changed()
}

// zoomOut goes back to the zoom before.
func (f *Flame) zoomOut() {
	if n := len(f.zooms); n > 0 {
		f.zoom, f.zooms = f.zooms[n-1], f.zooms[:n-1]
		f.changed()
	}
}

func (f *Flame) escape() {
	switch {
	case f.expr != "":
		f.expr, f.search = "", nil
		f.measure()
	case f.name != "":
		f.name = ""
		f.measure()
	default:
		f.zoomOut()
	}
}

// highlight shows all boxes of the selected function, or ends that.
func (f *Flame) highlight() {
	name := f.cursor.node().Name.String()
	if f.name == name {
		name = ""
	}
	f.name = name
	f.measure()
}

// next moves to the next highlighted box, in the order of the stack, past the
// end to the beginning; with step -1 to the previous one.
func (f *Flame) next(step int) {
	if f.found.nodes == 0 {
		return
	}
	var before, after, first, last path
	passed := false
	here := f.cursor
	walk(f.root, func(p path) (bool, bool) {
		if len(p) == len(here) && p.within(here) {
			passed = true
			return true, true
		}
		if !f.hit(p.node()) {
			return true, true
		}
		p = append(path(nil), p...)
		last = p
		if first == nil {
			first = p
		}
		if !passed {
			before = p
		} else if after == nil {
			after = p
		}
		return true, true
	})
	to := after
	if step < 0 {
		to = before
	}
	switch {
	case to == nil && step > 0:
		to = first
	case to == nil:
		to = last
	}
	if to == nil { // only the selected box is highlighted
		return
	}
	f.cursor = to
	if !to.within(f.zoom) && !f.zoom.within(to) {
		f.zooms = append(f.zooms, f.zoom)
		f.zoom = path{f.root}
		f.changed()
	}
}

// click selects the box at a cell; a click on the selected one zooms.
func (f *Flame) click(x, y int) {
	f.lay()
	depth := f.depth(y)
	if y < 0 || y >= f.height() || depth < 0 || depth >= len(f.rows) {
		return
	}
	for i, b := range f.rows[depth] {
		if x < b.x || x >= b.x+b.w {
			continue
		}
		if b.node == f.cursor.node() {
			f.zoomIn()
		} else {
			f.cursor = pathTo(f.rows, depth, i)
		}
		f.fresh = false
	}
}

// depth returns the row of boxes shown at row y of the screen.
func (f *Flame) depth(y int) int {
	if f.opts.Flame {
		y = f.height() - 1 - y
	}
	return f.top + y
}
