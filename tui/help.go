package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/safetext"
)

// openHelp lists what works here; enter does it.
func (s *Shell) openHelp() tea.Cmd {
	var items []Item
	for _, a := range s.actions() {
		if !a.enabled() {
			continue
		}
		key := strings.Join(a.Keys, " ")
		if key == "" {
			key = ":" + a.command()
		}
		item := Item{Key: key, Label: safetext.Clean(a.help())}
		if a.Run != nil {
			item.Run = Do(chosen{a.ID})
		}
		items = append(items, item)
	}
	s.show(s.topID(), newPicker(safetext.Literal("help"), items, safetext.Literal("no keys work here")))
	return nil
}

// openPalette lists screens, actions and what the program adds.
func (s *Shell) openPalette() tea.Cmd {
	var items []Item
	for _, a := range s.actions() {
		if _, screen := s.routes.find(a.command()); a.Run != nil && a.enabled() && !screen {
			items = append(items, Item{Label: safetext.Clean(a.help()), Detail: safetext.Clean(strings.Join(a.Keys, " ")), Run: Do(chosen{a.ID})})
		}
	}
	for _, r := range s.routes {
		items = append(items, Item{Label: safetext.Clean(":" + r.Name), Detail: safetext.Clean(r.Help), Run: Do(Open{Name: r.Name})})
	}
	if s.cfg.Palette != nil {
		items = append(items, s.cfg.Palette()...)
	}
	s.show(s.topID(), newPicker(safetext.Literal("palette"), items, safetext.Literal("nothing to do")))
	return nil
}

// chosen runs an action picked from a list.
type chosen struct{ id string }

func (s *Shell) choose(c chosen) tea.Cmd {
	for _, a := range s.actions() {
		if a.ID == c.id && a.enabled() && a.Run != nil {
			return s.run(a)
		}
	}
	return nil
}
