package log

import (
	"context"
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/show"
)

// row is an entry in its place of the journal.
type row struct {
	tui.Entry
	id string // its number since the start
}

type screen struct {
	*show.List[*row]
	scope   tui.Scope
	theme   theme.Theme
	journal *tui.Journal
	seen    uint64 // entries there were when the rows were made
	dropped uint64
	page    *pager.Pager // an entry, whole
	paging  bool
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Filterer = (*screen)(nil)
	_ tui.Typist   = (*screen)(nil)
	_ tui.Escaper  = (*screen)(nil)
	_ tui.Cursorer = (*screen)(nil)
)

// more says that there are entries that are not shown yet.
type more struct{}

// Route is the screen's route. The screen ends with ctx at the latest.
func Route(ctx context.Context, journal *tui.Journal, th theme.Theme) tui.Route {
	return tui.Route{
		Name: "log", Help: "what the console did and said, with the command lines that do the same",
		New:     func(any) (tui.Screen, error) { return newScreen(ctx, journal, th), nil },
		Actions: func() []tui.Action { return new(screen).listActions() },
	}
}

func newScreen(ctx context.Context, journal *tui.Journal, th theme.Theme) *screen {
	s := &screen{scope: tui.NewScope(ctx), theme: th, journal: journal, page: pager.New(pager.Options{Theme: th})}
	s.List = show.NewList(show.Options[*row]{
		Theme: th, ID: func(r *row) string { return r.id }, Cells: s.cells,
		Stamp: func(*row) uint64 { return 1 }, // what was done stays
		Columns: []table.Column{
			{Title: "TIME", Min: 8, Max: 8, Style: show.Dim, Number: show.By(func(r *row) float64 { return float64(r.Time.UnixNano()) })},
			{Title: "", Min: 1, Max: 1, Style: show.Style(levelPen)},
			{Title: "WHAT", Min: 24, Max: 64, Whole: 40, Flex: 1, Style: show.Style(levelPen)},
			{Title: "COMMAND", Min: 20, Flex: 2, Priority: 1, Style: show.Dim},
		},
	})
	s.SetEmpty(safetext.BlockOf(safetext.Literal("nothing was done yet"), safetext.Line{}, safetext.Literal("what you do, and what the console says, is listed here with the command line that does the same")))
	s.look()
	return s
}

func levelPen(p *paint.Pens, r *row) paint.Pen {
	switch r.Level {
	case tui.Good:
		return p.Good
	case tui.Warn:
		return p.Warn
	case tui.Bad:
		return p.Bad
	case tui.Info:
	}
	return p.Text
}

// sign says what the colour says.
func (s *screen) sign(l tui.Level) string {
	switch g := s.theme.Glyphs; l {
	case tui.Good:
		return g.Check
	case tui.Warn:
		return g.Warning
	case tui.Bad:
		return g.Cross
	case tui.Info:
	}
	return s.theme.Glyphs.Bullet
}

func (s *screen) cells(r *row) []safetext.Line {
	return []safetext.Line{safetext.Clean(r.Time.Local().Format(time.TimeOnly)), safetext.Clean(s.sign(r.Level)), r.Text, safetext.Clean(r.Command)}
}

// look makes the rows, the newest first.
func (s *screen) look() {
	s.seen, _ = s.journal.Since()
	entries, dropped := s.journal.Entries()
	s.dropped = dropped
	rows := make([]*row, 0, len(entries))
	for i, e := range slices.Backward(entries) {
		rows = append(rows, &row{e, strconv.FormatUint(dropped+uint64(i), 10)}) //nolint:gosec // not negative
	}
	s.Set(rows)
}

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd { return s.next() }

// next waits for entries that are not shown yet.
func (s *screen) next() tea.Cmd {
	seen, journal := s.seen, s.journal
	return s.scope.Cmd(func(ctx context.Context) tea.Msg {
		for {
			n, added := journal.Since()
			if n != seen {
				return more{}
			}
			select {
			case <-added:
			case <-ctx.Done():
				return nil
			}
		}
	})
}

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case more:
		s.look()
		return s.next()
	case tea.KeyPressMsg, tea.MouseMsg:
		if s.paging {
			return s.page.Update(msg)
		}
	}
	return s.List.Update(msg)
}

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	if s.paging {
		s.page.SetSize(w, h)
		return s.page.View()
	}
	return s.Draw(w, h, s.notes()...)
}

// notes are the command line of the row under the cursor, and what is gone.
func (s *screen) notes() []show.Note {
	var out []show.Note
	if r, ok := s.Item(); ok && r.Command != "" {
		out = append(out, show.Quiet(safetext.Clean(r.Command)))
	} else if ok {
		out = append(out, show.Quiet(r.Text))
	}
	if s.dropped > 0 {
		out = append(out, show.Quiet(safetext.Format("%s are gone: the newest are kept", show.Count(int(s.dropped), "older line")))) //nolint:gosec // far below
	}
	return out
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line { return safetext.Literal("log") }

// Typing implements [tui.Typist].
func (s *screen) Typing() bool { return !s.paging && s.List.Typing() }

// Escape implements [tui.Escaper]: from the page to the list.
func (s *screen) Escape() bool {
	if s.paging {
		s.paging = false
		return true
	}
	return s.List.Escape()
}

// SetFilter implements [tui.Filterer].
func (s *screen) SetFilter(text string) error {
	if s.paging {
		return s.page.SetSearch(text)
	}
	return s.List.SetFilter(text)
}

// Filter implements [tui.Filterer].
func (s *screen) Filter() tui.Filter {
	if s.paging {
		return tui.Filter{Text: safetext.Clean(s.page.Search())}
	}
	return s.List.Filter()
}

// Cursor implements [tui.Cursorer].
func (s *screen) Cursor() (x, y int, ok bool) {
	if s.paging {
		return 0, 0, false
	}
	return s.List.Cursor()
}

// Close implements [tui.Screen].
func (s *screen) Close() { s.scope.Close() }
