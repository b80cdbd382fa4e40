package endpoints

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/tui/tree"
	"github.com/microtop/microtop/views/show"
)

type screen struct {
	*tree.Tree
	scope   tui.Scope
	session *introspect.Session
	target  introspect.Target
	theme   theme.Theme
	pens    *paint.Pens
	preview *pane.Preview
	ask     func(context.Context, introspect.Target) ([]*invoke.Description, error)

	found   []*invoke.Description
	total   int   // endpoints
	err     error // why there are none
	loading bool
	loads   int // that were started; an answer to an older one is dropped
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Filterer = (*screen)(nil)
	_ tui.Escaper  = (*screen)(nil)

	_ tui.Rememberer = (*screen)(nil)
)

// Route is the screen's route. What its screens run ends with ctx at the latest.
func Route(ctx context.Context, session *introspect.Session, th theme.Theme) tui.Route {
	return tui.Route{
		Name: "endpoints", Aliases: []string{"ep"}, Help: "what a service answers, with its messages",
		New:     func(with any) (tui.Screen, error) { return New(ctx, session, th, with) },
		Actions: func() []tui.Action { return new(screen).Actions() },
	}
}

// New makes the screen; it asks the registry and the nodes from Init on. with is an introspect.Target or a service's
// name.
func New(ctx context.Context, session *introspect.Session, th theme.Theme, with any) (tui.Screen, error) {
	target, err := show.Needed("endpoints", with)
	if err != nil {
		return nil, err
	}
	t := tree.New(tree.Options{Theme: th, Title: "ENDPOINT", Style: labelPen, Columns: []tree.Column{
		{Title: "KIND", Max: 40, Style: typePen}, {Title: "MESSAGES"}, {Title: "SCHEMA", Max: 8, Whole: true, Style: dimPen},
	}})
	ask := func(ctx context.Context, t introspect.Target) ([]*invoke.Description, error) {
		return invoke.Load(ctx, session, t)
	}
	return &screen{Tree: t, scope: tui.NewScope(ctx), session: session, target: target, theme: th, pens: paint.NewPens(th), preview: pane.NewPreview(th), ask: ask}, nil
}

// loaded is what the target understands, or why that is not known.
type loaded struct {
	load  int
	found []*invoke.Description
	err   error
}

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd { return s.load() }

func (s *screen) load() tea.Cmd {
	s.loads++
	s.loading = true
	load, ask, target := s.loads, s.ask, s.target
	return s.scope.Cmd(func(ctx context.Context) tea.Msg {
		found, err := ask(ctx, target)
		return loaded{load, found, err}
	})
}

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	l, ok := msg.(loaded)
	switch {
	case !ok && s.preview.Update(msg):
		if s.preview.Cramped() && s.total > 0 {
			return tui.Say(tui.Warn, safetext.Literal("there is no room for the preview: it needs a taller terminal"))
		}
		return nil
	case !ok:
		return s.Tree.Update(msg)
	case l.load != s.loads:
		return nil
	}
	s.loading, s.err = false, l.err
	if l.err != nil {
		if len(s.found) > 0 {
			return tui.Fail(fmt.Errorf("what is shown is old: %w", l.err))
		}
		return nil
	}
	s.preview.Refresh()
	first := s.found == nil
	s.found, s.total = l.found, 0
	roots := rootsOf(l.found, s.theme.Glyphs)
	s.SetRoots(roots)
	for _, d := range l.found {
		s.total += len(d.Schema.Endpoints)
	}
	if first && len(l.found) > 1 {
		s.unfold(roots)
	}
	return nil
}

// unfold opens each version and puts the cursor on the first endpoint: what one came for.
func (s *screen) unfold(versions []tree.Node) {
	for _, v := range slices.Backward(versions) {
		if list := v.Children(); len(list) > 0 {
			s.Select(v.ID, list[0].ID) // which opens the version
		}
	}
}

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	if s.total == 0 {
		return show.Instead(s.theme, w, s.nothing())
	}
	it, ok := s.selected()
	list := pane.Area{W: w, H: h}
	if ok {
		list, _ = s.preview.Layout(w, h)
	}
	notes := s.notes(ok && s.preview.Shown())
	if list.H < 8 {
		notes = nil
	}
	drawn := ""
	if list.W > 0 {
		s.SetSize(list.W, list.H-len(notes))
		drawn = s.Tree.View() + show.Below(s.pens, list.W, notes...)
	}
	if !ok {
		return drawn
	}
	return s.preview.Draw(drawn, it.of(), it.title(), func(sheet *pane.Sheet) { s.about(sheet, it) })
}

// Cursor implements [tui.Cursorer].
func (s *screen) Cursor() (x, y int, ok bool) {
	x, y, ok = s.Tree.Cursor()
	return x, y, ok && !s.preview.Hides()
}

// nothing says why there are no endpoints.
func (s *screen) nothing() safetext.Block {
	again := safetext.Literal("r                 tries again")
	switch {
	case s.loading:
		return safetext.BlockOf(safetext.Format("asking %s what it understands …", show.Narrowed(s.target)))
	case s.err != nil:
		return safetext.BlockOf(safetext.Clean(s.err.Error()), safetext.Line{}, again, safetext.Literal("microtop doctor   says what is wrong"))
	}
	return safetext.BlockOf(safetext.Format("%s shows no endpoints", show.Narrowed(s.target)), safetext.Literal("a service of another framework may register without any"), safetext.Line{}, again)
}

// notes say where the schema is from if it is not whole, and more of the row under the cursor unless a preview does.
func (s *screen) notes(previewed bool) []show.Note {
	n, ok := s.Selected()
	if !ok {
		return nil
	}
	var notes []show.Note
	it, _ := n.Item.(item)
	if it.d != nil && it.d.Problem != "" {
		notes = append(notes, show.Alarm(s.theme.Glyphs, safetext.Format("schema from the registry, at most three levels: %s", it.d.Problem)))
	}
	more := it.more
	if reason := s.uncallable(); it.role == endpoint && reason != "" {
		more = safetext.Clean(reason)
	}
	if previewed && it.role <= endpoint {
		return notes
	}
	return append(notes, show.Quiet(more))
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line {
	return safetext.Format("endpoints of %s", show.Narrowed(s.target))
}

// Close implements [tui.Screen].
func (s *screen) Close() { s.scope.Close() }

// SetFilter implements [tui.Filterer].
func (s *screen) SetFilter(text string) error { return s.Tree.SetFilter(text) }

// Filter implements [tui.Filterer]. With a filter rows of messages count too, so that no total is told.
func (s *screen) Filter() tui.Filter {
	f := tui.Filter{Text: safetext.Clean(s.Tree.Filter())}
	if f.Text.Empty() {
		f.Total = s.total
	}
	return f
}

// Escape implements [tui.Escaper].
func (s *screen) Escape() bool {
	if !s.Escapes() {
		return false
	}
	s.Tree.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	return true
}
