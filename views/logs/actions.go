package logs

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
)

// Actions implements [tui.Screen].
func (s *screen) Actions() []tui.Action {
	return append([]tui.Action{
		{ID: "logs.pause", Keys: []string{"space"}, Name: "pause", Help: "hold still, or follow again; nothing is lost meanwhile"},
		{ID: "logs.level", Keys: []string{"l"}, Name: "level", Help: "show all, info, warn or error and what is worse", Run: s.level},
		{ID: "logs.save", Keys: []string{"w"}, Name: "save", Help: "save what is shown as NDJSON", Disabled: s.empty, Run: s.save},
		{ID: "logs.retry", Keys: []string{"r"}, Name: "retry", Help: "ask the nodes again whose log ended", Disabled: s.allLive, Run: s.retry},
		{ID: "logs.copy", Keys: []string{"y"}, Name: "copy", Help: "copy the line under the cursor", Disabled: s.empty, Run: s.copy, Hidden: true},
		{ID: "logs.clear", Keys: []string{"C"}, Name: "clear", Help: "forget what was kept so far", Disabled: s.empty, Run: s.clear, Hidden: true},
		{ID: "logs.follow", Keys: []string{"f"}, Name: "follow", Hidden: true},
		{ID: "logs.wrap", Keys: []string{"W"}, Name: "wrap", Help: "wrap long lines", Run: s.wrap},
		{ID: "logs.times", Keys: []string{"t"}, Name: "times", Help: "hide or show the times", Hidden: true},
	}, tui.Moving()...)
}

func (s *screen) empty() string {
	if s.log == nil || s.log.Len() == 0 {
		return "there is no line"
	}
	return ""
}

func (s *screen) allLive() string {
	if s.problem == nil && !slices.Contains(s.ended, true) {
		return "every log is followed"
	}
	return ""
}

func (s *screen) retry() tea.Cmd {
	if s.problem != nil {
		s.problem, s.loaded = nil, false
		return s.find()
	}
	var cmds []tea.Cmd
	for i, ended := range s.ended {
		if ended {
			cmds = append(cmds, s.follow(i))
		}
	}
	return tea.Batch(cmds...)
}

func (s *screen) level() tea.Cmd {
	next := map[level]level{trace: info, debug: info, info: warn, warn: grave, grave: trace}
	s.least = next[s.least]
	s.rebuild()
	if s.least == trace {
		return tui.Say(tui.Info, safetext.Literal("all levels are shown"))
	}
	return tui.Say(tui.Info, safetext.Format("%s and worse are shown", s.least))
}

func (s *screen) copy() tea.Cmd {
	l, _, ok := s.log.Selected()
	r, isRecord := l.Item.(*record)
	if !ok || !isRecord {
		return nil
	}
	return tui.Do(tui.Copy{What: safetext.Literal("the line"), Text: r.Message + r.fields()})
}

func (s *screen) clear() tea.Cmd {
	s.kept = nil
	s.rebuild()
	return nil
}

func (s *screen) wrap() tea.Cmd {
	s.log.SetWrap(!s.log.Wrapped())
	return nil
}
