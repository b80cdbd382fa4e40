package publish

import (
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// formRows are the fields with their title and their status.
const formRows = fieldCount + 2

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	topic := safetext.Literal("no topic yet")
	if s.topic != "" {
		topic = safetext.Format("to topic %s", s.topic)
	}
	rows := formRows
	if h < formRows+6 { // one of the two has the room
		rows = 0
		if s.options {
			rows = max(h-3, 0)
		}
	}
	bodyRows := max(h-2-rows, 0)
	s.area = pane.Area{X: 0, Y: 1, W: w, H: bodyRows}
	s.body.SetSize(w, bodyRows)
	parts := []string{pane.Rule(s.pens, w, topic, safetext.Literal("JSON, delivered at most once"), !s.options)}
	if bodyRows > 0 {
		parts = append(parts, s.body.View())
	}
	s.formArea = pane.Area{X: 0, Y: 2 + bodyRows, W: w, H: max(rows-1, 0)}
	if rows > 1 {
		s.form.SetSize(w, rows-1)
		parts = append(parts, pane.Rule(s.pens, w, safetext.Literal("options"), safetext.Literal("tab goes there and back"), s.options), s.form.View())
	}
	return pane.Stack(append(parts, s.status(w))...)
}

func (s *screen) status(w int) string {
	pen, sign, text := s.pens.Dim, " ", safetext.Literal("ctrl+s publishes, after a question")
	reason := s.cannot()
	switch {
	case s.cancel != nil && s.sent > 0:
		pen, text = s.pens.Accent, safetext.Format("published %s; esc gives up", show.Count(s.sent, "message"))
	case s.cancel != nil:
		pen, text = s.pens.Accent, safetext.Literal("publishing …; esc gives up")
	case reason != "":
		pen, sign, text = s.pens.Warn, s.pens.Glyphs.Warning, safetext.Clean(reason)
	case !s.last.Empty() && s.good:
		pen, sign, text = s.pens.Good, s.pens.Glyphs.Check, s.last
	case !s.last.Empty():
		pen, sign, text = s.pens.Bad, s.pens.Glyphs.Cross, s.last
	}
	var row paint.Row
	row.Start(w, 0)
	row.Text(pen, sign+" ")
	row.Fit(pen, text.String(), row.Room(), s.pens.Glyphs.Ellipsis, false)
	return row.String()
}

// Cursor implements [tui.Cursorer].
func (s *screen) Cursor() (x, y int, ok bool) {
	if s.options {
		x, y, ok = s.form.Cursor()
		return x + s.formArea.X, y + s.formArea.Y, ok && s.formArea.H > 0
	}
	x, y, ok = s.body.Cursor()
	return x + s.area.X, y + s.area.Y, ok && s.area.H > 0
}
