package nodes

import (
	"context"
	"slices"
	"strings"
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
	*show.List[*fleet.Node]
	scope   tui.Scope
	session *introspect.Session
	source  show.Source
	target  introspect.Target // Service "" is every node
	theme   theme.Theme

	snapshot *fleet.Snapshot
	now      time.Time // ages are as of
	stale    bool      // rows are older than the snapshot
	faults   bool      // only nodes with one
	round    round
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Filterer = (*screen)(nil)
	_ tui.Typist   = (*screen)(nil)
	_ tui.Escaper  = (*screen)(nil)
	_ tui.Busy     = (*screen)(nil)
)

// Route is the screen's route. What its screens run ends with ctx at the latest.
func Route(ctx context.Context, session *introspect.Session, source show.Source, th theme.Theme) tui.Route {
	return tui.Route{
		Name: "nodes", Aliases: []string{"no"}, Help: "every node: address, state, vitals",
		New:     func(with any) (tui.Screen, error) { return New(ctx, session, source, th, with) },
		Actions: func() []tui.Action { return new(screen).actions() },
	}
}

// New makes the screen; it starts nothing before Init. with is an introspect.Target, a service's name, or nil for
// every node.
func New(ctx context.Context, session *introspect.Session, source show.Source, th theme.Theme, with any) (tui.Screen, error) {
	target, err := show.Target("nodes", with)
	if err != nil {
		return nil, err
	}
	s := &screen{scope: tui.NewScope(ctx), session: session, source: source, target: target, theme: th}
	s.List = show.NewList(show.Options[*fleet.Node]{
		Name: "nodes", Theme: th, Columns: columns(), ID: (*fleet.Node).Key, Cells: s.cells, Title: show.Node, About: s.preview,
		Labels: func(n *fleet.Node) []map[string]string { return []map[string]string{n.Metadata} },
		Stamp:  func(n *fleet.Node) uint64 { return show.Stamp(n, s.now) },
	})
	s.look()
	return s, nil
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
	switch msg := msg.(type) {
	case show.Fresh:
		s.look()
		return s.next()
	case checked:
		return s.took(msg)
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
	nodes := s.matching()
	if s.faults && len(nodes) > 0 {
		s.SetEmpty(show.AllWell("node", len(nodes)))
		nodes = slices.DeleteFunc(slices.Clone(nodes), func(n *fleet.Node) bool { return !show.Faulty(n) })
	} else {
		s.SetEmpty(s.empty())
	}
	s.Set(nodes)
}

// matching are the target's nodes.
func (s *screen) matching() []*fleet.Node {
	if s.target.Service == "" {
		return s.snapshot.Nodes()
	}
	service := s.snapshot.Service(s.target.Service)
	if service == nil {
		return nil
	}
	t := s.target
	return slices.DeleteFunc(slices.Clone(service.Nodes), func(n *fleet.Node) bool {
		return t.Version != "" && n.Version != t.Version || t.Node != "" && n.ID != t.Node && !strings.HasSuffix(n.ID, "-"+t.Node)
	})
}

func (s *screen) empty() safetext.Block {
	if s.target.Service != "" && s.snapshot.Problem == "" && !s.snapshot.Taken.IsZero() {
		return safetext.BlockOf(safetext.Format("no nodes of %s in %s: it left, or was never here", s.target, s.session.Where()), safetext.Line{},
			safetext.Literal(":nodes      shows every node"), safetext.Literal(":events     says who left and when"))
	}
	return show.Nothing(s.snapshot, s.session.Where(), "nodes")
}

// notes say what is wrong, or more of the node under the cursor.
func (s *screen) notes() []show.Note {
	n, ok := s.Item()
	if !ok {
		return nil
	}
	var notes []show.Note
	if problem := show.Stale(s.snapshot, s.now); !problem.Empty() {
		notes = append(notes, show.Alarm(s.theme.Glyphs, problem))
	}
	if n.State == fleet.Down || n.State == fleet.Suspect {
		return append(notes, show.Alarm(s.theme.Glyphs, show.Trouble(n, s.now)))
	}
	return append(notes, show.More(s.about(n)))
}

// about is what the columns left out: the whole id, and metadata that no column shows.
func (s *screen) about(n *fleet.Node) safetext.Line {
	parts := []safetext.Line{safetext.Clean(n.ID).Cut(80)}
	for _, key := range show.SortedKeys(n.Metadata) {
		if !slices.Contains([]string{"protocol", "transport", "server"}, key) {
			parts = append(parts, safetext.Clean(key+"="+n.Metadata[key]).Cut(40))
		}
	}
	return safetext.Join(" "+s.theme.Glyphs.Bullet+" ", parts...)
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line {
	title := safetext.Literal("nodes")
	if s.target.Service != "" {
		title = safetext.Format("nodes of %s", show.Narrowed(s.target))
	}
	if s.faults {
		title = safetext.Format("%s with faults", title)
	}
	return title
}

// Close implements [tui.Screen].
func (s *screen) Close() { s.scope.Close() }
