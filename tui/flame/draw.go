package flame

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
)

// View returns the graph, exactly as many cells wide and rows high as
// [Flame.SetSize] said.
func (f *Flame) View() string {
	if f.fresh {
		return f.frame
	}
	f.fresh = true
	if f.h == 0 {
		f.frame = ""
		return f.frame
	}
	f.lay()
	var out []byte
	for y := range f.height() {
		f.row.Start(f.w, 0)
		if depth := f.depth(y); depth >= 0 && depth < len(f.rows) {
			f.drawBoxes(depth)
		} else if lines := f.opts.Empty.Lines(); f.root == nil && y < len(lines) {
			f.row.Text(f.pens.Dim, lines[y].String())
		}
		out = append(f.row.AppendTo(out), '\n')
	}
	f.drawStatus()
	f.frame = string(f.row.AppendTo(out))
	return f.frame
}

func (f *Flame) drawBoxes(depth int) {
	x := 0
	for _, b := range f.rows[depth] {
		f.row.Fill(paint.Pen{}, b.x-x)
		x = b.x + b.w
		pen := f.pen(b.node, depth)
		if b.w == 1 {
			f.row.Fill(pen, 1)
			continue
		}
		// The last cell stays blank, so that boxes can be told apart without colours.
		f.row.Fit(pen, f.label(b), b.w-1, f.pens.Glyphs.Ellipsis, false)
		f.row.Fill(paint.Pen{}, 1)
	}
}

// label returns the text of a box: the name, without its path where that is too
// long.
func (f *Flame) label(b box) string {
	name := b.node.Name.String()
	sign := ""
	if f.opts.Diff {
		sign = signed(f.part(b.node.Delta)) + " "
	}
	if b.node == f.cursor.node() {
		sign = f.pens.Glyphs.Cursor + sign
	}
	if paint.WidthUpTo(name, b.w) > b.w-1-paint.Width(sign) {
		name = name[strings.LastIndexByte(name, '/')+1:]
	}
	return sign + name
}

func (f *Flame) pen(n *Node, depth int) paint.Pen {
	switch {
	case n == f.cursor.node():
		return f.pens.Active
	case f.hit(n):
		return f.pens.Found
	case f.opts.Diff && n.Delta > 0:
		return f.more
	case f.opts.Diff && n.Delta < 0:
		return f.less
	case f.opts.Diff, depth < len(f.zoom)-1, len(f.pens.Flame) == 0:
		return f.same
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(n.Group))                          // never fails
	return f.pens.Flame[h.Sum32()%uint32(len(f.pens.Flame))] //nolint:gosec // a handful of styles
}

// part returns a cost as a share of the root's, in percent.
func (f *Flame) part(v int64) float64 {
	if f.root == nil || f.root.Total <= 0 {
		return 0
	}
	return 100 * float64(v) / float64(f.root.Total)
}

func signed(percent float64) string {
	if s := fmt.Sprintf("%+.1f%%", percent); s != "+0.0%" && s != "-0.0%" {
		return s
	}
	return "=0.0%"
}

// drawStatus draws name, self, total and share of the selected box, and what is
// highlighted.
func (f *Flame) drawStatus() {
	f.row.Start(f.w, 0)
	if f.root == nil {
		return
	}
	n := f.cursor.node()
	facts := fmt.Sprintf("  total %s (%.1f%%)", f.format(n.Total), f.part(n.Total))
	if !f.opts.Diff {
		facts = fmt.Sprintf("  self %s (%.1f%%)", f.format(n.Self), f.part(n.Self)) + facts
	} else {
		sign := ""
		if n.Delta > 0 {
			sign = "+"
		}
		facts += "  change " + sign + f.format(n.Delta) + " (" + signed(f.part(n.Delta)) + ")"
	}
	if f.expr != "" || f.name != "" {
		what := "same function"
		if f.name == "" {
			what = "/" + safetext.Clean(f.expr).String()
		}
		boxes, part := f.Found()
		facts += fmt.Sprintf("  %s: %d, %.1f%%", what, boxes, 100*part)
	}
	// The name gives way to the facts, down to a third of the row.
	room := max(f.w-paint.Width(facts), f.w/3)
	name := n.Name.String()
	f.row.Fit(f.pens.Accent, name, min(room, paint.WidthUpTo(name, room)), f.pens.Glyphs.Ellipsis, false)
	f.row.Text(f.pens.Text, facts)
}
