package call

import (
	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/compose"
	"github.com/microtop/microtop/views/show"
)

// Actions implements [tui.Screen].
func (s *screen) Actions() []tui.Action { return s.actions() }

func (s *screen) actions() []tui.Action {
	list := []tui.Action{
		{ID: "call.cancel", Name: "cancel", Keys: []string{"ctrl+x"}, Help: "give the running call up; esc and ctrl+c do too", Disabled: s.idle, Run: func() tea.Cmd { s.Cancel(); return nil }},
		{ID: "call.send", Keys: []string{"ctrl+s"}, Name: "send", Help: "send the request; enter on [Send] does too", Disabled: s.cannotSend, Run: s.send},
	}
	if s.body == nil || s.onForm() {
		list = append(list, compose.FormActions("call", s.body)...)
	}
	if s.body != nil && s.focus == onResult {
		list = append(list, s.lookActions()...)
	}
	list = append(list, []tui.Action{
		{ID: "call.repeat", Keys: []string{"."}, Name: "repeat", Help: "send it again", Disabled: s.cannotSend, Run: s.send, Hidden: true},
		{ID: "call.swap", Keys: []string{"ctrl+r"}, Name: s.otherWay(), Help: "edit the request as JSON, or as a form again", Disabled: s.noForm, Run: func() tea.Cmd { return s.body.Swap() }},
		{ID: "call.pane", Keys: []string{"tab"}, Name: "next pane", Disabled: s.inField, Run: func() tea.Cmd { s.toFocus(s.focus + 1); return nil }},
		{ID: "call.back", Keys: []string{"shift+tab"}, Name: "pane before", Disabled: s.inField, Run: func() tea.Cmd { s.toFocus(s.focus - 1); return nil }, Hidden: true},
		{ID: "call.types", Keys: []string{"ctrl+t"}, Name: "fields", Help: "show the fields the request takes, or the answer", Run: func() tea.Cmd { s.help = !s.help; return nil }},
		{ID: "call.edit", Keys: []string{"ctrl+e"}, Name: "editor", Help: "edit the request in $EDITOR", Run: func() tea.Cmd { return s.body.External() }},
		{ID: "call.tidy", Keys: []string{"ctrl+g"}, Name: "tidy", Help: "indent the request", Run: func() tea.Cmd { return s.body.Tidy() }, Hidden: true},
		{ID: "call.template", Keys: []string{"ctrl+n"}, Name: "template", Help: "start the request anew from the schema", Disabled: s.noShape, Confirm: s.askTemplate, Run: func() tea.Cmd { return s.body.Put(s.shape.Template()) }, Hidden: true},
		{ID: "call.copy", Keys: []string{"y"}, Name: "copy", Help: "copy the answer, the request or the command line", Run: s.copy, Hidden: s.Typing()},
		{ID: "call.everywhere", Keys: []string{"a"}, Name: "all nodes", Help: "send it to every node and compare the answers", Disabled: s.cannotSend, Confirm: s.askEverywhere, Run: s.everywhere, Hidden: s.Typing()},
		{ID: "call.load", Keys: []string{"B"}, Name: "load", Help: "make a load of it: rate, concurrency, percentiles", Disabled: s.cannotSend, Run: s.load, Hidden: s.Typing()},
		{ID: "call.save", Keys: []string{"s"}, Name: "save", Help: "save the call as a file, without its secrets", Run: s.save, Hidden: s.Typing()},
		{ID: "call.saved", Keys: []string{"o"}, Name: "saved", Help: "open a saved call", Run: s.openSaved, Hidden: true},
		{ID: "call.import", Keys: []string{"I"}, Name: "import", Help: "compose from a `microtop call` or `grpcurl` line", Run: s.importLine, Hidden: true},
		{ID: "call.history", Keys: []string{"ctrl+o"}, Name: "history", Help: "the calls made so far", Run: func() tea.Cmd { return tui.Do(tui.Open{Name: "history"}) }, Hidden: true},
		{ID: "call.stream", Keys: []string{"S"}, Name: "stream", Help: "open the endpoint as a stream", Disabled: s.noStream, Run: s.stream},
	}...)
	if s.body == nil || s.focus != onResult {
		list = append(list, s.lookActions()...)
	}
	if s.body == nil || !s.onForm() {
		list = append(list, tui.Action{ID: "call.wrap", Keys: []string{"w"}, Name: "wrap", Help: "wrap long lines of the answer", Hidden: true})
	}
	return append(append(list, []tui.Action{
		{ID: "call.next", Keys: []string{"n"}, Name: "next match", Hidden: true},
		{ID: "call.previous", Keys: []string{"N"}, Name: "match before", Hidden: true},
	}...), tui.Moving()...)
}

// lookActions are other looks at the answer.
func (s *screen) lookActions() []tui.Action {
	return []tui.Action{
		{ID: "call.diff", Keys: []string{"="}, Name: "diff", Help: "how the answer differs from the one before", Disabled: s.noDiff, Run: s.diff, Hidden: s.noDiff() != ""},
		{ID: "call.jq", Keys: []string{"J"}, Name: "jq", Help: "run a jq expression on the answer", Disabled: s.noAnswer, Run: s.askJQ, Hidden: s.noAnswer() != ""},
		{ID: "call.tree", Keys: []string{"z"}, Name: "fold", Help: "show the answer as a tree that folds, or as text", Disabled: s.noFold, Run: s.fold, Hidden: s.noFold() != ""},
	}
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

func (s *screen) idle() string {
	if s.running() {
		return ""
	}
	return "no call is running"
}

func (s *screen) cannotSend() string {
	if s.running() {
		return "a call is running: esc cancels it"
	}
	if s.back.change != nil {
		if err := s.back.change(); err != nil {
			return err.Error()
		}
	}
	return ""
}

func (s *screen) noShape() string {
	if s.shape == nil {
		return "the schema is not known"
	}
	return ""
}

func (s *screen) askTemplate() safetext.Line {
	return safetext.Literal("Replace the request by the template?")
}

func (s *screen) noStream() string {
	if s.shape == nil || !s.shape.Endpoint.Kind.Streams() {
		return "the endpoint is no stream"
	}
	return ""
}

func (s *screen) stream() tea.Cmd {
	r, err := s.composed()
	if err != nil {
		return tui.Fail(err)
	}
	return tui.Do(tui.Open{Name: "stream", With: r})
}

func (s *screen) copy() tea.Cmd {
	r, err := s.composed()
	if err != nil {
		return tui.Fail(err)
	}
	choices := []show.Text{
		{Key: "q", What: safetext.Literal("the request"), Text: string(r.Body)},
		{Key: "c", What: safetext.Literal("the command line"), Text: collection.Line(r, s.back.flags...)},
	}
	if s.answer != nil {
		text := s.answer.text.String()
		choices = append([]show.Text{{Key: "a", What: safetext.Literal("the answer"), Text: text}}, choices...)
	}
	return show.Copy(choices...)
}
