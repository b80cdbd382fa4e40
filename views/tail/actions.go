package tail

import (
	"context"
	"io"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// Actions implements [tui.Screen].
func (s *screen) Actions() []tui.Action {
	return append([]tui.Action{
		{ID: "tail.open", Keys: []string{"enter"}, Name: "whole", Help: "show one message in full, with its headers", Disabled: s.unopened, Run: s.open},
		{ID: "tail.pause", Keys: []string{"space"}, Name: "pause", Help: "hold still, or follow again; nothing is lost meanwhile"},
		{ID: "tail.body", Keys: []string{"b"}, Name: "body", Help: "read the bodies in another way: a guess, json, protobuf, msgpack, text, hex, base64, gzip", Run: s.nextBody},
		{ID: "tail.save", Keys: []string{"w"}, Name: "save", Help: "save what is shown, or one message, as NDJSON with the headers", Disabled: s.empty, Run: s.save},
		{ID: "tail.publish", Keys: []string{"P"}, Name: "publish", Help: "publish to the topic under the cursor", Run: s.publish, Hidden: true},
		{ID: "tail.republish", Keys: []string{"R"}, Name: "republish", Help: "publish the message under the cursor again, after a question", Disabled: s.mayNot, Confirm: s.question, Run: s.republish, Hidden: true},
		{ID: "tail.mark", Keys: []string{"m"}, Name: "mark", Help: "put a mark with the time behind the last message", Run: s.mark, Hidden: true},
		{ID: "tail.copy", Keys: []string{"y"}, Name: "copy", Help: "copy the message under the cursor", Disabled: s.none, Run: s.copy, Hidden: true},
		{ID: "tail.retry", Keys: []string{"r"}, Name: "retry", Help: "subscribe again", Disabled: s.subscribed, Run: s.retry},
		{ID: "tail.clear", Keys: []string{"C"}, Name: "clear", Help: "forget what was kept so far", Disabled: s.empty, Run: s.clear, Hidden: true},
		{ID: "tail.follow", Keys: []string{"f"}, Name: "follow", Hidden: true},
		{ID: "tail.wrap", Keys: []string{"W"}, Name: "wrap", Help: "wrap long lines", Run: s.wrap, Hidden: true},
		{ID: "tail.times", Keys: []string{"t"}, Name: "times", Help: "hide or show the times", Hidden: true},
	}, tui.Moving()...)
}

func (s *screen) unopened() string {
	if s.whole {
		return "it is shown in full already"
	}
	return s.none()
}

func (s *screen) none() string {
	switch {
	case s.empty() != "":
		return s.empty()
	case s.selected() == nil:
		return "too long ago, or a mark: there is no message any more"
	}
	return ""
}

func (s *screen) empty() string {
	if s.log == nil || s.log.Len() == 0 {
		return "there is no message"
	}
	return ""
}

func (s *screen) mayNot() string {
	if s.back.change != nil && s.back.change() != nil {
		return s.back.change().Error()
	}
	return s.none()
}

func (s *screen) subscribed() string {
	if s.problem == nil {
		return "the tail is subscribed"
	}
	return ""
}

func (s *screen) open() tea.Cmd {
	m := s.selected()
	if m == nil {
		return nil
	}
	s.whole = true
	s.detail.SetBlock(s.look.whole(m))
	return nil
}

// nextBody reads the bodies in the next way.
func (s *screen) nextBody() tea.Cmd {
	all := topics.Decodings()
	s.look.decoding = all[(slices.Index(all, s.look.decoding)+1)%len(all)]
	if m := s.selected(); s.whole && m != nil {
		s.detail.SetBlock(s.look.whole(m))
	}
	if s.filter != nil { // what it is asked about is another text now
		s.judgeAnew()
		return nil
	}
	return s.redraw()
}

// mark puts a rule behind what came so far.
func (s *screen) mark() tea.Cmd {
	s.kept.rule(safetext.Format("%s marked at %s", s.pens.Glyphs.Ellipsis, time.Now().Format("15:04:05")))
	return s.pump()
}

// publish opens the publisher on the topic under the cursor.
func (s *screen) publish() tea.Cmd {
	topic := s.topics[0]
	if m := s.selected(); m != nil {
		topic = m.Topic
	}
	return tui.Do(tui.Open{Name: "publish", With: topic})
}

func (s *screen) question() safetext.Line {
	m := s.selected()
	if m == nil {
		return safetext.Literal("Publish nothing?") // Disabled keeps this from being asked
	}
	return safetext.Format("Publish this message, %s of %s, to topic %s again? Every subscriber gets it.",
		show.Bytes(uint64(len(m.Raw))), m.Time.Local().Format("15:04:05"), m.Topic)
}

func (s *screen) republish() tea.Cmd {
	m := s.selected()
	if m == nil {
		return tui.Say(tui.Warn, safetext.Literal("the message is no longer kept"))
	}
	again := s.back.republish
	return s.scope.Cmd(func(ctx context.Context) tea.Msg { return republished{m.Topic, again(ctx, m)} })
}

func (s *screen) copy() tea.Cmd {
	m := s.selected()
	if m == nil {
		return nil
	}
	text, _ := s.look.whole(m)
	b, err := bodyOf(m, s.look.decoding)
	if err != nil {
		b.Text = m.Raw
	}
	command := func(args ...string) string {
		return show.Command(append(append([]string{"microtop"}, args...), s.back.flags...)...)
	}
	return show.Copy(
		show.Text{Key: "b", What: safetext.Literal("the body"), Text: string(b.Text)},
		show.Text{Key: "m", What: safetext.Literal("the message with its headers"), Text: text.String()},
		show.Text{Key: "t", What: safetext.Literal("the topic"), Text: m.Topic},
		show.Text{Key: "p", What: safetext.Literal("the command that publishes it"), Text: command(publishing(m)...)},
		show.Text{Key: "c", What: safetext.Literal("the command that tails"), Text: command(append([]string{"tail"}, s.topics...)...)},
	)
}

// publishing are the arguments of a command that publishes a message like m.
func publishing(m *topics.Message) []string {
	body := m.JSON
	var header []string
	for _, key := range show.SortedKeys(m.Header) {
		if own := userHeader(key); own || key == "Content-Type" && m.JSON == nil {
			header = append(header, "--metadata", key+"="+m.Header[key])
		}
	}
	if body == nil {
		body = m.Raw
	}
	return append([]string{"publish", m.Topic, string(body)}, header...)
}

func (s *screen) retry() tea.Cmd {
	s.problem = nil
	s.log.SetEmpty(safetext.CleanBlock("subscribing …"))
	return s.subscribe()
}

func (s *screen) clear() tea.Cmd {
	s.kept.clear()
	s.decided = s.kept.next
	s.gen++
	s.log.Clear()
	s.log.SetEmpty(s.waiting())
	return nil
}

func (s *screen) wrap() tea.Cmd {
	s.shown().SetWrap(!s.shown().Wrapped())
	return nil
}

// save asks what goes to a file: what is shown, or the message under the cursor.
func (s *screen) save() tea.Cmd {
	var all []*topics.Message
	for _, l := range s.log.All() {
		if r, ok := l.Item.(*record); ok {
			if m := r.message.Load(); m != nil {
				all = append(all, m)
			}
		}
	}
	to := func(list []*topics.Message) tea.Cmd {
		return show.Save(s.scope, "tail", ".ndjson", func(w io.Writer) error { return write(w, list) })
	}
	menu := tui.Menu{Title: safetext.Literal("save as NDJSON")}
	if m := s.selected(); m != nil {
		menu.Items = append(menu.Items, tui.Item{Key: "o", Label: safetext.Literal("this one"), Detail: safetext.Clean(m.Topic).Cut(30), Run: to([]*topics.Message{m})})
	}
	menu.Items = append(menu.Items, tui.Item{Key: "a", Label: safetext.Literal("all that is shown"), Detail: safetext.Clean(show.Count(len(all), "message")), Run: to(all)})
	return tui.Do(menu)
}
