package services

import (
	"slices"

	tea "charm.land/bubbletea/v2"

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
	faults := tui.Action{ID: "services.faults", Keys: []string{"F"}, Name: "faults", Help: "only services with a node down, suspect or failing, or all again", Run: s.toggleFaults} // after the preview
	return append([]tui.Action{
		{ID: "services.open", Keys: []string{"enter"}, Name: "open", Help: "endpoints of the service", Disabled: s.none, Run: s.open("endpoints")},
		{ID: "services.nodes", Keys: []string{"n"}, Name: "nodes", Help: "nodes of the service", Disabled: s.none, Run: s.open("nodes")},
		{ID: "services.call", Keys: []string{"c"}, Name: "call", Help: "pick an endpoint and call it", Disabled: s.none, Run: s.open("endpoints")},
		{ID: "services.tail", Keys: []string{"t"}, Name: "tail", Help: "messages of the topics it listens to", Disabled: s.noTopics, Run: func() tea.Cmd { return show.Tail(s.topics()) }},
		{ID: "services.observe", Keys: []string{"o"}, Name: "observe", Help: "profile or logs of its nodes, or of the marked services'", Disabled: s.none, Run: func() tea.Cmd { return show.Observe(s.nodes()) }},
		{ID: "services.describe", Keys: []string{"d"}, Name: "describe", Help: "the registry's record", Disabled: s.none, Run: s.open("describe")},
		{ID: "services.unfold", Keys: []string{"right"}, Name: "unfold", Help: "show each version", Disabled: s.folded(true), Run: s.fold(true), Hidden: true},
		{ID: "services.fold", Keys: []string{"left"}, Name: "fold", Help: "show versions as one", Disabled: s.folded(false), Run: s.fold(false), Hidden: true},
		{ID: "services.copy", Keys: []string{"y"}, Name: "copy", Disabled: s.none, Run: s.copy, Hidden: true},
		{ID: "services.internal", Keys: []string{"I"}, Name: "internal", Help: "show or hide the framework's own services", Run: s.toggleInternal, Hidden: true},
		{ID: "services.refresh", Keys: []string{"r"}, Name: "refresh", Help: "read the registry again now", Run: s.refresh, Hidden: true},
	}, slices.Insert(s.Keys("services"), 1, faults)...)
}

func (s *screen) none() string {
	if _, ok := s.Item(); !ok {
		return "no service is selected"
	}
	return ""
}

func (s *screen) noTopics() string {
	if reason := s.none(); reason != "" {
		return reason
	}
	if len(s.topics()) == 0 {
		return "the service listens to no topic; :topics lists them all"
	}
	return ""
}

// open opens another screen on the service under the cursor.
func (s *screen) open(name string) func() tea.Cmd {
	return func() tea.Cmd {
		l, ok := s.Item()
		if !ok {
			return nil
		}
		return tui.Do(tui.Open{Name: name, With: l.target()})
	}
}

func (s *screen) topics() []string {
	var out []string
	for _, l := range s.Items() {
		out = append(out, l.topics()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// nodes are those of the targets, each once, though a service and its version may both be marked.
func (s *screen) nodes() []*fleet.Node {
	var out []*fleet.Node
	have := map[*fleet.Node]bool{}
	for _, l := range s.Items() {
		for _, n := range l.nodes {
			if !have[n] {
				have[n], out = true, append(out, n)
			}
		}
	}
	return out
}

// folded says why there is nothing to unfold, or to fold.
func (s *screen) folded(unfold bool) func() string {
	return func() string {
		l, ok := s.Item()
		switch {
		case !ok:
			return "no service is selected"
		case len(l.service.Versions) < 2:
			return "the service has one version"
		case s.unfolded[l.service.Name] == unfold && unfold:
			return "its versions are shown"
		case !s.unfolded[l.service.Name] && !unfold:
			return "its versions are folded"
		}
		return ""
	}
}

func (s *screen) fold(unfold bool) func() tea.Cmd {
	return func() tea.Cmd {
		l, ok := s.Item()
		if !ok {
			return nil
		}
		s.unfolded[l.service.Name] = unfold
		s.rebuild()
		if !unfold {
			s.Select(newLine(l.service, "", nil).id())
		}
		return nil
	}
}

func (s *screen) toggleInternal() tea.Cmd {
	s.internal = !s.internal
	s.rebuild()
	if s.internal {
		return tui.Say(tui.Info, safetext.Literal("the framework's own services are shown"))
	}
	return tui.Say(tui.Info, safetext.Literal("the framework's own services are hidden"))
}

func (s *screen) toggleFaults() tea.Cmd {
	s.faults = !s.faults
	s.rebuild()
	return nil
}

func (s *screen) refresh() tea.Cmd {
	s.source.Relist()
	return tui.Say(tui.Info, safetext.Format("reading %s again", s.where))
}

func (s *screen) copy() tea.Cmd {
	l, ok := s.Item()
	if !ok {
		return nil
	}
	name := l.service.Name
	return show.Copy(
		show.Text{Key: "n", What: safetext.Literal("the name"), Text: name},
		show.Text{Key: "r", What: safetext.Literal("the row"), Text: show.Row(s.cells(l))},
		show.Text{Key: "j", What: safetext.Literal("the nodes as JSON"), Text: show.JSON(show.Records(l.nodes))},
		show.Text{Key: "c", What: safetext.Literal("the command"), Text: show.Command(append([]string{"microtop", "describe", name}, s.flags...)...)},
	)
}
