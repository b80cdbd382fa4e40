package stream

import (
	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/compose"
	"github.com/microtop/microtop/views/show"
)

// Actions implements [tui.Screen].
func (s *screen) Actions() []tui.Action { return s.actions() }

func (s *screen) actions() []tui.Action {
	typing := s.Typing()
	list := []tui.Action{
		{ID: "stream.send", Keys: []string{"ctrl+s"}, Name: "send", Help: "send the message; the first one opens the stream", Disabled: s.cannotSend, Run: s.send},
		{ID: "stream.close", Keys: []string{"D"}, Name: "close", Help: "half-close: say that no more messages come", Disabled: s.cannotClose, Run: s.closeSend, Hidden: typing},
		{ID: "stream.cancel", Keys: []string{"x", "ctrl+x"}, Name: "cancel", Help: "end the stream at once", Disabled: s.notLive, Run: func() tea.Cmd { s.Cancel(); return nil }},
		{ID: "stream.swap", Keys: []string{"ctrl+r"}, Name: s.otherWay(), Help: "edit the message as JSON, or as a form again", Disabled: s.noForm, Run: func() tea.Cmd { return s.body.Swap() }},
		{ID: "stream.pane", Keys: []string{"tab"}, Name: "next pane", Disabled: s.inField, Run: func() tea.Cmd { s.toFocus(s.focus + 1); return nil }},
		{ID: "stream.back", Keys: []string{"shift+tab"}, Name: "pane before", Disabled: s.inField, Run: func() tea.Cmd { s.toFocus(s.focus - 1); return nil }, Hidden: true},
	}
	if s.body == nil || s.onForm() {
		list = append(list, compose.FormActions("stream", s.body)...)
	}
	if s.focus == onLog || s.body == nil {
		list = append(list, tui.Action{ID: "stream.open", Keys: []string{"enter"}, Name: "whole", Help: "show one message in full", Disabled: s.nothing, Run: s.enter})
	}
	if s.body == nil || !s.onForm() {
		list = append(list, tui.Action{ID: "stream.pause", Keys: []string{"space"}, Name: "pause", Help: "hold the transcript still, or follow it again", Hidden: true},
			tui.Action{ID: "stream.follow", Keys: []string{"f"}, Name: "follow", Hidden: true})
	}
	return append(append(list, []tui.Action{
		{ID: "stream.file", Keys: []string{"F"}, Name: "send file", Help: "send each line of a file as a message", Disabled: s.cannotSendFile, Run: s.askFile, Hidden: typing},
		{ID: "stream.count", Keys: []string{"#"}, Name: "count", Help: "only count what comes, or show it again", Run: s.count, Hidden: true},
		{ID: "stream.save", Keys: []string{"w"}, Name: "save", Help: "save the transcript as NDJSON", Disabled: s.nothing, Run: s.save, Hidden: typing},
		{ID: "stream.copy", Keys: []string{"y"}, Name: "copy", Help: "copy the message under the cursor, or the command line", Run: s.copy, Hidden: true},
		{ID: "stream.edit", Keys: []string{"ctrl+e"}, Name: "editor", Help: "edit the message in $EDITOR", Run: func() tea.Cmd { return s.body.External() }},
		{ID: "stream.tidy", Keys: []string{"ctrl+g"}, Name: "tidy", Help: "indent the message", Run: func() tea.Cmd { return s.body.Tidy() }, Hidden: true},
		{ID: "stream.wrap", Keys: []string{"W"}, Name: "wrap", Help: "wrap long lines", Run: s.wrap, Hidden: true},
		{ID: "stream.times", Keys: []string{"t"}, Name: "times", Help: "hide or show the times", Hidden: true},
		{ID: "stream.next", Keys: []string{"n"}, Name: "next match", Hidden: true},
		{ID: "stream.previous", Keys: []string{"N"}, Name: "match before", Hidden: true},
	}...), tui.Moving()...)
}

// otherWay names what ctrl+r shows.
func (s *screen) otherWay() string {
	if s.body != nil && s.body.AsForm() {
		return "JSON"
	}
	return "form"
}

func (s *screen) noForm() string {
	if s.body == nil {
		return ""
	}
	return s.body.NoForm()
}

// inField keeps tab in the form while a field is edited.
func (s *screen) inField() string {
	if s.body != nil && s.body.Editing() {
		return "a field is being edited"
	}
	return ""
}

func (s *screen) cannotSend() string {
	switch {
	case s.back.change != nil && s.back.change() != nil:
		return s.back.change().Error()
	case s.state == opening:
		return "the stream is being opened"
	case s.state == halfClosed:
		return "half-closed: nothing more can be sent; x ends the stream"
	case s.state == open && s.talk.conn.Kind() == schema.Server:
		return "a server stream takes one message; x ends it"
	}
	return ""
}

// send opens the stream with the message, or sends it on the one that is open.
func (s *screen) send() tea.Cmd {
	if reason := s.cannotSend(); reason != "" {
		return tui.Say(tui.Warn, safetext.Clean(reason))
	}
	if s.state != open {
		return s.start()
	}
	return s.do(op{body: []byte(s.body.Text())})
}

func (s *screen) cannotClose() string {
	switch s.state {
	case open:
		return ""
	case halfClosed:
		return "it is half-closed already"
	case idle, opening, ended, broken:
	}
	return "no stream is open"
}

func (s *screen) closeSend() tea.Cmd { return s.do(op{close: true}) }

func (s *screen) notLive() string {
	if s.state.live() {
		return ""
	}
	return "no stream is open"
}

func (s *screen) nothing() string {
	if s.log.Pager == nil || s.log.Len() == 0 {
		return "nothing went either way yet"
	}
	return ""
}

func (s *screen) wrap() tea.Cmd {
	s.shown().SetWrap(!s.shown().Wrapped())
	return nil
}

func (s *screen) copy() tea.Cmd {
	choices := []show.Text{{Key: "c", What: safetext.Literal("the command line"), Text: s.line()}}
	if m := s.log.selected(); m != nil {
		choices = append([]show.Text{{Key: "m", What: safetext.Literal("the message"), Text: string(m.body)}}, choices...)
	}
	return show.Copy(choices...)
}

// line is the command that opens the stream with the message as it is in the editor.
func (s *screen) line() string {
	r := s.request
	r.Body = []byte(s.body.Text())
	r.Kind = schema.Stream
	switch {
	case s.talk != nil && s.talk.conn != nil:
		r.Kind = s.talk.conn.Kind()
	case s.shape != nil:
		r.Kind = s.shape.Endpoint.Kind
	}
	return collection.Line(r, s.back.flags...)
}
