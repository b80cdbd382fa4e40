package compare

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/compose"
	"github.com/microtop/microtop/views/show"
)

// kept is how much of one node's answer is kept, in bytes.
const kept = 1 << 20

// barCells is the widest bar of a time.
const barCells = 12

// call makes the call on every node.
type call func(context.Context, invoke.Request) ([]invoke.NodeResult, error)

type screen struct {
	*show.List[invoke.NodeResult]
	scope   tui.Scope
	pens    *paint.Pens
	call    call
	request invoke.Request

	cancel  context.CancelFunc // of the calls that run, else nil
	flight  int
	results []invoke.NodeResult
	slowest time.Duration
	page    *pager.Pager
	title   safetext.Line // of the page, empty while the list is shown
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Filterer = (*screen)(nil)
	_ tui.Typist   = (*screen)(nil)
	_ tui.Escaper  = (*screen)(nil)
	_ tui.Busy     = (*screen)(nil)
	_ tui.Cursorer = (*screen)(nil)
)

type (
	// landed brings what the nodes answered.
	landed struct {
		flight  int
		results []invoke.NodeResult
		err     error
	}
	// compared brings how two answers differ.
	compared struct {
		title safetext.Line
		lines []pager.Line
	}
)

// Route is the screen's route. The screen ends with ctx at the latest.
func Route(ctx context.Context, session *introspect.Session, th theme.Theme) tui.Route {
	return tui.Route{
		Name: "compare", Help: "make a call on every node and compare: compare SERVICE ENDPOINT [JSON]",
		New: func(with any) (tui.Screen, error) {
			r, err := compose.Request("compare", with)
			if err != nil {
				return nil, err
			}
			return newScreen(ctx, th, r, func(ctx context.Context, r invoke.Request) ([]invoke.NodeResult, error) {
				return invoke.EachNode(ctx, session, r)
			}), nil
		},
		Actions: func() []tui.Action { return new(screen).listActions() },
	}
}

func newScreen(ctx context.Context, th theme.Theme, r invoke.Request, c call) *screen {
	s := &screen{scope: tui.NewScope(ctx), pens: paint.NewPens(th), call: c, request: r, page: pager.New(pager.Options{Theme: th})}
	s.List = show.NewList(show.Options[invoke.NodeResult]{
		Name: "compare", Theme: th, ID: func(n invoke.NodeResult) string { return n.Version + " " + n.Node }, Cells: s.cells, About: about,
		Columns: []table.Column{
			{Title: "NODE", Min: 10, Max: 40, Flex: 1},
			{Title: "VERSION", Min: 7, Max: 20},
			{Title: "STATUS", Min: 12, Max: 34, Whole: 24, Style: show.Style(statusPen)},
			{Title: "TOOK", Min: 7, Right: true, Number: show.By(func(n invoke.NodeResult) float64 { return float64(n.Duration) })},
			{Title: "", Min: barCells, Priority: 2, Style: show.Dim},
			{Title: "SIZE", Min: 6, Right: true, Priority: 1, Number: show.By(func(n invoke.NodeResult) float64 { return float64(n.Size) })},
			{Title: "ANSWER", Min: 22, Max: 120, Flex: 3, Style: show.Style(answerPen)},
		},
	})
	s.SetEmpty(safetext.CleanBlock("calling every node …; esc cancels"))
	return s
}

// about writes the preview of an answer: its body, or what went wrong.
func about(sheet *pane.Sheet, n invoke.NodeResult) {
	if n.Err != nil {
		sheet.Text(sheet.Pens.Bad, safetext.Clean(show.Failure(n.Err)))
		return
	}
	body, _ := show.Body(n.Body)
	sheet.Block(sheet.Pens.Text, body)
}

func statusPen(p *paint.Pens, n invoke.NodeResult) paint.Pen {
	if n.Err != nil {
		return p.Bad
	}
	return p.Good
}

func answerPen(p *paint.Pens, n invoke.NodeResult) paint.Pen {
	switch {
	case n.Err != nil:
		return p.Bad
	case !n.Same:
		return p.Warn
	}
	return p.Text
}

