package show

import (
	"strings"

	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// Note is a line below a list.
type Note struct {
	Text safetext.Line
	Pen  func(*paint.Pens) paint.Pen

	more bool // a preview says it too
}

// Quiet is a note that only tells more.
func Quiet(text safetext.Line) Note {
	return Note{text, func(p *paint.Pens) paint.Pen { return p.Dim }, false}
}

// More tells more of the item under the cursor; a preview takes its place.
func More(text safetext.Line) Note {
	n := Quiet(text)
	n.more = true
	return n
}

// Alarm is a note that something is wrong.
func Alarm(g theme.Glyphs, text safetext.Line) Note {
	return Note{safetext.Join(" ", safetext.Clean(g.Warning), text), func(p *paint.Pens) paint.Pen { return p.Warn }, false}
}

// Below draws notes below a widget that is w cells wide, each after a line break.
func Below(p *paint.Pens, w int, notes ...Note) string {
	var out []byte
	var row paint.Row
	for _, n := range notes {
		row.Start(w, 0)
		row.Fill(paint.Pen{}, 2)
		row.Fit(n.Pen(p), n.Text.String(), w-4, p.Glyphs.Ellipsis, false)
		out = row.AppendTo(append(out, '\n'))
	}
	return string(out)
}

// Instead draws a text where a widget has nothing to show.
func Instead(th theme.Theme, w int, b safetext.Block) string {
	var lines []string
	for _, l := range b.Lines() {
		lines = append(lines, "  "+th.Dim.Render(l.Cut(w-4).String()))
	}
	return strings.Join(lines, "\n")
}
