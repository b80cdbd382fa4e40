package history

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/history"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/show"
)

// book is where calls are kept; *history.Store is one.
type book interface {
	List() ([]history.Record, error)
	Remove(ids ...string) error
}

var _ book = (*history.Store)(nil)

type screen struct {
	*show.List[history.Record]
	scope tui.Scope
	pens  *paint.Pens
	book  book
	flags []string // where a copied command connects to
	now   time.Time
	page  *pager.Pager  // what one call was, or how two differ
	title safetext.Line // of the page, empty while the list is shown
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Filterer = (*screen)(nil)
	_ tui.Typist   = (*screen)(nil)
	_ tui.Escaper  = (*screen)(nil)
	_ tui.Cursorer = (*screen)(nil)
)

type (
	// listed brings the calls.
	listed struct {
		records []history.Record
		err     error
	}
	// compared brings how two differ.
	compared struct {
		title safetext.Line
		lines []pager.Line
	}
)

// Route is the screen's route. The screen ends with ctx at the latest. Copied commands carry flags, which say where to
// connect to.
func Route(ctx context.Context, store *history.Store, flags []string, th theme.Theme) tui.Route {
	return tui.Route{
		Name: "history", Aliases: []string{"hist", "calls"}, Help: "the calls that were made: open, repeat, compare",
		New:     func(any) (tui.Screen, error) { return newScreen(ctx, th, store, flags), nil },
		Actions: func() []tui.Action { return new(screen).listActions() },
	}
}

func newScreen(ctx context.Context, th theme.Theme, b book, flags []string) *screen {
	s := &screen{scope: tui.NewScope(ctx), pens: paint.NewPens(th), book: b, flags: flags, now: time.Now()}
	s.page = pager.New(pager.Options{Theme: th})
	s.List = show.NewList(show.Options[history.Record]{
		Name: "history", Theme: th, ID: func(r history.Record) string { return r.ID }, Cells: s.cells, Title: title, About: s.about,
		Columns: []table.Column{
			{Title: "AGE", Min: 5, Right: true, Style: show.Dim, Number: show.By(func(r history.Record) float64 { return -float64(r.Time.UnixNano()) })},
			{Title: "SERVICE", Min: 8, Max: 36, Whole: 20, Flex: 1},
			{Title: "ENDPOINT", Min: 20, Max: 44, Flex: 2},
			{Title: "OUTCOME", Min: 14, Max: 40, Whole: 22, Flex: 2, Style: show.Style(outcomePen)},
			{Title: "TOOK", Min: 7, Right: true, Priority: 1, Number: show.By(func(r history.Record) float64 { return r.DurationMs })},
			{Title: "SIZE", Min: 6, Right: true, Priority: 2, Number: show.By(func(r history.Record) float64 { return float64(r.Size) })},
			{Title: "NODE", Min: 14, Max: 40, Flex: 1, Priority: 3, Style: show.Dim},
			{Title: "WHEN", Min: 14, Priority: 4, Style: show.Dim},
		},
	})
	s.SetEmpty(safetext.CleanBlock("reading the history …"))
	return s
}

func outcomePen(p *paint.Pens, r history.Record) paint.Pen {
	if good(r) {
		return p.Good
	}
	return p.Bad
}

func good(r history.Record) bool { return r.Error == "" }

// outcome is how a call ended: a sign, its status, and for a failure why.
func (s *screen) outcome(r history.Record) safetext.Line {
	g := s.pens.Glyphs
	switch {
	case r.Stream && good(r):
		return safetext.Format("%s sent %d, received %d", g.Check, r.Sent, r.Received)
	case good(r):
		return safetext.Format("%s %s", g.Check, show.Status(r.Status))
	case r.Status != 0:
		return safetext.Format("%s %s", g.Cross, show.Status(r.Status))
	}
	return safetext.Format("%s %s", g.Cross, r.Error)
}

