package events

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/show"
)

type screen struct {
	*show.List[*row]
	scope   tui.Scope
	session *introspect.Session
	source  show.Source
	theme   theme.Theme
	target  introspect.Target // Service "" is all

	snapshot *fleet.Snapshot
	drawn    uint64 // events there were when rows were made
	stale    bool   // rows may be older than the timeline
	began    bool   // rows were made
	internal bool   // what happened to the framework's own services is shown
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
		Name: "events", Aliases: []string{"ev"}, Help: "who came, changed, left or flapped, and when",
		New:     func(with any) (tui.Screen, error) { return New(ctx, session, source, th, with) },
		Actions: func() []tui.Action { return new(screen).actions() },
	}
}

// New makes the screen; it starts nothing before Init. with is an introspect.Target, a service's name, or nil for all.
func New(ctx context.Context, session *introspect.Session, source show.Source, th theme.Theme, with any) (tui.Screen, error) {
	target, err := show.Target("events", with)
	if err != nil {
		return nil, err
	}
	s := &screen{scope: tui.NewScope(ctx), session: session, source: source, theme: th, target: target}
	s.List = show.NewList(show.Options[*row]{
		Name: "events", Theme: th, Columns: columns(), ID: func(r *row) string { return r.id }, Cells: s.cells, Title: func(r *row) safetext.Line { return show.Node(&r.Node) }, About: s.about,
		Stamp: func(*row) uint64 { return 1 }, // what happened stays
	})
	s.look()
	return s, nil
}

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd { return s.next() }

func (s *screen) next() tea.Cmd { return show.Next(s.scope, s.source, s.snapshot) }

func (s *screen) look() { s.snapshot, s.stale = s.source.Snapshot(), true }

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(show.Fresh); ok {
		s.look()
		return s.next()
	}
	return s.List.Update(msg)
}

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	if s.stale {
		s.stale = false
		s.rebuild()
	}
	return s.Draw(w, h, s.notes()...)
}

// rebuild makes the rows anew when something happened since.
func (s *screen) rebuild() {
	s.SetEmpty(s.empty())
	events, dropped := s.source.Events()
	n := dropped + uint64(len(events))
	if n == s.drawn && s.began {
		return
	}
	s.drawn, s.began = n, true
	var rows []*row
	for _, r := range rowsOf(events, dropped, s.theme.Glyphs.Right) {
		if s.wanted(r.Node.Service) {
			rows = append(rows, r)
		}
	}
	s.Set(rows)
}

func (s *screen) wanted(service string) bool {
	if s.target.Service != "" {
		return service == s.target.Service
	}
	return s.internal || !fleet.Internal(service)
}

func (s *screen) empty() safetext.Block {
	if s.snapshot.Problem == "" && !s.snapshot.Taken.IsZero() {
		return safetext.BlockOf(safetext.Format("nothing happened in %s since the console started", s.session.Where()), safetext.Line{},
			safetext.Literal("services that come, change, leave or stop answering are listed here"))
	}
	return show.Nothing(s.snapshot, s.session.Where(), "events")
}

// about writes the preview of an event: all that is known of it.
func (s *screen) about(sheet *pane.Sheet, r *row) {
	field := func(name, value string) { sheet.Field(safetext.Clean(name), sheet.Pens.Text, safetext.Clean(value)) }
	sheet.Field(safetext.Literal("what"), show.KindPen(sheet.Pens, r.Kind), safetext.Format("%s %s", show.Sign(s.theme.Glyphs, r.Kind), r.Kind))
	field("at", r.Time.Local().Format(time.DateTime))
	field("why", r.what)
	field("service", r.Node.Service)
	field("version", r.Node.Version)
	field("node", r.Node.ID)
	field("address", r.Node.Address)
	show.Metadata(sheet, r.Node.Metadata)
}

// notes say all of what the row may have cut.
func (s *screen) notes() []show.Note {
	r, ok := s.Item()
	if !ok {
		return nil
	}
	text := safetext.Join(" ", show.Node(&r.Node), safetext.Clean(string(r.Kind)))
	if r.what != "" {
		text = safetext.Join(": ", text, safetext.Clean(r.what))
	}
	return []show.Note{show.More(text)}
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line {
	if s.target.Service == "" {
		return safetext.Literal("events")
	}
	return safetext.Format("events of %s", show.Narrowed(s.target))
}

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
		{ID: "events.open", Keys: []string{"enter"}, Name: "nodes", Help: "the service's nodes as they are now", Disabled: s.none, Run: s.open("nodes")},
		{ID: "events.describe", Keys: []string{"d"}, Name: "describe", Help: "the service's record in the registry", Disabled: s.none, Run: s.open("describe")},
		{ID: "events.copy", Keys: []string{"y"}, Name: "copy", Disabled: s.none, Run: s.copy},
		{ID: "events.internal", Keys: []string{"I"}, Name: "internal", Help: "show or hide what happened to the framework's own services", Run: s.toggleInternal, Hidden: true},
	}, s.Keys("events")...)
}

func (s *screen) toggleInternal() tea.Cmd {
	s.internal, s.began = !s.internal, false
	s.rebuild()
	if s.internal {
		return tui.Say(tui.Info, safetext.Literal("the framework's own services are shown"))
	}
	return tui.Say(tui.Info, safetext.Literal("the framework's own services are hidden"))
}

func (s *screen) none() string {
	if _, ok := s.Item(); !ok {
		return "no event is selected"
	}
	return ""
}

// open opens another screen on the event's service.
func (s *screen) open(name string) func() tea.Cmd {
	return func() tea.Cmd {
		r, ok := s.Item()
		if !ok {
			return nil
		}
		return tui.Do(tui.Open{Name: name, With: introspect.Target{Service: r.Node.Service}})
	}
}

func (s *screen) copy() tea.Cmd {
	r, ok := s.Item()
	if !ok {
		return nil
	}
	return show.Copy(
		show.Text{Key: "r", What: safetext.Literal("the row"), Text: show.Row(s.cells(r))},
		show.Text{Key: "i", What: safetext.Literal("the node's id"), Text: r.Node.ID},
		show.Text{Key: "a", What: safetext.Literal("the address"), Text: r.Node.Address},
	)
}
