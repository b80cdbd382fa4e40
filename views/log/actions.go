package log

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// Actions implements [tui.Screen].
func (s *screen) Actions() []tui.Action {
	switch {
	case s.paging:
		return append([]tui.Action{
			{ID: "log.wrap", Keys: []string{"w"}, Name: "wrap", Help: "wrap long lines"},
			{ID: "log.next", Keys: []string{"n"}, Name: "next match", Hidden: true},
			{ID: "log.previous", Keys: []string{"N"}, Name: "match before", Hidden: true},
		}, tui.Moving()...)
	case s.Modal():
		return show.Picking()
	}
	return s.listActions()
}

func (s *screen) listActions() []tui.Action {
	return append([]tui.Action{
		{ID: "log.open", Keys: []string{"enter", "d"}, Name: "open", Help: "all of the line", Disabled: s.none, Run: s.open},
		{ID: "log.copy", Keys: []string{"y"}, Name: "copy", Help: "copy the command line or the text", Disabled: s.none, Run: s.copy},
	}, s.Keys("log")...)
}

func (s *screen) none() string {
	if _, ok := s.Item(); !ok {
		return "no line is selected"
	}
	return ""
}

func (s *screen) open() tea.Cmd {
	r, _ := s.Item()
	lines := []safetext.Line{safetext.Format("%s  %s %s", r.Time.Local().Format(time.DateTime), s.sign(r.Level), r.Text)}
	if r.Command != "" {
		lines = append(append(lines, safetext.Line{}), safetext.CleanBlock(r.Command).Lines()...)
	}
	s.page.SetBlock(safetext.BlockOf(lines...), pager.Text)
	s.page.SetWrap(true)
	s.paging = true
	return nil
}

func (s *screen) copy() tea.Cmd {
	r, _ := s.Item()
	text := show.Text{Key: "t", What: safetext.Literal("the text"), Text: r.Text.String()}
	if r.Command == "" {
		return show.Copy(text)
	}
	return show.Copy(show.Text{Key: "c", What: safetext.Literal("the command line"), Text: r.Command}, text)
}
