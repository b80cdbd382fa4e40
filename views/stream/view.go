package stream

import (
	"time"

	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	s.areas = [focuses]pane.Area{}
	bottom := min(max(h*2/5, 5), 16)
	if h < 10 {
		if s.focus == onLog {
			return s.drawLog(w, h)
		}
		return s.drawBody(0, w, h)
	}
	return pane.Stack(s.drawLog(w, h-bottom), s.drawBody(h-bottom, w, bottom))
}

func (s *screen) drawLog(w, h int) string {
	title := safetext.Literal("transcript")
	if s.message != nil {
		title = safetext.Format("%s at %s, %s; esc goes back", s.message.direction, stamp(s.message.offset), show.Bytes(uint64(s.message.size))) //nolint:gosec // not negative
	}
	p := s.shown()
	p.SetSize(w, h-1)
	s.areas[onLog] = pane.Area{X: 0, Y: 1, W: w, H: h - 1}
	return pane.Stack(pane.Rule(s.pens, w, title, s.status(), s.focus == onLog), p.View())
}

// status is the state and the counts.
func (s *screen) status() safetext.Line {
	if s.talk == nil {
		return safetext.Clean(s.state.String())
	}
	g := s.pens.Glyphs
	sign := map[state]string{idle: g.Empty, opening: g.Half, open: g.Full, halfClosed: g.Half, ended: g.Check, broken: g.Cross}[s.state]
	parts := []safetext.Line{safetext.Clean(sign + " " + s.state.String())}
	if s.state.live() {
		parts = append(parts, safetext.Clean(show.Duration(time.Since(s.talk.since).Round(pace))))
	}
	parts = append(parts, safetext.Format("sent %d", s.talk.sent+int(s.talk.lines.Load())), safetext.Format("received %d", s.talk.got.Load()))
	if n := s.talk.bytes.Load(); n > 0 {
		parts = append(parts, safetext.Clean(show.Bytes(uint64(n))))
	}
	if s.counting {
		parts = append(parts, safetext.Literal("counting only"))
	}
	if n := len(s.talk.queue); n > 0 && s.state.live() {
		parts = append(parts, safetext.Format("sending %d", n))
	}
	if n := s.dropped - s.talk.dropped; n > 0 {
		parts = append(parts, safetext.Format("not shown %d", n))
	}
	return safetext.Join("  ", parts...)
}

// drawBody draws the message to send and the button in h rows from row y on.
func (s *screen) drawBody(y, w, h int) string {
	note := safetext.Line{}
	if s.shape != nil {
		note = safetext.Format("%s  %s", s.shape.Endpoint.Kind, s.shape.Endpoint.Request)
	}
	s.areas[onBody] = pane.Area{X: 0, Y: y + 1, W: w, H: h - 2}
	s.areas[onSend] = pane.Area{X: 0, Y: y + h - 1, W: w, H: 1}
	s.body.SetSize(w, h-2)
	return pane.Stack(pane.Rule(s.pens, w, safetext.Literal("message"), note, s.focus == onBody), s.body.View(), s.drawSend(w))
}

func (s *screen) drawSend(w int) string {
	var row paint.Row
	row.Start(w, 0)
	pen, sign := s.pens.Button, " "
	if s.focus == onSend {
		pen, sign = s.pens.Active, s.pens.Glyphs.Cursor
	}
	row.Text(s.pens.Accent, sign)
	name := "[ Send ]"
	if !s.state.live() {
		name = "[ Open and send ]"
	}
	row.Text(pen, name)
	row.Fill(paint.Pen{}, 2)
	row.Text(s.pens.Dim, safetext.Format("to %s", s.request.Target).Cut(row.Room()).String())
	return row.String()
}