func (s *screen) cells(n invoke.NodeResult) []safetext.Line {
	g := s.pens.Glyphs
	sign, size, said := g.Check, show.Bytes(uint64(n.Size)), safetext.Literal("as the first") //nolint:gosec // not negative
	switch {
	case n.Err != nil:
		sign, size, said = g.Cross, show.Unknown, safetext.Clean(show.Failure(n.Err))
	case !n.Same:
		said = safetext.Join(" ", safetext.Clean(g.Warning), safetext.Literal("differs:"), show.BodyLine(n.Body))
	case s.first() == n.Node:
		said = show.BodyLine(n.Body)
	}
	return []safetext.Line{
		safetext.Clean(show.ShortID(&fleet.Node{Service: s.request.Service, ID: n.Node})), safetext.Clean(n.Version),
		safetext.Format("%s %s", sign, show.Status(n.Code())), safetext.Clean(show.Duration(n.Duration)), s.bar(n.Duration), safetext.Clean(size), said,
	}
}

// bar is a time beside the longest of them.
func (s *screen) bar(d time.Duration) safetext.Line {
	if s.slowest <= 0 {
		return safetext.Line{}
	}
	n := int(barCells * d / s.slowest)
	return safetext.Clean(strings.Repeat(s.pens.Glyphs.Bar[len(s.pens.Glyphs.Bar)-1], max(n, 1)))
}

// first is the node whose answer the others are compared with.
func (s *screen) first() string {
	for _, n := range s.results {
		if n.Err == nil {
			return n.Node
		}
	}
	return ""
}

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd { return s.send() }

func (s *screen) send() tea.Cmd {
	ctx, cancel := context.WithCancel(s.scope.Context())
	s.flight++
	s.cancel = cancel
	flight, call, r := s.flight, s.call, s.request
	return s.scope.Cmd(func(context.Context) tea.Msg {
		defer cancel()
		results, err := call(ctx, r)
		for _, n := range results {
			if len(n.Body) > kept {
				n.Body = append([]byte(nil), n.Body[:kept]...)
			}
		}
		return landed{flight, results, err}
	})
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line {
	return safetext.Format("%s %s on every node", s.request.Target, s.request.Endpoint)
}

// Close implements [tui.Screen].
func (s *screen) Close() { s.scope.Close() }

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case landed:
		return s.onLanded(msg)
	case compared:
		s.title = msg.title
		s.page.Clear()
		s.page.SetFollow(false)
		s.page.Append(msg.lines...)
		s.page.Update(tea.KeyPressMsg{Code: 'g', Text: "g"})
		return nil
	}
	if s.paging() {
		return s.page.Update(msg)
	}
	return s.List.Update(msg)
}

func (s *screen) onLanded(msg landed) tea.Cmd {
	if msg.flight != s.flight || s.cancel == nil {
		return nil
	}
	s.cancel()
	s.cancel = nil
	if msg.err != nil {
		s.SetEmpty(safetext.BlockOf(append([]safetext.Line{safetext.Literal("nothing was sent"), {}}, safetext.CleanBlock(msg.err.Error()).Lines()...)...))
		return tui.Fail(msg.err)
	}
	s.results, s.slowest = msg.results, invoke.Slowest(msg.results)
	s.Set(msg.results)
	return nil
}

// verdict is the outcome of all in a line.
func (s *screen) verdict() safetext.Line {
	failed, differ := 0, 0
	for _, n := range s.results {
		switch {
		case n.Err != nil:
			failed++
		case !n.Same:
			differ++
		}
	}
	return safetext.Clean(fmt.Sprintf("%s: %d failed, %d differ, the slowest took %s", show.Count(len(s.results), "node"), failed, differ, show.Duration(s.slowest)))
}

func (s *screen) paging() bool { return !s.title.Empty() }

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	switch {
	case s.paging():
		s.page.SetSize(w, h-1)
		return pane.Stack(pane.Rule(s.pens, w, s.title, safetext.Literal("esc goes back"), true), s.page.View())
	case s.cancel != nil && len(s.results) > 0:
		return s.Draw(w, h, show.Quiet(safetext.Literal("calling every node again …; esc cancels")))
	case len(s.results) == 0:
		return s.Draw(w, h)
	}
	notes := []show.Note{show.Quiet(s.verdict())}
	if n, ok := s.Item(); ok && n.Err != nil {
		notes = append(notes, show.Alarm(s.pens.Glyphs, safetext.Clean(show.Failure(n.Err))))
	}
	return s.Draw(w, h, notes...)
}

