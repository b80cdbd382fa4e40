package services

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/show"
)

type screen struct {
	*show.List[*line]
	scope  tui.Scope
	source show.Source
	where  string
	flags  []string // with which commands connect as the console does
	theme  theme.Theme

	snapshot *fleet.Snapshot
	now      time.Time // ages are as of
	stale    bool      // rows are older than the snapshot
	internal bool      // the framework's own services are shown
	faults   bool      // only services with one
	unfolded map[string]bool
	lines    []*line // by name, before they are sorted
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
		Name: "services", Aliases: []string{"svc"}, Help: "every service: health, rates, versions",
		New:     func(any) (tui.Screen, error) { return New(ctx, session, source, th), nil },
		Actions: func() []tui.Action { return new(screen).actions() },
	}
}

// New makes the screen; it starts nothing before Init.
func New(ctx context.Context, session *introspect.Session, source show.Source, th theme.Theme) tui.Screen {
	s := &screen{scope: tui.NewScope(ctx), source: source, where: session.Where(), flags: session.Flags(), theme: th, unfolded: map[string]bool{}}
	s.List = show.NewList(show.Options[*line]{Name: "services", Theme: th, Columns: columns(), ID: (*line).id, Cells: s.cells, Stamp: s.stamp, Labels: (*line).labels, Title: (*line).title, About: s.preview})
	s.look()
	return s
}

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd { return s.next() }

func (s *screen) next() tea.Cmd { return show.Next(s.scope, s.source, s.snapshot) }

// look takes the newest snapshot; the rows follow when they are drawn.
func (s *screen) look() {
	s.snapshot, s.now, s.stale = s.source.Snapshot(), time.Now(), true
}

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
		s.rebuild()
	}
	return s.Draw(w, h, s.notes()...)
}

// rebuild makes the rows anew.
func (s *screen) rebuild() {
	s.stale = false
	s.lines = linesOf(s.snapshot, s.internal, s.unfolded, s.lines)
	shown := s.lines
	if s.faults {
		shown = slices.DeleteFunc(slices.Clone(shown), func(l *line) bool { return !slices.ContainsFunc(l.nodes, show.Faulty) })
	}
	s.Set(shown)
	s.SetEmpty(s.empty())
}

func (s *screen) empty() safetext.Block {
	if s.faults && len(s.lines) > 0 {
		return show.AllWell("service", len(s.lines))
	}
	if len(s.snapshot.Services) > 0 {
		return safetext.BlockOf(safetext.Format("no services in %s but the framework's own", s.where), safetext.Line{}, safetext.Literal("I               shows them"),
			safetext.Literal("microtop demo   starts a small shop to look at"))
	}
	return show.Nothing(s.snapshot, s.where, "services")
}

// notes say what is wrong, or more of the service under the cursor.
func (s *screen) notes() []show.Note {
	var notes []show.Note
	l, ok := s.Item()
	if problem := show.Stale(s.snapshot, s.now); ok && !problem.Empty() {
		notes = append(notes, show.Alarm(s.theme.Glyphs, problem))
	}
	if !ok {
		return notes
	}
	if n := sickest(l.nodes); n != nil {
		return append(notes, show.Alarm(s.theme.Glyphs, show.Trouble(n, s.now)))
	}
	return append(notes, show.More(s.about(l)))
}

// about says in words what the columns left out.
func (s *screen) about(l *line) safetext.Line {
	parts := []safetext.Line{
		safetext.Clean(l.service.Name).Cut(30),
		safetext.Clean(show.Count(len(l.nodes), "node")),
		safetext.Clean(show.Count(len(l.service.Endpoints), "endpoint")),
	}
	if n := len(l.service.Versions); n > 1 && l.version == "" {
		parts = append(parts, safetext.Clean(show.Count(n, "version")))
	}
	if topics := l.topics(); len(topics) > 0 {
		parts = append(parts, safetext.Format("listens to %s", show.Names(topics)))
	}
	return safetext.Join(" "+s.theme.Glyphs.Bullet+" ", parts...)
}

// sickest is the node that most needs a word.
func sickest(nodes []*fleet.Node) *fleet.Node {
	for _, state := range []fleet.State{fleet.Down, fleet.Suspect} {
		if i := slices.IndexFunc(nodes, func(n *fleet.Node) bool { return n.State == state }); i >= 0 {
			return nodes[i]
		}
	}
	return nil
}

// seen is when any of the nodes was confirmed last.
func seen(nodes []*fleet.Node) time.Time {
	var last time.Time
	for _, n := range nodes {
		if t := n.LastSeen.Time(); t.After(last) {
			last = t
		}
	}
	return last
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line {
	if s.faults {
		return safetext.Literal("services with faults")
	}
	return safetext.Literal("services")
}

// Close implements [tui.Screen].
func (s *screen) Close() { s.scope.Close() }
