package form

import (
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
)

const (
	// lead is the cells before a label: cursor, state, blank.
	lead = 4
	// leastValue is how many cells a value has before the type gives way.
	leastValue = 16
)

// View returns the form, exactly as many cells wide and rows high as [Form.SetSize] said.
func (f *Form) View() string {
	if f.h == 0 {
		return ""
	}
	var out []byte
	var row paint.Row
	labels := f.labels()
	for y := range f.win.Height {
		row.Start(f.w, 0)
		switch i := f.win.Top + y; {
		case i < f.win.Len:
			f.drawRow(&row, f.source.Row(i), i == f.win.Cursor, labels)
		case y == 0:
			row.Fill(paint.Pen{}, 2)
			row.Text(f.pens.Dim, f.opts.Empty.String())
		}
		out = append(row.AppendTo(out), '\n')
	}
	row.Start(f.w, 0)
	f.drawStatus(&row)
	return string(row.AppendTo(out))
}

// labels is the width of the label column: that of the widest label on the screen, half of the form at most.
func (f *Form) labels() int {
	w := 8
	for i := f.win.Top; i < f.win.End(); i++ {
		r := f.source.Row(i)
		if r.Kind == Action {
			continue // it has the row to itself
		}
		w = max(w, 2*r.Depth+2+r.Label.Width())
	}
	return min(w, max(f.w/2-lead, 4))
}

func (f *Form) drawRow(row *paint.Row, r Row, selected bool, labels int) {
	g, p := f.pens.Glyphs, f.pens
	here := selected && f.focus
	sign := " "
	if here {
		sign = g.Cursor
	}
	row.Text(p.Accent, sign)
	pen, state := f.state(r)
	row.Text(pen, state+" ")
	row.Fill(paint.Pen{}, min(2*r.Depth, labels/2))
	fold := "  "
	if r.Kind == Group {
		fold = g.Collapsed + " "
		if r.Open {
			fold = g.Expanded + " "
		}
	}
	row.Text(p.Dim, fold)
	name := f.namePen(r, here)
	if r.Kind == Action {
		row.Text(name, r.Label.String())
		return
	}
	row.Fit(name, r.Label.String(), labels-min(2*r.Depth, labels/2)-2, g.Ellipsis, false)
	row.Fill(paint.Pen{}, 2)
	if selected && f.editing {
		f.drawInput(row)
		return
	}
	f.drawValue(row, r, here)
}

// state is the sign of a field's state: a shape, as colours alone say nothing.
func (f *Form) state(r Row) (paint.Pen, string) {
	g := f.pens.Glyphs
	switch {
	case !r.Problem.Empty():
		return f.pens.Bad, g.Cross
	case r.Mark == Set:
		return f.pens.Good, g.Full
	case r.Mark == Default:
		return f.pens.Accent, g.Half
	case r.Mark == Unset:
		return f.pens.Dim, g.Empty
	}
	return f.pens.Dim, " "
}

func (f *Form) namePen(r Row, here bool) paint.Pen {
	switch {
	case here && !f.editing:
		return f.pens.Selected
	case r.Kind == Action:
		return f.pens.Accent
	case r.Mark == Unset:
		return f.pens.Text
	}
	return f.pens.Field
}

func (f *Form) drawInput(row *paint.Row) {
	text, x := f.line.View(max(row.Room()-1, 1))
	rest := text.String()
	at := paint.Take(rest, x)
	row.Text(f.pens.Text, rest[:at])
	if at == len(rest) {
		row.Fill(f.pens.Active, 1)
		return
	}
	n, _ := paint.Next(rest[at:])
	row.Text(f.pens.Active, rest[at:at+n])
	row.Text(f.pens.Text, rest[at+n:])
}

func (f *Form) drawValue(row *paint.Row, r Row, here bool) {
	typ := r.Type.Cut(max(min(row.Room()-leastValue, row.Room()/2), 0))
	room := row.Room() - typ.Width() - 2
	pen, text := f.pens.String, r.Value
	switch {
	case !r.Problem.Empty():
		pen = f.pens.Bad
	case r.Kind == Group, r.Mark == Default:
		pen = f.pens.Dim
	case r.Kind == Choice:
		pen = f.pens.Keyword
	}
	if text.Empty() && here {
		pen, text = f.pens.Ghost, r.Ghost
	}
	if r.Kind == Choice && here {
		text = safetext.Join(" ", safetext.Clean(f.pens.Glyphs.Left), text, safetext.Clean(f.pens.Glyphs.Right))
	}
	row.Fit(pen, text.String(), room, f.pens.Glyphs.Ellipsis, false)
	row.Fill(paint.Pen{}, 1)
	row.Text(f.pens.Dim, typ.String())
}

func (f *Form) drawStatus(row *paint.Row) {
	i := f.Selected()
	var r Row
	if i >= 0 {
		r = f.source.Row(i)
	}
	text, pen := f.status, f.pens.Dim
	switch {
	case f.editing:
		text = safetext.Literal("enter keeps it, tab goes to the next field, esc leaves it as it was")
	case !r.Problem.Empty():
		text, pen = safetext.Join(" ", safetext.Clean(f.pens.Glyphs.Cross), r.Problem), f.pens.Bad
	case !r.Note.Empty() && f.focus:
		text = r.Note
	}
	place := ""
	if _, _, more := f.win.Thumb(); more {
		place = safetext.Format("  %d/%d", i+1, f.win.Len).String()
	}
	row.Fill(paint.Pen{}, 1)
	row.Fit(pen, text.String(), max(row.Room()-len(place)-1, 0), f.pens.Glyphs.Ellipsis, false)
	row.Text(f.pens.Dim, place)
}

// Cursor returns where the terminal's own cursor belongs, relative to the form's top left cell.
func (f *Form) Cursor() (x, y int, ok bool) {
	y = f.win.Cursor - f.win.Top
	if f.win.Len == 0 || y >= f.win.Height || !f.focus {
		return 0, 0, false
	}
	if f.editing {
		x = lead - 1 + f.labels() + 2
		_, at := f.line.View(max(f.w-x-1, 1))
		x += at
	}
	return min(x, max(f.w-1, 0)), y, true
}
