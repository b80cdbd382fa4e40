package contexts

import (
	"cmp"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/contexts"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// Actions implements [tui.Screen].
func (s *screen) Actions() []tui.Action {
	switch {
	case s.paging():
		return append([]tui.Action{
			{ID: "contexts.next", Keys: []string{"n"}, Name: "next match", Hidden: true},
			{ID: "contexts.previous", Keys: []string{"N"}, Name: "match before", Hidden: true},
		}, tui.Moving()...)
	case s.Modal():
		return show.Picking()
	}
	return s.listActions()
}

func (s *screen) listActions() []tui.Action {
	return append([]tui.Action{
		{ID: "contexts.switch", Keys: []string{"enter"}, Name: "switch", Help: "connect to the context in the place of this one", Disabled: s.cannotSwitch, Run: s.enter},
		{ID: "contexts.describe", Keys: []string{"d"}, Name: "describe", Help: "all that the file says of it", Disabled: s.none, Run: s.describe},
		{ID: "contexts.edit", Keys: []string{"e"}, Name: "edit", Help: "open the file in your editor", Run: s.edit},
		{ID: "contexts.default", Keys: []string{"u"}, Name: "use", Help: "use it by default from now on, in commands too", Disabled: s.none, Run: s.use},
		{ID: "contexts.copy", Keys: []string{"y"}, Name: "copy", Help: "copy the name, the command line or what the file says", Disabled: s.none, Run: s.copy},
		{ID: "contexts.remove", Keys: []string{"X"}, Name: "remove", Help: "take it out of the file", Disabled: s.cannotRemove, Confirm: s.askRemove, Run: s.remove, Hidden: true},
		{ID: "contexts.refresh", Keys: []string{"r"}, Name: "refresh", Help: "read the file again", Run: s.again, Hidden: true},
	}, s.Keys("contexts")...)
}

func (s *screen) none() string {
	if _, ok := s.Item(); !ok {
		return "no context is selected"
	}
	return ""
}

func (s *screen) cannotSwitch() string {
	if c, ok := s.Item(); ok && c.Name == contexts.None && s.targets.Active() == "" {
		return "this is what the console shows"
	}
	return s.none()
}

func (s *screen) cannotRemove() string {
	if c, ok := s.Item(); ok && c.Name == contexts.None {
		return "none is no context of the file"
	}
	return s.none()
}

func (s *screen) enter() tea.Cmd {
	c, _ := s.Item()
	return s.swap(c.Name)
}

func (s *screen) describe() tea.Cmd {
	c, _ := s.Item()
	s.title = safetext.Clean(c.Name)
	block, _ := show.Body([]byte(show.JSON(c)))
	s.page.SetBlock(block, pager.JSON)
	return nil
}

func (s *screen) use() tea.Cmd {
	c, _ := s.Item()
	file := s.targets.File()
	said := tui.Did{Level: tui.Good, Text: safetext.Format("%s is used by default from now on", c.Name), Command: show.Command("microtop", "context", "use", c.Name)}
	if c.Name == contexts.None {
		said.Text = safetext.Literal("no context is used by default from now on")
	}
	return s.after(said, func() error { return file.Use(c.Name) })
}

func (s *screen) copy() tea.Cmd {
	c, _ := s.Item()
	return show.Copy(
		show.Text{Key: "n", What: safetext.Literal("the name"), Text: c.Name},
		show.Text{Key: "c", What: safetext.Literal("the command"), Text: show.Command("microtop", "--context", c.Name)},
		show.Text{Key: "j", What: safetext.Literal("all of it"), Text: show.JSON(c)},
	)
}

func (s *screen) askRemove() safetext.Line {
	c, _ := s.Item()
	return safetext.Format("Remove context %s from %s?", c.Name, s.targets.File().Path())
}

func (s *screen) remove() tea.Cmd {
	c, _ := s.Item()
	file := s.targets.File()
	said := tui.Did{Level: tui.Good, Text: safetext.Format("context %s was removed", c.Name), Command: show.Command("microtop", "context", "remove", c.Name)}
	return s.after(said, func() error { return file.Remove(c.Name) })
}

// edit opens the file's text. What comes back is written only if it can be read; else it is kept for the next edit.
func (s *screen) edit() tea.Cmd {
	file := s.targets.File()
	return tui.Do(tui.Edit{Text: cmp.Or(s.draft, s.text, contexts.Example), Ext: ".yaml", Done: func(changed string, err error) tea.Cmd {
		if err != nil {
			return tui.Fail(err)
		}
		if _, err := contexts.Parse([]byte(changed)); err != nil {
			s.draft = changed
			return tui.Say(tui.Bad, safetext.Format("not written: %v; e opens it again", err))
		}
		if s.draft = ""; changed == s.text {
			return tui.Say(tui.Info, safetext.Literal("nothing was changed"))
		}
		return s.after(tui.Did{Level: tui.Good, Text: safetext.Format("wrote %s", file.Path())}, func() error { return file.Replace(changed) })
	}})
}
