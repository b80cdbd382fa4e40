package contexts

import (
	"cmp"
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/contexts"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/show"
)

// Targets are the saved targets, and what connects to them. Methods are called beside the program, but for Active,
// Start and Names, which must not block.
type Targets interface {
	// File is where they are kept.
	File() *contexts.File
	// Read reads the file.
	Read() (contexts.Saved, error)
	// Names are the contexts' names as they were last read.
	Names() []string
	// Active is the name of the context that the console shows; "" for none.
	Active() string
	// Start is what the console shows without any context, named [contexts.None].
	Start() contexts.Context
	// Open connects to a context, or to what Start is.
	Open(ctx context.Context, name string) (tui.Screens, error)
}

type screen struct {
	*show.List[contexts.Context]
	scope   tui.Scope
	theme   theme.Theme
	targets Targets
	wanted  string // to be switched to at once
	saved   contexts.Saved
	text    string // of the file
	draft   string // of a file that could not be read, to be mended
	read    bool   // saved is what the file says
	problem error
	page    *pager.Pager  // a context as it is in the file
	title   safetext.Line // of the page, empty while the list is shown
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Filterer = (*screen)(nil)
	_ tui.Typist   = (*screen)(nil)
	_ tui.Escaper  = (*screen)(nil)
	_ tui.Cursorer = (*screen)(nil)
)

// listed brings what the file says, after a change that is told in said.
type listed struct {
	saved contexts.Saved
	text  string
	err   error
	said  tui.Did
}

// Route is the screen's route. ":contexts NAME" switches to a context. The screen ends with ctx at the latest.
func Route(ctx context.Context, targets Targets, th theme.Theme) tui.Route {
	return tui.Route{
		Name: "contexts", Aliases: []string{"ctx", "context"}, Help: "saved targets: switch to another without a restart",
		New: func(with any) (tui.Screen, error) {
			name, _ := with.(string)
			return newScreen(ctx, targets, th, strings.TrimSpace(name)), nil
		},
		Actions: func() []tui.Action { return new(screen).listActions() },
		Complete: func(arg string) string {
			for _, name := range append(targets.Names(), contexts.None) {
				if rest, ok := strings.CutPrefix(name, arg); ok {
					return rest
				}
			}
			return ""
		},
	}
}

// Palette are the palette's entries: one for each context.
func Palette(targets Targets) []tui.Item {
	var out []tui.Item
	for _, name := range targets.Names() {
		out = append(out, tui.Item{Label: safetext.Clean("context " + name), Detail: safetext.Literal("switch to it"), Run: tui.Do(tui.Open{Name: "contexts", With: name})})
	}
	return out
}

func newScreen(ctx context.Context, targets Targets, th theme.Theme, wanted string) *screen {
	s := &screen{scope: tui.NewScope(ctx), theme: th, targets: targets, wanted: wanted}
	s.page = pager.New(pager.Options{Theme: th})
	s.List = show.NewList(show.Options[contexts.Context]{
		Theme: th, ID: func(c contexts.Context) string { return c.Name }, Cells: s.cells,
		Columns: []table.Column{
			{Title: "", Min: 1, Max: 1},
			{Title: "CONTEXT", Min: 12, Max: 30, Whole: 30, Style: s.tint},
			{Title: "REGISTRY", Min: 8, Max: 16},
			{Title: "ADDRESS", Min: 16, Flex: 2, Style: show.Dim},
			{Title: "BROKER", Min: 6, Max: 24, Priority: 2},
			{Title: "TLS", Min: 9, Max: 9, Priority: 3},
			{Title: "TIMEOUT", Min: 7, Right: true, Priority: 4},
			{Title: "", Min: 18, Max: 18, Priority: 1, Style: show.Dim},
		},
	})
	s.SetEmpty(safetext.BlockOf(safetext.Format("reading %s %s", targets.File().Path(), th.Glyphs.Ellipsis)))
	return s
}

// tint is a context's own colour.
func (s *screen) tint(p *paint.Pens, r table.Row) paint.Pen {
	c, _ := r.Item.(contexts.Context)
	if style, ok := s.theme.Tint(c.Colour); ok {
		return paint.NewPen(style)
	}
	return p.Text
}

func (s *screen) cells(c contexts.Context) []safetext.Line {
	mark := ""
	if s.active(c) {
		mark = s.theme.Glyphs.Full
	}
	secured := ""
	switch {
	case c.Insecure:
		secured = "insecure"
	case c.TLS || c.CA != "" || c.Cert != "":
		secured = "verified"
	}
	var notes []string
	if c.ReadOnly {
		notes = append(notes, "read only")
	}
	if c.Name == s.saved.Current {
		notes = append(notes, "default")
	}
	var out []safetext.Line
	for _, text := range []string{
		mark, c.Name, cmp.Or(c.Registry, show.Unknown), cmp.Or(c.RegistryAddress, show.Unknown), cmp.Or(c.Broker, show.Unknown),
		cmp.Or(secured, show.Unknown), cmp.Or(c.Timeout, show.Unknown), strings.Join(notes, ", "),
	} {
		out = append(out, safetext.Clean(text))
	}
	return out
}

