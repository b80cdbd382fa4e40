package logs

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/vitals"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/match"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/show"
)

const (
	// keptRecords is how many records are kept, of all nodes together.
	keptRecords = 10_000
	// queued is how many wait for the screen; when there are more the oldest go, counted.
	queued = 4096
	// history is how many of its last records a node is asked for.
	history = 200
	// settling is how long after the start records are put in order of time.
	settling = 2 * time.Second
)

// node is where a log comes from.
type node struct {
	service, id string
	follow      func(ctx context.Context, count int64, yield func(at time.Time, metadata map[string]string, message string) bool) error
}

// event is something that came: a record, or that a node's log ended.
type event struct {
	record *record
	node   int // whose log ended
	err    error
}

type screen struct {
	scope tui.Scope
	pens  *paint.Pens
	nodes func(context.Context) ([]node, error)
	about safetext.Line
	feed  *tui.Feed[event]

	list    []node
	labels  map[string]safetext.Line // by service and id
	pad     int
	ended   []bool
	last    []time.Time
	problem error
	loaded  bool
	settled time.Time
	dropped uint64

	kept   []*record
	least  level
	filter *match.Matcher
	expr   string
	log    *pager.Pager
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Filterer = (*screen)(nil)
	_ tui.Cursorer = (*screen)(nil)
)

// found brings the nodes.
type found struct {
	nodes []node
	err   error
}

// Route is the screen's route. The screen ends with ctx at the latest.
func Route(ctx context.Context, session *introspect.Session, th theme.Theme) tui.Route {
	return tui.Route{
		Name: "logs", Aliases: []string{"lo"}, Help: "the logs of nodes as one: logs SERVICE",
		New:     func(with any) (tui.Screen, error) { return New(ctx, session, th, with) },
		Actions: func() []tui.Action { return new(screen).Actions() },
	}
}

// New makes the screen; it starts nothing before Init. with are nodes, or a service.
func New(ctx context.Context, session *introspect.Session, th theme.Theme, with any) (tui.Screen, error) {
	chosen, err := show.Choose("logs", with)
	if err != nil {
		return nil, err
	}
	return newScreen(ctx, th, safetext.Clean(chosen.String()), func(ctx context.Context) ([]node, error) {
		nodes, err := chosen.Nodes(ctx, session)
		var list []node
		for _, n := range nodes {
			list = append(list, node{n.Service, n.Id, func(ctx context.Context, count int64, yield func(time.Time, map[string]string, string) bool) error {
				return vitals.Logs(ctx, session, n, count, true, func(r *vitals.Record) bool {
					return yield(time.Unix(r.GetTimestamp(), 0), r.GetMetadata(), r.GetMessage())
				})
			}})
		}
		return list, err
	}), nil
}

func newScreen(ctx context.Context, th theme.Theme, about safetext.Line, nodes func(context.Context) ([]node, error)) *screen {
	s := &screen{scope: tui.NewScope(ctx), pens: paint.NewPens(th), nodes: nodes, about: about, feed: tui.NewFeed[event](queued)}
	s.log = pager.New(pager.Options{Theme: th, Capacity: keptRecords, Status: true, Empty: safetext.CleanBlock("asking the nodes for their logs …")})
	return s
}

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd {
	return tea.Batch(s.feed.Next(s.scope.Context()), s.find())
}

func (s *screen) find() tea.Cmd {
	nodes := s.nodes
	return s.scope.Cmd(func(ctx context.Context) tea.Msg {
		list, err := nodes(ctx)
		return found{list, err}
	})
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line { return safetext.Format("logs of %s", s.about) }

// Close implements [tui.Screen].
func (s *screen) Close() { s.scope.Close() }

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case found:
		return s.onFound(msg)
	case tui.Batch[event]:
		s.dropped = msg.Dropped
		s.onEvents(msg.Items)
		return s.feed.Next(s.scope.Context())
	case tea.MouseMsg:
		if inner, ok := (pane.Area{Y: 1, W: 1 << 16, H: 1 << 16}).In(msg); ok {
			s.log.Update(inner)
		}
		return nil
	}
	s.log.Update(msg)
	return nil
}

func (s *screen) onFound(msg found) tea.Cmd {
	s.loaded, s.problem = true, msg.err
	if msg.err != nil {
		s.log.SetEmpty(safetext.BlockOf(append(safetext.CleanBlock(msg.err.Error()).Lines(), safetext.Line{}, safetext.Literal("r tries again"))...))
		return nil
	}
	s.list, s.settled = msg.nodes, time.Now().Add(settling)
	s.ended, s.last = make([]bool, len(s.list)), make([]time.Time, len(s.list))
	s.label()
	s.log.SetEmpty(s.nothing())
	var cmds []tea.Cmd
	for i := range s.list {
		cmds = append(cmds, s.follow(i))
	}
	return tea.Batch(cmds...)
}

func (s *screen) nothing() safetext.Block {
	if s.filter != nil || s.least > trace {
		return safetext.CleanBlock("nothing kept passes the filter")
	}
	return safetext.CleanBlock("nothing came from the nodes yet")
}

