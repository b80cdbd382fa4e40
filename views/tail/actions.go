package tail

import (
	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// Actions implements [tui.Screen].
func (s *screen) Actions() []tui.Action {
	return append([]tui.Action{
		{ID: "tail.open", Keys: []string{"enter"}, Name: "whole", Help: "show one message in full, with its headers", Disabled: s.none, Run: s.open},
		{ID: "tail.pause", Keys: []string{"space"}, Name: "pause", Help: "hold still, or follow again; nothing is lost meanwhile"},
		{ID: "tail.save", Keys: []string{"w"}, Name: "save", Help: "save what is shown as NDJSON", Disabled: s.empty, Run: s.save},
		{ID: "tail.publish", Keys: []string{"P"}, Name: "publish", Help: "publish to the topic under the cursor", Run: s.publish},
		{ID: "tail.copy", Keys: []string{"y"}, Name: "copy", Help: "copy the message under the cursor", Disabled: s.none, Run: s.copy, Hidden: true},
		{ID: "tail.retry", Keys: []string{"r"}, Name: "retry", Help: "subscribe again", Disabled: s.subscribed, Run: s.retry},
		{ID: "tail.clear", Keys: []string{"C"}, Name: "clear", Help: "forget what was kept so far", Disabled: s.empty, Run: s.clear, Hidden: true},
		{ID: "tail.follow", Keys: []string{"f"}, Name: "follow", Hidden: true},
		{ID: "tail.wrap", Keys: []string{"W"}, Name: "wrap", Help: "wrap long lines", Run: s.wrap, Hidden: true},
		{ID: "tail.times", Keys: []string{"t"}, Name: "times", Help: "hide or show the times", Hidden: true},
	}, tui.Moving()...)
}

func (s *screen) none() string {
	switch {
	case s.empty() != "":
		return s.empty()
	case s.whole:
		return "it is shown in full already"
	case s.selected() == nil:
		return "too long ago: only the line is kept"
	}
	return ""
}

func (s *screen) empty() string {
	if s.log == nil || s.log.Len() == 0 {
		return "there is no message"
	}
	return ""
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
	s.detail.SetBlock(whole(m))
	return nil
}

// publish opens the publisher on the topic under the cursor.
func (s *screen) publish() tea.Cmd {
	topic := s.topics[0]
	if m := s.selected(); m != nil {
		topic = m.Topic
	}
	return tui.Do(tui.Open{Name: "publish", With: topic})
}

func (s *screen) copy() tea.Cmd {
	m := s.selected()
	if m == nil {
		return nil
	}
	text, _ := whole(m)
	return show.Copy(
		show.Text{Key: "b", What: safetext.Literal("the body"), Text: string(shown(m))},
		show.Text{Key: "m", What: safetext.Literal("the message with its headers"), Text: text.String()},
		show.Text{Key: "t", What: safetext.Literal("the topic"), Text: m.Topic},
		show.Text{Key: "c", What: safetext.Literal("the command line"), Text: show.Command(append([]string{"microtop", "tail"}, s.topics...)...)},
	)
}

func (s *screen) retry() tea.Cmd {
	s.problem = nil
	s.log.SetEmpty(safetext.CleanBlock("subscribing …"))
	return s.subscribe()
}

func (s *screen) clear() tea.Cmd {
	s.kept.records, s.kept.bytes = nil, 0
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
