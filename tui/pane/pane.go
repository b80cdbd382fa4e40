package pane

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
)

// Rule draws the row above a pane in exactly w cells: its title on the left, a note on
// the right. The focus shows by a sign and a colour.
func Rule(p *paint.Pens, w int, title, note safetext.Line, focus bool) string {
	line, name, sign := p.Border, p.Header, p.Glyphs.Horizontal
	if focus {
		line, name, sign = p.Focus, p.Accent, p.Glyphs.Cursor
	}
	const frame = 6 // sign, blanks around title and note, the last dash
	title = title.Cut(w - frame)
	note = note.Cut(w - frame - title.Width())
	var row paint.Row
	row.Start(w, 0)
	row.Text(line, sign)
	row.Fill(line, 1)
	row.Text(name, title.String())
	row.Fill(line, 1)
	end := 1
	if !note.Empty() {
		end += note.Width() + 2
	}
	row.Text(line, strings.Repeat(p.Glyphs.Horizontal, max(row.Room()-end, 0)))
	if !note.Empty() {
		row.Fill(line, 1)
		row.Text(p.Dim, note.String())
		row.Fill(line, 1)
	}
	row.Text(line, p.Glyphs.Horizontal)
	return row.String()
}

// Stack puts drawings under each other, leaving out empty ones.
func Stack(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		if part == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(part)
	}
	return b.String()
}

// Beside puts two drawings next to each other in h rows, with a line between them. Every
// row of left must be equally wide; rows that are missing are left out on the right.
func Beside(p *paint.Pens, h int, left, right string) string {
	var line paint.Row
	line.Start(1, 0)
	line.Text(p.Border, p.Glyphs.Vertical)
	bar := line.String()
	var b strings.Builder
	b.Grow(len(left) + len(right) + h*(len(bar)+1))
	for i := range h {
		if i > 0 {
			b.WriteByte('\n')
		}
		var row string
		row, left, _ = strings.Cut(left, "\n")
		b.WriteString(row)
		b.WriteString(bar)
		row, right, _ = strings.Cut(right, "\n")
		b.WriteString(row)
		if left == "" {
			break
		}
	}
	return b.String()
}

// Area is where a pane is on its screen, in cells.
type Area struct{ X, Y, W, H int }

// In tells whether a mouse event is inside the area, and returns it as the pane counts:
// from its own top left cell.
func (a Area) In(msg tea.MouseMsg) (tea.Msg, bool) {
	at := msg.Mouse()
	at.X, at.Y = at.X-a.X, at.Y-a.Y
	if at.X < 0 || at.Y < 0 || at.X >= a.W || at.Y >= a.H {
		return nil, false
	}
	switch msg.(type) {
	case tea.MouseClickMsg:
		return tea.MouseClickMsg(at), true
	case tea.MouseWheelMsg:
		return tea.MouseWheelMsg(at), true
	}
	return nil, false
}
