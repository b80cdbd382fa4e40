package call

import (
	"time"

	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

const (
	// wide is the width from which request and answer stand side by side, in cells.
	wide = 100
	// optionRows is the height of the options beside an answer.
	optionRows = 8
	// attemptRows is how many attempts are shown.
	attemptRows = 4
)

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	s.areas = [focuses]pane.Area{}
	if w >= wide && h >= 16 {
		left := (w - 1) / 2
		return pane.Beside(s.pens, h, s.drawRequest(left, h, true), s.drawResult(left+1, 0, w-left-1, h))
	}
	if h < 8 {
		if s.focus == onResult {
			return s.drawResult(0, 0, w, h)
		}
		return s.drawRequest(w, h, false)
	}
	top := max(h*s.share()/20, 5)
	return pane.Stack(s.drawRequest(w, top, false), s.drawResult(0, top, w, h-top))
}

// share is how much of the height the request has above the answer, in twentieths.
func (s *screen) share() int {
	switch {
	case s.focus == onResult:
		return 7
	case s.answer == nil && !s.help && !s.running():
		return 13
	}
	return 9
}

// drawRequest draws body, options and the button in w by h cells from the corner on. With
// little room the options take the body's place while they have the focus.
func (s *screen) drawRequest(w, h int, both bool) string {
	button := s.drawSend(w)
	s.areas[onSend] = pane.Area{X: 0, Y: h - 1, W: w, H: 1}
	rows := h - 2
	if !both {
		if s.focus == onOptions {
			return pane.Stack(s.optionsRule(w), s.drawOptions(w, rows, 1), button)
		}
		return pane.Stack(s.bodyRule(w), s.drawBody(w, rows), button)
	}
	bodyRows := rows - 1 - optionRows
	return pane.Stack(s.bodyRule(w), s.drawBody(w, bodyRows), s.optionsRule(w), s.drawOptions(w, optionRows, bodyRows+2), button)
}

func (s *screen) bodyRule(w int) string {
	note := safetext.Line{}
	switch {
	case s.loading:
		note = safetext.Literal("asking for the schema")
	case s.shape != nil && s.shape.Endpoint.Request != "":
		note = safetext.Clean(s.shape.Endpoint.Request)
	case s.shape == nil:
		note = safetext.Literal("schema unknown")
	}
	title := safetext.Literal("request")
	if s.shape != nil && !s.body.AsForm() {
		title = safetext.Literal("request as JSON")
	}
	return pane.Rule(s.pens, w, title, note, s.focus == onBody)
}

func (s *screen) drawBody(w, h int) string {
	s.areas[onBody] = pane.Area{X: 0, Y: 1, W: w, H: h}
	s.body.SetSize(w, h)
	return s.body.View()
}

func (s *screen) optionsRule(w int) string {
	return pane.Rule(s.pens, w, safetext.Literal("options"), safetext.Literal("metadata as key: value"), s.focus == onOptions)
}

func (s *screen) drawOptions(w, h, y int) string {
	s.areas[onOptions] = pane.Area{X: 0, Y: y, W: w, H: h}
	s.options.SetSize(w, h)
	return s.options.View()
}

// drawSend draws the button and where the request goes.
func (s *screen) drawSend(w int) string {
	var row paint.Row
	row.Start(w, 0)
	pen, sign := s.pens.Button, " "
	if s.focus == onSend {
		pen, sign = s.pens.Active, s.pens.Glyphs.Cursor
	}
	row.Text(s.pens.Accent, sign)
	name := "[ Send ]"
	if s.running() {
		name = "[ Cancel: esc ]"
	}
	row.Text(pen, name)
	row.Fill(paint.Pen{}, 2)
	row.Text(s.pens.Dim, s.destination().Cut(row.Room()).String())
	return row.String()
}

// destination says where the request goes, as the options stand.
func (s *screen) destination() safetext.Line {
	r, err := readOptions(s.request, s.options.Text())
	if err != nil {
		return safetext.Literal("the options are not right yet")
	}
	if r.Address == "" && r.Node == "" && r.Version == "" {
		return safetext.Format("to any node of %s", r.Service)
	}
	return safetext.Format("to %s", r.Target)
}

// drawResult draws the answer, or the types, in w by h cells; x and y say where.
func (s *screen) drawResult(x, y, w, h int) string {
	title := safetext.Literal("response")
	if s.help {
		title = safetext.Literal("fields")
	}
	note := safetext.Line{}
	if !s.help && s.answer != nil && !s.running() {
		note = s.answer.note
		if !s.look.Empty() {
			note = safetext.Join("  ", s.look, safetext.Literal("esc: all of it"))
		}
	}
	parts := []string{pane.Rule(s.pens, w, title, note, s.focus == onResult)}
	used := 1
	if !s.help {
		rows := s.headRows(w)
		rows = rows[:min(len(rows), max(h-3, 0))]
		parts = append(parts, rows...)
		used += len(rows)
	}
	s.areas[onResult] = pane.Area{X: x, Y: y + used, W: w, H: h - used}
	if s.onTree() && s.answer != nil {
		s.tree.SetSize(w, h-used)
		return pane.Stack(append(parts, s.tree.View())...)
	}
	p := s.shown()
	p.SetSize(w, h-used)
	return pane.Stack(append(parts, p.View())...)
}

// headRows are the outcome and the attempts.
func (s *screen) headRows(w int) []string {
	g := s.pens.Glyphs
	line := func(pen paint.Pen, sign string, text safetext.Line) string {
		var row paint.Row
		row.Start(w, 0)
		row.Text(pen, sign+" ")
		row.Fit(pen, text.String(), row.Room(), g.Ellipsis, false)
		return row.String()
	}
	switch {
	case s.running():
		elapsed := time.Since(s.since)
		frame := g.Spinner[int(elapsed/pace)%len(g.Spinner)]
		return []string{line(s.pens.Accent, frame, safetext.Format("calling, %s; esc cancels", show.Duration(elapsed.Round(pace))))}
	case s.answer == nil:
		return nil
	}
	pen, sign := s.pens.Good, g.Check
	if !s.answer.good() {
		pen, sign = s.pens.Bad, g.Cross
	}
	rows := []string{line(pen, sign, s.answer.headline())}
	list := s.answer.attempts()
	for _, attempt := range list[max(len(list)-attemptRows, 0):] {
		rows = append(rows, line(s.pens.Dim, " ", attempt))
	}
	return rows
}

// Typing implements [tui.Typist].
func (s *screen) Typing() bool { return s.body != nil && s.body.Typing() || s.focus == onOptions }

// Cursor implements [tui.Cursorer].
func (s *screen) Cursor() (x, y int, ok bool) {
	switch s.focus {
	case onBody:
		x, y, ok = s.body.Cursor()
	case onOptions:
		x, y, ok = s.options.Cursor()
	case onResult:
		if s.onTree() {
			x, y, ok = s.tree.Cursor()
		} else {
			x, y, ok = s.shown().Cursor()
		}
	case onSend, focuses:
		return s.areas[s.focus].X, s.areas[s.focus].Y, s.areas[s.focus].H > 0
	}
	area := s.areas[s.focus]
	return x + area.X, y + area.Y, ok && area.H > 0
}
