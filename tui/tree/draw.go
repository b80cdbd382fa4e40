package tree

import (
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
)

// Cells between columns and per level.
const (
	gap    = 2
	indent = 2
)

// View returns the tree, exactly as many cells wide and rows high as
// [Tree.SetSize] said.
func (t *Tree) View() string {
	if t.fresh {
		return t.frame
	}
	t.fresh = true
	if t.h == 0 {
		t.frame = ""
		return t.frame
	}
	widths := t.layout()
	start, length, bar := t.win.Thumb()
	var out []byte
	if t.header {
		t.row.Start(t.w, 0)
		t.drawHeader(widths)
		out = t.row.AppendTo(out)
	}
	for y := range t.win.Height {
		if y > 0 || t.header {
			out = append(out, '\n')
		}
		t.row.Start(t.w, 0)
		if pos := t.win.Top + y; pos < len(t.rows) {
			t.drawRow(pos, widths, bar)
		} else if len(t.rows) == 0 {
			t.row.Text(t.pens.Dim, t.reason(y))
		}
		if bar {
			t.drawBar(y >= start && y < start+length)
		}
		out = t.row.AppendTo(out)
	}
	t.frame = string(out)
	return t.frame
}

// layout returns the width of the label and of each column, from the texts on
// the screen.
func (t *Tree) layout() []int {
	room := max(t.w-1, 0) // the scroll bar
	widths := make([]int, 1+len(t.opts.Columns))
	widths[0] = paint.Width(t.opts.Title)
	for i, c := range t.opts.Columns {
		widths[i+1] = paint.Width(c.Title)
	}
	for pos := t.win.Top; pos < t.win.End(); pos++ {
		it := t.rows[pos]
		widths[0] = max(widths[0], t.indent(it)+indent+paint.WidthUpTo(it.Label.String(), t.widest()))
		left := room - widths[0]
		for i := range min(len(it.Cells), len(t.opts.Columns)) {
			if left > widths[i+1] {
				widths[i+1] = max(widths[i+1], paint.WidthUpTo(it.Cells[i].String(), left))
			}
			left -= widths[i+1]
		}
	}
	if len(widths) == 1 {
		widths[0] = room
		return widths
	}
	widths[0] = min(widths[0], t.widest())
	room -= widths[0]
	for i, c := range t.opts.Columns {
		if c.Max > 0 {
			widths[i+1] = min(widths[i+1], c.Max)
		}
		if c.Whole && widths[i+1] > room-gap {
			widths[i+1] = 0
		}
		widths[i+1] = max(min(widths[i+1], room-gap), 0)
		room -= widths[i+1] + gap
	}
	return widths
}

// widest returns the most cells labels may take.
func (t *Tree) widest() int {
	room := max(t.w-1, 0)
	if len(t.opts.Columns) == 0 {
		return room
	}
	return max(room/2, 1)
}

// indent returns the cells before an item's sign; deep ones stop at a third of
// the row, so that there is always room for the label.
func (t *Tree) indent(it *item) int { return min(it.depth*indent, t.w/3) }

func (t *Tree) drawHeader(widths []int) {
	g, pen := t.pens.Glyphs, t.pens.Header
	t.row.Fit(pen, safetext.Clean(t.opts.Title).String(), widths[0], g.Ellipsis, false)
	for i, c := range t.opts.Columns {
		t.row.Fill(pen, gap)
		t.row.Fit(pen, safetext.Clean(c.Title).String(), widths[i+1], g.Ellipsis, false)
	}
}

func (t *Tree) drawRow(pos int, widths []int, bar bool) {
	it, g := t.rows[pos], t.pens.Glyphs
	chosen := pos == t.win.Cursor
	guide, label := t.pens.Dim, t.pens.Text
	if t.opts.Style != nil {
		label = t.opts.Style(t.pens, it.Node)
	}
	if chosen {
		guide, label = t.pens.Selected, t.pens.Selected
	}
	in := t.indent(it)
	for range in / indent {
		t.row.Text(guide, g.Line)
		t.row.Fill(guide, indent-1)
	}
	t.row.Fill(guide, in%indent)
	sign := " "
	switch {
	case it.leaf() && chosen:
		sign = g.Cursor
	case it.leaf():
	case it.open:
		sign = g.Expanded
	default:
		sign = g.Collapsed
	}
	t.row.Text(guide, sign)
	t.row.Fill(guide, indent-1)
	t.drawCell(label, it.Label.String(), widths[0]-in-indent)
	for i, c := range t.opts.Columns {
		t.row.Fill(label, gap)
		pen := t.pens.Dim
		if c.Style != nil {
			pen = c.Style(t.pens, it.Node)
		}
		if chosen {
			pen = t.pens.Selected
		}
		text := ""
		if i < len(it.Cells) {
			text = it.Cells[i].String()
		}
		t.drawCell(pen, text, widths[i+1])
	}
	if chosen {
		rest := t.row.Room()
		if bar {
			rest--
		}
		t.row.Fill(t.pens.Selected, rest)
	}
}

func (t *Tree) drawCell(pen paint.Pen, text string, w int) {
	t.spans = t.filter.Spans(t.spans[:0], text)
	t.row.FitSpans(pen, t.pens.Match, text, w, t.pens.Glyphs.Ellipsis, false, t.spans)
}

func (t *Tree) drawBar(thumb bool) {
	g := t.pens.Glyphs
	t.row.Fill(paint.Pen{}, t.row.Room()-1)
	if thumb {
		t.row.Text(t.pens.Accent, g.Bar[len(g.Bar)-1])
	} else {
		t.row.Text(t.pens.Dim, g.Vertical)
	}
}

// reason returns line y of what is shown instead of rows.
func (t *Tree) reason(y int) string {
	if len(t.roots) > 0 && t.expr != "" {
		if y == 0 {
			return safetext.Format("no match for %s among what was opened, esc shows all", t.expr).String()
		}
		return ""
	}
	if lines := t.opts.Empty.Lines(); y < len(lines) {
		return lines[y].String()
	}
	return ""
}
