package endpoints

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// Actions implements [tui.Screen].
func (s *screen) Actions() []tui.Action {
	return slices.Concat([]tui.Action{
		{ID: "endpoints.open", Keys: []string{"enter"}, Name: "open", Help: "call the endpoint; on a message open or close it", Run: s.enter, Hidden: true},
		{ID: "endpoints.call", Keys: []string{"c"}, Name: "call", Help: "compose a call, or a stream, of the endpoint", Disabled: s.uncallable, Run: s.call},
		{ID: "endpoints.unfold", Keys: []string{"right", "l"}, Name: "messages", Help: "open what is below"},
		{ID: "endpoints.fold", Keys: []string{"left", "h"}, Name: "close", Help: "close, or go to what is above", Hidden: true},
		{ID: "endpoints.tail", Keys: []string{"t"}, Name: "tail", Help: "messages of the subscriber's topic", Disabled: s.noTopic, Run: s.tail},
		{ID: "endpoints.publish", Keys: []string{"P"}, Name: "publish", Help: "send a message to the subscriber's topic", Disabled: s.noPublish, Run: s.publish},
		{ID: "endpoints.nodes", Keys: []string{"n"}, Name: "nodes", Help: "nodes of the service", Run: s.open("nodes")},
		{ID: "endpoints.describe", Keys: []string{"d"}, Name: "describe", Help: "the registry's record", Run: s.open("describe")},
		{ID: "endpoints.copy", Keys: []string{"y"}, Name: "copy", Disabled: s.none, Run: s.copy},
		{ID: "endpoints.expand", Keys: []string{"E"}, Name: "open all", Help: "open all messages, as far as that ends", Hidden: true},
		{ID: "endpoints.collapse", Keys: []string{"C"}, Name: "close all", Hidden: true},
		{ID: "endpoints.refresh", Keys: []string{"r"}, Name: "refresh", Help: "ask the service again", Run: s.refresh, Hidden: true},
	}, show.PreviewKeys("endpoints"), tui.Moving())
}

// selected is the row under the cursor.
func (s *screen) selected() (item, bool) {
	n, ok := s.Selected()
	if !ok || s.total == 0 {
		return item{}, false
	}
	it, ok := n.Item.(item)
	return it, ok
}

func (s *screen) none() string {
	if it, ok := s.selected(); !ok || it.e == nil {
		return "no endpoint is selected"
	}
	return ""
}

// uncallable says why the endpoint cannot be called.
func (s *screen) uncallable() string {
	it, ok := s.selected()
	switch {
	case !ok || it.e == nil:
		return "no endpoint is selected"
	case !it.e.Kind.Callable():
		return fmt.Sprintf("%s listens to %s and cannot be called: t tails the topic, P publishes to it", it.e.Name, it.e.Topic)
	case s.session.ReadOnly():
		return introspect.ErrReadOnly.Error()
	}
	return ""
}

func (s *screen) noTopic() string {
	if it, ok := s.selected(); !ok || it.e == nil || it.e.Kind != schema.Subscriber || it.e.Topic == "" {
		return "only subscribers have a topic"
	}
	return ""
}

func (s *screen) noPublish() string {
	if s.session.ReadOnly() {
		return introspect.ErrReadOnly.Error()
	}
	return s.noTopic()
}

// enter calls an endpoint, and opens or closes any other row.
func (s *screen) enter() tea.Cmd {
	it, ok := s.selected()
	if !ok || it.role != endpoint {
		return s.Tree.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
	}
	if reason := s.uncallable(); reason != "" {
		return tui.Say(tui.Warn, safetext.Clean(reason))
	}
	return s.call()
}

// call opens the composer with a body to start from.
func (s *screen) call() tea.Cmd {
	it, ok := s.selected()
	if !ok || it.e == nil {
		return nil
	}
	name := "call"
	if it.e.Kind.Streams() {
		name = "stream"
	}
	return tui.Do(tui.Open{Name: name, With: s.request(it)})
}

// request is a call of the endpoint. Of several versions it is the one that was looked at.
func (s *screen) request(it item) invoke.Request {
	target := s.target
	if len(s.found) > 1 {
		target.Version = it.d.Version
	}
	return invoke.Request{Target: target, Endpoint: it.e.Name, Body: it.d.Schema.Template(it.e.Request)}
}

func (s *screen) tail() tea.Cmd {
	it, ok := s.selected()
	if !ok || it.e == nil {
		return nil
	}
	return tui.Do(tui.Open{Name: "tail", With: []string{it.e.Topic}})
}

func (s *screen) publish() tea.Cmd {
	it, ok := s.selected()
	if !ok || it.e == nil {
		return nil
	}
	return tui.Do(tui.Open{Name: "publish", With: it.e.Topic})
}

func (s *screen) open(name string) func() tea.Cmd {
	return func() tea.Cmd { return tui.Do(tui.Open{Name: name, With: s.target}) }
}

func (s *screen) refresh() tea.Cmd {
	return tea.Sequence(tui.Say(tui.Info, safetext.Format("asking %s again", show.Narrowed(s.target))), s.load())
}

func (s *screen) copy() tea.Cmd {
	it, ok := s.selected()
	if !ok || it.e == nil {
		return nil
	}
	choices := []show.Text{{Key: "n", What: safetext.Literal("the name"), Text: it.e.Name}}
	if !it.e.Kind.Callable() {
		return show.Copy(append(choices,
			show.Text{Key: "t", What: safetext.Literal("the topic"), Text: it.e.Topic},
			show.Text{Key: "c", What: safetext.Literal("the command"), Text: show.Command(append([]string{"microtop", "tail", it.e.Topic}, s.session.Flags()...)...)})...)
	}
	r := s.request(it)
	return show.Copy(append(choices,
		show.Text{Key: "j", What: safetext.Literal("a request as JSON"), Text: string(r.Body)},
		show.Text{Key: "c", What: safetext.Literal("the command"), Text: s.command(it.e, r)})...)
}

// command is the command line of a call, or of a stream.
func (s *screen) command(e *schema.Endpoint, r invoke.Request) string {
	r.Kind = e.Kind
	return collection.Line(r, s.session.Flags()...)
}
