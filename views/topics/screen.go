package topics

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/show"
)

type screen struct {
	*show.List[*topic]
	scope    tui.Scope
	session  *introspect.Session
	source   show.Source
	newMeter func() meter
	theme    theme.Theme
	snapshot *fleet.Snapshot
	stale    bool // rows are older than the snapshot, or what was measured

	meter meter // nil while nothing is measured
	stop  context.CancelFunc
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Filterer = (*screen)(nil)
	_ tui.Typist   = (*screen)(nil)
	_ tui.Escaper  = (*screen)(nil)
)

// Route is the screen's route. What its screens run ends with ctx at the latest.
func Route(ctx context.Context, session *introspect.Session, source show.Source, th theme.Theme) tui.Route {
	return tui.Route{
		Name: "topics", Aliases: []string{"to"}, Help: "topics and who listens to them",
		New:     func(any) (tui.Screen, error) { return New(ctx, session, source, th), nil },
		Actions: func() []tui.Action { return new(screen).actions() },
	}
}

// New makes the screen; it starts nothing before Init.
func New(ctx context.Context, session *introspect.Session, source show.Source, th theme.Theme) tui.Screen {
	return newScreen(ctx, session, source, th, func() meter { return topics.NewMeter(session) })
}

func newScreen(ctx context.Context, session *introspect.Session, source show.Source, th theme.Theme, newMeter func() meter) *screen {
	s := &screen{scope: tui.NewScope(ctx), session: session, source: source, theme: th, newMeter: newMeter}
	s.List = show.NewList(show.Options[*topic]{Name: "topics", Theme: th, Columns: columns(), ID: func(t *topic) string { return t.Name }, Cells: s.cells})
	s.look()
	return s
}

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd { return s.next() }

func (s *screen) next() tea.Cmd { return show.Next(s.scope, s.source, s.snapshot) }

func (s *screen) look() { s.snapshot, s.stale = s.source.Snapshot(), true }

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case show.Fresh:
		s.look()
		return s.next()
	case measured:
		return s.onMeasured(msg)
	}
	return s.List.Update(msg)
}

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	if s.stale {
		s.stale = false
		s.Set(s.known())
		s.SetEmpty(s.empty())
	}
	return s.Draw(w, h, s.notes()...)
}

// known are the topics of the snapshot. Where the broker shows no subscriptions, each node that is there counts as one.
func (s *screen) known() []*topic {
	var out []*topic
	found := topics.FromSnapshot(s.snapshot)
	rates := s.rates(found)
	for _, t := range found {
		row := &topic{Topic: t, nodes: t.Nodes}
		if r, ok := rates[t.Name]; ok {
			row.rate = &r
		}
		if t.Nodes <= 0 {
			row.nodes = 0
			for _, name := range t.Subscribers {
				if service := s.snapshot.Service(name); service != nil {
					row.nodes += len(service.Nodes) - service.Count(fleet.Down)
				}
			}
		}
		out = append(out, row)
	}
	return out
}

func (s *screen) empty() safetext.Block {
	if s.snapshot.Problem == "" && len(s.snapshot.Services) > 0 {
		return safetext.BlockOf(safetext.Format("no topics: no service in %s has a subscriber", s.session.Where()), safetext.Line{},
			safetext.Literal(":tail TOPIC      listens to a topic all the same"), safetext.Literal(":publish TOPIC   sends a message to it"))
	}
	return show.Nothing(s.snapshot, s.session.Where(), "topics")
}

