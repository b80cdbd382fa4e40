package nodes

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// Actions implements [tui.Screen]. While the table asks for a column it takes every key.
func (s *screen) Actions() []tui.Action {
	if s.Modal() {
		return show.Picking()
	}
	return s.actions()
}

func (s *screen) actions() []tui.Action {
	faults := tui.Action{ID: "nodes.faults", Keys: []string{"F"}, Name: "faults", Help: "only nodes that are down, suspect or failing, or all again", Run: s.toggleFaults} // after the preview
	return append([]tui.Action{
		{ID: "nodes.open", Keys: []string{"enter"}, Name: "open", Help: "endpoints, calls go to this node", Disabled: s.none, Run: s.open("endpoints")},
		{ID: "nodes.call", Keys: []string{"c"}, Name: "call", Help: "pick an endpoint and call it on this node", Disabled: s.none, Run: s.open("endpoints")},
		{ID: "nodes.health", Keys: []string{"h"}, Name: "health", Help: "ask the node, or the marked ones, for its health now", Disabled: s.none, Run: s.check},
		{ID: "nodes.observe", Keys: []string{"o"}, Name: "observe", Help: "profile or logs of the node, or of the marked ones", Disabled: s.none, Run: func() tea.Cmd { return show.Observe(s.Items()) }},
		{ID: "nodes.describe", Keys: []string{"d"}, Name: "describe", Help: "the registry's record", Disabled: s.none, Run: s.open("describe")},
		{ID: "nodes.copy", Keys: []string{"y"}, Name: "copy", Disabled: s.none, Run: s.copy},
		{ID: "nodes.refresh", Keys: []string{"r"}, Name: "refresh", Help: "read the registry again now", Run: s.refresh, Hidden: true},
	}, slices.Insert(s.Keys("nodes"), 1, faults)...)
}

func (s *screen) none() string {
	if _, ok := s.Item(); !ok {
		return "no node is selected"
	}
	return ""
}

// open opens another screen on the node under the cursor.
func (s *screen) open(name string) func() tea.Cmd {
	return func() tea.Cmd {
		n, ok := s.Item()
		if !ok {
			return nil
		}
		return tui.Do(tui.Open{Name: name, With: introspect.Target{Service: n.Service, Version: n.Version, Node: n.ID}})
	}
}

func (s *screen) toggleFaults() tea.Cmd {
	s.faults = !s.faults
	s.rebuild()
	return nil
}

func (s *screen) refresh() tea.Cmd {
	s.source.Relist()
	return tui.Say(tui.Info, safetext.Format("reading %s again", s.session.Where()))
}

func (s *screen) copy() tea.Cmd {
	n, ok := s.Item()
	if !ok {
		return nil
	}
	return show.Copy(
		show.Text{Key: "i", What: safetext.Literal("the id"), Text: n.ID},
		show.Text{Key: "a", What: safetext.Literal("the address"), Text: n.Address},
		show.Text{Key: "r", What: safetext.Literal("the row"), Text: show.Row(s.cells(n))},
		show.Text{Key: "j", What: safetext.Literal("the node as JSON"), Text: show.JSON(show.Records([]*fleet.Node{n})[0])},
		show.Text{Key: "c", What: safetext.Literal("the command"), Text: show.Command(append([]string{"microtop", "health", n.Service, "--node", n.ID}, s.session.Flags()...)...)},
	)
}