// label gives each node a short name: without the service where there is only one.
func (s *screen) label() {
	one := true
	for _, n := range s.list {
		one = one && n.service == s.list[0].service
	}
	s.labels, s.pad = map[string]safetext.Line{}, 0
	for _, n := range s.list {
		name := strings.TrimPrefix(n.id, n.service+"-")
		if len(name) == 36 {
			name = name[:8] // of a UUID
		}
		label := safetext.Clean(name).Cut(16)
		if !one {
			label = safetext.Join(" ", safetext.Clean(n.service).Cut(20), label)
		}
		s.labels[n.service+"\x00"+n.id] = label
		s.pad = max(s.pad, label.Width())
	}
}

// follow reads node i's log into the feed until it ends. After an earlier end only what is
// new is taken.
func (s *screen) follow(i int) tea.Cmd {
	n, since, feed := s.list[i], s.last[i], s.feed
	s.ended[i] = false
	return s.scope.Cmd(func(ctx context.Context) tea.Msg {
		err := n.follow(ctx, history, func(at time.Time, metadata map[string]string, message string) bool {
			if !at.Before(since) {
				feed.Push(event{record: newRecord(n.service, n.id, at, metadata, message)})
			}
			return ctx.Err() == nil
		})
		feed.Push(event{node: i, err: err})
		return nil
	})
}

func (s *screen) onEvents(events []event) {
	before := len(s.kept)
	for _, e := range events {
		if e.record == nil {
			e.record = s.end(e)
		} else if i := slices.IndexFunc(s.list, func(n node) bool { return n.id == e.record.Node && n.service == e.record.Service }); i >= 0 {
			s.last[i] = e.record.Time
		}
		s.kept = append(s.kept, e.record)
	}
	fresh := s.kept[before:]
	byTime := func(a, b *record) int { return a.Time.Compare(b.Time) }
	slices.SortStableFunc(fresh, byTime)
	// At first the last records of several nodes come in any order. Later on clocks that
	// differ must not move what is being read.
	if time.Now().Before(s.settled) && before > 0 && len(fresh) > 0 && byTime(fresh[0], s.kept[before-1]) < 0 {
		slices.SortStableFunc(s.kept, byTime)
		s.trim()
		s.rebuild()
		return
	}
	for _, r := range fresh {
		s.show(r)
	}
	s.trim()
}

// trim lets go of the oldest records.
func (s *screen) trim() {
	if n := len(s.kept) - keptRecords; n > 0 {
		clear(s.kept[:n])
		s.kept = s.kept[n:]
	}
}

// end notes that a node tells no more, and returns the remark about it.
func (s *screen) end(e event) *record {
	n := s.list[e.node]
	s.ended[e.node] = true
	text := "its log has ended; r asks again"
	if e.err != nil {
		text = show.Failure(e.err) + "; r asks again"
	}
	return &record{Time: time.Now(), Service: n.service, Node: n.id, Message: s.pens.Glyphs.Warning + " " + text, level: warn, note: true}
}

func (s *screen) show(r *record) {
	if r.level < s.least && !r.note {
		return
	}
	l := r.line(s.labels[r.Service+"\x00"+r.Node], s.pad)
	if s.filter.Match(l.Prefix.String() + " " + l.Text.String()) {
		s.log.Append(l)
	}
}

// rebuild shows what the filter and the level let through.
func (s *screen) rebuild() {
	follow := s.log.Following()
	s.log.Clear()
	for _, r := range s.kept {
		s.show(r)
	}
	s.log.SetFollow(follow)
	s.log.SetEmpty(s.nothing())
}

// SetFilter implements [tui.Filterer].
func (s *screen) SetFilter(text string) error {
	m, err := match.Parse(text)
	if err != nil {
		return err
	}
	s.filter, s.expr = m, text
	if text == "" {
		s.filter = nil
	}
	s.rebuild()
	return nil
}

// Filter implements [tui.Filterer].
func (s *screen) Filter() tui.Filter {
	return tui.Filter{Text: safetext.Clean(s.expr), Shown: s.log.Len(), Total: len(s.kept)}
}

// Cursor implements [tui.Cursorer].
func (s *screen) Cursor() (x, y int, ok bool) { return 0, 1, true }

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	s.log.SetSize(w, h-1)
	return pane.Stack(pane.Rule(s.pens, w, safetext.Literal("log"), s.status(), true), s.log.View())
}

func (s *screen) status() safetext.Line {
	switch {
	case s.problem != nil:
		return safetext.Clean(s.pens.Glyphs.Cross + " no nodes")
	case !s.loaded:
		return safetext.Literal("looking up the nodes")
	}
	live := 0
	for _, ended := range s.ended {
		if !ended {
			live++
		}
	}
	sign := s.pens.Glyphs.Full
	if live < len(s.list) {
		sign = s.pens.Glyphs.Warning
	}
	parts := []safetext.Line{safetext.Format("%s %d of %s", sign, live, show.Count(len(s.list), "node"))}
	if s.least > trace {
		parts = append(parts, safetext.Format("%s and worse", s.least))
	}
	if s.dropped > 0 {
		parts = append(parts, safetext.Format("not shown %d", s.dropped))
	}
	return safetext.Join("  ", parts...)
}

func (s *screen) save() tea.Cmd {
	var records []*record
	for _, l := range s.log.All() {
		if r, ok := l.Item.(*record); ok {
			records = append(records, r)
		}
	}
	return show.Save(s.scope, "logs", ".ndjson", func(w io.Writer) error { return write(w, records) })
}