// notes say who listens, where the columns have no room for it, and what measuring does.
func (s *screen) notes() []show.Note {
	t, ok := s.Item()
	if !ok {
		return nil
	}
	name := safetext.Clean(t.Name).Cut(30)
	text := safetext.Format("%s: %s listen", name, show.Names(t.Subscribers))
	switch len(t.Subscribers) {
	case 0:
		text = safetext.Format("%s: %s of the broker", name, show.Count(t.nodes, "subscription"))
	case 1:
		text = safetext.Format("%s: %s listens", name, show.Names(t.Subscribers))
	}
	return append([]show.Note{show.More(text)}, s.measureNotes(t)...)
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line { return safetext.Literal("topics") }

// Close implements [tui.Screen].
func (s *screen) Close() { s.scope.Close() }

// Actions implements [tui.Screen]. While the table asks for a column it takes every key.
func (s *screen) Actions() []tui.Action {
	if s.Modal() {
		return show.Picking()
	}
	return s.actions()
}

func (s *screen) actions() []tui.Action {
	return append([]tui.Action{
		{ID: "topics.tail", Keys: []string{"enter", "t"}, Name: "tail", Help: "messages of the topic, or of the marked ones", Disabled: s.none, Run: s.tail},
		{ID: "topics.publish", Keys: []string{"P"}, Name: "publish", Help: "send a message to the topic", Disabled: s.mayPublish, Run: s.publish},
		{ID: "topics.measure", Keys: []string{"m"}, Name: "measure", Help: "count what is published to the topics by listening to them, or stop that", Disabled: s.mayMeasure, Run: s.measure},
		{ID: "topics.nodes", Keys: []string{"n"}, Name: "nodes", Help: "nodes of the service that listens", Disabled: s.none, Run: s.nodes},
		{ID: "topics.copy", Keys: []string{"y"}, Name: "copy", Disabled: s.none, Run: s.copy, Hidden: true},
		{ID: "topics.refresh", Keys: []string{"r"}, Name: "refresh", Help: "read the registry again now", Run: s.refresh, Hidden: true},
	}, s.Keys("topics")...)
}

func (s *screen) none() string {
	if _, ok := s.Item(); !ok {
		return "no topic is selected"
	}
	return ""
}

func (s *screen) mayPublish() string {
	if s.session.ReadOnly() {
		return introspect.ErrReadOnly.Error()
	}
	return s.none()
}

func (s *screen) tail() tea.Cmd {
	var names []string
	for _, t := range s.Items() {
		names = append(names, t.Name)
	}
	return tui.Do(tui.Open{Name: "tail", With: names})
}

func (s *screen) publish() tea.Cmd {
	t, ok := s.Item()
	if !ok {
		return nil
	}
	return tui.Do(tui.Open{Name: "publish", With: t.Name})
}

// nodes opens the nodes of the subscriber; of several it asks which.
func (s *screen) nodes() tea.Cmd {
	t, ok := s.Item()
	switch {
	case !ok:
		return nil
	case len(t.Subscribers) == 0:
		return tui.Say(tui.Info, safetext.Literal("no service says that it listens to this topic"))
	case len(t.Subscribers) == 1:
		return tui.Do(tui.Open{Name: "nodes", With: introspect.Target{Service: t.Subscribers[0]}})
	}
	menu := tui.Menu{Title: safetext.Literal("nodes of")}
	for _, name := range slices.Compact(t.Subscribers) {
		menu.Items = append(menu.Items, tui.Item{Label: safetext.Clean(name).Cut(80), Run: tui.Do(tui.Open{Name: "nodes", With: introspect.Target{Service: name}})})
	}
	return tui.Do(menu)
}

func (s *screen) copy() tea.Cmd {
	t, ok := s.Item()
	if !ok {
		return nil
	}
	command := func(args ...string) string {
		return show.Command(append(append([]string{"microtop"}, args...), s.session.Flags()...)...)
	}
	return show.Copy(
		show.Text{Key: "n", What: safetext.Literal("the name"), Text: t.Name},
		show.Text{Key: "r", What: safetext.Literal("the row"), Text: show.Row(s.cells(t))},
		show.Text{Key: "c", What: safetext.Literal("the command that tails it"), Text: command("tail", t.Name)},
		show.Text{Key: "p", What: safetext.Literal("the command that publishes"), Text: command("publish", t.Name, "{}")},
	)
}

func (s *screen) refresh() tea.Cmd {
	s.source.Relist()
	return tui.Say(tui.Info, safetext.Format("reading %s again", s.session.Where()))
}