// Actions implements [tui.Screen].
func (s *screen) Actions() []tui.Action {
	switch {
	case s.paging():
		return append([]tui.Action{{ID: "compare.wrap", Keys: []string{"w"}, Name: "wrap", Help: "wrap long lines"}}, tui.Moving()...)
	case s.Modal():
		return show.Picking()
	}
	return s.listActions()
}

func (s *screen) listActions() []tui.Action {
	return append([]tui.Action{
		{ID: "compare.open", Keys: []string{"enter"}, Name: "answer", Help: "what the node answered", Disabled: s.none, Run: s.open},
		{ID: "compare.diff", Keys: []string{"="}, Name: "diff", Help: "how the answer differs from the first node's", Disabled: s.none, Run: s.diff},
		{ID: "compare.again", Keys: []string{"."}, Name: "repeat", Help: "call every node again", Disabled: s.busy, Run: s.send},
		{ID: "compare.cancel", Keys: []string{"ctrl+x"}, Name: "cancel", Help: "stop waiting; esc and ctrl+c do too", Disabled: s.idle, Run: func() tea.Cmd { s.Cancel(); return nil }, Hidden: true},
	}, s.Keys("compare")...)
}

func (s *screen) none() string {
	if _, ok := s.Item(); !ok {
		return "no node is selected"
	}
	return ""
}

func (s *screen) busy() string {
	if s.cancel != nil {
		return "the calls are on their way"
	}
	return ""
}

func (s *screen) idle() string {
	if s.cancel == nil {
		return "nothing is on its way"
	}
	return ""
}

func (s *screen) open() tea.Cmd {
	n, _ := s.Item()
	s.title = safetext.Join("  ", safetext.Clean(n.Node), safetext.Clean(show.Status(n.Code())))
	if n.Err != nil {
		s.page.SetBlock(safetext.CleanBlock(show.Failure(n.Err)), pager.Text)
		return nil
	}
	s.page.SetBlock(show.Body(n.Body))
	return nil
}

func (s *screen) diff() tea.Cmd {
	to, _ := s.Item()
	var from invoke.NodeResult
	for _, n := range s.results {
		if n.Node == s.first() {
			from = n
			break
		}
	}
	if from.Result == nil || to.Err != nil {
		return tui.Say(tui.Warn, safetext.Literal("there are no two answers to compare"))
	}
	return s.scope.Cmd(func(context.Context) tea.Msg {
		lines, same := show.Diff(from.Body, to.Body)
		if same {
			lines = []pager.Line{{Text: safetext.Literal("the two are the same")}}
		}
		return compared{safetext.Format("- %s  + %s", from.Node, to.Node), lines}
	})
}

// Busy implements [tui.Busy].
func (s *screen) Busy() bool { return s.cancel != nil }

// Cancel implements [tui.Busy].
func (s *screen) Cancel() bool {
	if s.cancel == nil {
		return false
	}
	s.cancel()
	s.cancel = nil
	s.SetEmpty(safetext.BlockOf(safetext.Literal("cancelled"), safetext.Line{}, safetext.Literal("the nodes may have done what was asked; . calls them again")))
	return true
}

// Escape implements [tui.Escaper].
func (s *screen) Escape() bool {
	switch {
	case s.Cancel():
	case !s.paging():
		return s.List.Escape()
	case s.page.Escapes():
		s.page.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	default:
		s.title = safetext.Line{}
	}
	return true
}

// Cursor implements [tui.Cursorer].
func (s *screen) Cursor() (x, y int, ok bool) {
	if s.paging() {
		x, y, ok = s.page.Cursor()
		return x, y + 1, ok
	}
	return s.List.Cursor()
}

// Typing implements [tui.Typist].
func (s *screen) Typing() bool { return !s.paging() && s.List.Typing() }

// SetFilter implements [tui.Filterer]: it filters the nodes, or searches the answer.
func (s *screen) SetFilter(text string) error {
	if s.paging() {
		return s.page.SetSearch(text)
	}
	return s.List.SetFilter(text)
}

// Filter implements [tui.Filterer].
func (s *screen) Filter() tui.Filter {
	if s.paging() {
		return tui.Filter{Text: safetext.Clean(s.page.Search())}
	}
	return s.List.Filter()
}
