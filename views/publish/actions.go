package publish

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/secret"
	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// Actions implements [tui.Screen].
func (s *screen) Actions() []tui.Action {
	turn := func() tea.Cmd { s.focus(!s.options); return nil }
	if s.form != nil && s.form.Editing() {
		turn = nil // tab goes to the next field
	}
	return []tui.Action{
		{ID: "publish.send", Keys: []string{"ctrl+s"}, Name: "publish", Help: "publish the message, after a question", Disabled: s.cannot, Confirm: s.question, Run: s.send},
		{ID: "publish.options", Keys: []string{"tab", "shift+tab"}, Name: "options", Help: "headers, count, interval, template and file; and back to the message", Run: turn},
		{ID: "publish.cancel", Keys: []string{"ctrl+x"}, Name: "cancel", Help: "stop publishing", Disabled: s.idle, Run: func() tea.Cmd { s.Cancel(); return nil }},
		{ID: "publish.topic", Keys: []string{"ctrl+t"}, Name: "topic", Help: "choose another topic", Run: s.ask, Hidden: true},
		{ID: "publish.skeleton", Keys: []string{"ctrl+n"}, Name: "skeleton", Help: "start with every field that the subscribers take", Disabled: s.noSkeleton, Run: func() tea.Cmd { return s.body.Put(s.skeleton) }},
		{ID: "publish.edit", Keys: []string{"ctrl+e"}, Name: "editor", Help: "edit the message in $EDITOR", Run: func() tea.Cmd { return s.body.External() }, Hidden: true},
		{ID: "publish.tidy", Keys: []string{"ctrl+g"}, Name: "tidy", Help: "indent the message", Run: func() tea.Cmd { return s.body.Tidy() }, Hidden: true},
		{ID: "publish.copy", Keys: []string{"ctrl+y"}, Name: "copy", Help: "copy the command line that publishes the same", Run: s.copy, Hidden: true},
	}
}

func (s *screen) noSkeleton() string {
	switch {
	case s.skeleton == "":
		return "no subscriber tells what it takes"
	case strings.TrimSpace(s.text()) != "":
		return "there is a message already"
	}
	return ""
}

func (s *screen) cannot() string {
	switch {
	case s.back.change != nil && s.back.change() != nil:
		return s.back.change().Error()
	case s.topic == "":
		return "no topic is chosen: ctrl+t"
	case s.cancel != nil:
		return "the last message is on its way"
	}
	if _, err := s.fields.batch(s.topic); err != nil {
		return err.Error()
	}
	return ""
}

func (s *screen) idle() string {
	if s.cancel == nil {
		return "nothing is on its way"
	}
	return ""
}

func (s *screen) question() safetext.Line {
	b, _ := s.fields.batch(s.topic) // it was asked whether it can be sent
	what := safetext.Clean(show.Bytes(uint64(len(s.text()))))
	switch path := s.fields.text[file]; {
	case path != "" && b.Count > 1:
		what = safetext.Format("the lines of %s, %d times,", path, b.Count)
	case path != "":
		what = safetext.Format("the lines of %s", path)
	case b.Count > 1:
		what = safetext.Format("%d messages of %s", b.Count, what)
	}
	return safetext.Format("Publish %s to topic %s? Every subscriber gets it.", what, s.topic)
}

// copy copies the command that publishes the same.
func (s *screen) copy() tea.Cmd {
	return tui.Do(tui.Copy{What: safetext.Literal("the command line"), Text: s.command(s.text())})
}

// again is the command that publishes b with this body again, but for its secrets; "" where they cannot be found, or
// where it would be refused without them.
func (s *screen) again(b topics.Batch, body string) string {
	if _, found := secret.Metadata(b.Header); found {
		return ""
	}
	shown, _, ok := secret.JSON([]byte(body))
	if !ok && body != "" && s.fields.text[file] == "" {
		return ""
	}
	return s.command(string(shown))
}

func (s *screen) command(body string) string {
	return show.Command(slices.Concat([]string{"microtop"}, s.fields.command(s.topic, body), s.back.flags)...)
}