// active tells whether the console shows the context.
func (s *screen) active(c contexts.Context) bool {
	return c.Name == cmp.Or(s.targets.Active(), contexts.None)
}

// Init implements [tui.Screen]. A context that was named is switched to at once; the list stays where that fails.
func (s *screen) Init() tea.Cmd {
	if s.wanted == "" {
		return s.again()
	}
	return tea.Batch(s.again(), s.swap(s.wanted))
}

// again reads the file.
func (s *screen) again() tea.Cmd { return s.after(tui.Did{}, func() error { return nil }) }

// after makes a change to the file, then reads it.
func (s *screen) after(said tui.Did, change func() error) tea.Cmd {
	targets := s.targets
	return s.scope.Cmd(func(context.Context) tea.Msg {
		if err := change(); err != nil {
			said = tui.Did{Level: tui.Bad, Text: safetext.Clean(err.Error()), Command: said.Command}
		}
		saved, err := targets.Read()
		text, _ := targets.File().Text() // if it cannot be read, err says so
		return listed{saved, text, err, said}
	})
}

// swap asks for the screens of another context.
func (s *screen) swap(name string) tea.Cmd {
	targets := s.targets
	to := safetext.Format("context %s", name)
	if name == contexts.None {
		to = safetext.Literal("no context")
	}
	return tui.Do(tui.Swap{To: to, Command: show.Command("microtop", "--context", name), Make: func(ctx context.Context) (tui.Screens, error) { return targets.Open(ctx, name) }})
}

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case listed:
		s.show(msg)
		if !msg.said.Text.Empty() {
			return tui.Do(msg.said)
		}
		return nil
	case tea.KeyPressMsg, tea.MouseMsg:
		if s.paging() {
			return s.page.Update(msg)
		}
	}
	return s.List.Update(msg)
}

func (s *screen) show(msg listed) {
	s.saved, s.text, s.problem, s.read = msg.saved, msg.text, msg.err, true
	if msg.err != nil {
		s.SetEmpty(safetext.BlockOf(safetext.Clean(msg.err.Error()), safetext.Line{}, safetext.Literal("e   opens the file in your editor"), safetext.Literal("r   reads it again")))
		s.Set(nil)
		return
	}
	s.Set(append(append([]contexts.Context(nil), msg.saved.Contexts...), s.targets.Start()))
}

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	if s.paging() {
		s.page.SetSize(w, h)
		return s.page.View()
	}
	return s.Draw(w, h, s.notes()...)
}

// notes say what the row under the cursor has no room for, or how to begin.
func (s *screen) notes() []show.Note {
	if s.read && s.problem == nil && len(s.saved.Contexts) == 0 {
		return []show.Note{
			show.Quiet(safetext.Format("no contexts yet in %s", s.targets.File().Path())),
			show.Quiet(safetext.Literal("e writes the file, or run: microtop context set NAME --registry … --registry-address …")),
		}
	}
	c, ok := s.Item()
	switch {
	case !ok:
		return nil
	case c.Name == contexts.None:
		return []show.Note{show.Quiet(safetext.Literal("none: what flags, environment and defaults said at the start"))}
	}
	text := safetext.Format("%s: registry %s", c.Name, strings.TrimSpace(cmp.Or(c.Registry, "as by default")+" "+c.RegistryAddress))
	if len(c.Metadata) > 0 {
		text = safetext.Format("%s, metadata %s", text, show.Names(show.SortedKeys(c.Metadata)))
	}
	if c.DebugToken != "" {
		text = safetext.Format("%s, token %s", text, c.DebugToken)
	}
	return []show.Note{show.Quiet(text)}
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line {
	if s.paging() {
		return safetext.Join(" ", safetext.Literal("context"), s.title)
	}
	return safetext.Literal("contexts")
}

func (s *screen) paging() bool { return !s.title.Empty() }

// Typing implements [tui.Typist].
func (s *screen) Typing() bool { return !s.paging() && s.List.Typing() }

// Escape implements [tui.Escaper]: from the page to the list.
func (s *screen) Escape() bool {
	if s.paging() {
		s.title = safetext.Line{}
		return true
	}
	return s.List.Escape()
}

// SetFilter implements [tui.Filterer].
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

// Cursor implements [tui.Cursorer].
func (s *screen) Cursor() (x, y int, ok bool) {
	if s.paging() {
		return 0, 0, false
	}
	return s.List.Cursor()
}

// Close implements [tui.Screen].
func (s *screen) Close() { s.scope.Close() }