func (s *screen) cells(r history.Record) []safetext.Line {
	size := show.Unknown
	if r.Status == 200 {
		size = show.Bytes(uint64(r.Size)) //nolint:gosec // not negative
	}
	took := show.Unknown
	if r.DurationMs > 0 {
		took = show.Duration(time.Duration(r.DurationMs * float64(time.Millisecond)))
	}
	return []safetext.Line{
		safetext.Clean(show.Since(s.now, r.Time)), safetext.Clean(target(r)), safetext.Clean(r.Endpoint), s.outcome(r),
		safetext.Clean(took), safetext.Clean(size), safetext.Clean(r.AnsweredBy), safetext.Clean(r.Time.Local().Format("01-02 15:04:05")),
	}
}

func title(r history.Record) safetext.Line {
	return safetext.Join("  ", safetext.Clean(target(r)), safetext.Clean(r.Endpoint))
}

// about writes the preview of a call.
func (s *screen) about(sheet *pane.Sheet, r history.Record) {
	pen := sheet.Pens.Good
	if !good(r) {
		pen = sheet.Pens.Bad
	}
	for i, line := range s.written(r) {
		if i > 0 {
			pen = sheet.Pens.Text
		}
		sheet.Text(pen, line)
	}
}

func target(r history.Record) string { return r.Again().String() }

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd { return s.read() }

func (s *screen) read() tea.Cmd {
	b := s.book
	return s.scope.Cmd(func(context.Context) tea.Msg {
		records, err := b.List()
		return listed{records, err}
	})
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line { return safetext.Literal("history") }

// Close implements [tui.Screen].
func (s *screen) Close() { s.scope.Close() }

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case listed:
		return s.onListed(msg)
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

func (s *screen) onListed(msg listed) tea.Cmd {
	s.now = time.Now()
	s.Set(msg.records)
	s.SetEmpty(safetext.BlockOf(safetext.Literal("no calls yet"), safetext.Line{},
		safetext.Literal("c on an endpoint composes one; what you send from the console is kept here, without its secrets")))
	if msg.err != nil {
		s.SetEmpty(safetext.BlockOf(safetext.Literal("the history cannot be read"), safetext.Clean(msg.err.Error()), safetext.Line{}, safetext.Literal("r tries again")))
		return tui.Fail(msg.err)
	}
	return nil
}

// paging tells whether a page is shown instead of the list.
func (s *screen) paging() bool { return !s.title.Empty() }

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	if s.paging() {
		s.page.SetSize(w, h-1)
		return pane.Stack(pane.Rule(s.pens, w, s.title, safetext.Literal("esc goes back"), true), s.page.View())
	}
	r, ok := s.Item()
	if !ok {
		return s.Draw(w, h)
	}
	body := show.BodyLine(r.Request)
	if r.Cut && r.Request == nil {
		body = safetext.Literal("the request was too long, or no JSON: it is not kept")
	}
	notes := []show.Note{show.More(body)}
	if !good(r) {
		notes = append(notes, show.Alarm(s.pens.Glyphs, safetext.Clean(r.Error)))
	}
	if r.Redacted {
		notes = append(notes, show.Alarm(s.pens.Glyphs, safetext.Literal("secrets were left out: fill them in before it is sent again")))
	}
	return s.Draw(w, h, notes...)
}

// Cursor implements [tui.Cursorer].
func (s *screen) Cursor() (x, y int, ok bool) {
	if s.paging() {
		x, y, ok = s.page.Cursor()
		return x, y + 1, ok
	}
	return s.List.Cursor()
}

// Escape implements [tui.Escaper].
func (s *screen) Escape() bool {
	switch {
	case !s.paging():
		return s.List.Escape()
	case s.page.Escapes():
		s.page.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	default:
		s.title = safetext.Line{}
	}
	return true
}

// Typing implements [tui.Typist].
func (s *screen) Typing() bool { return !s.paging() && s.List.Typing() }

// SetFilter implements [tui.Filterer]: it filters the list, or searches the page.
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
