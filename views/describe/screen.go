package describe

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/show"
)

type screen struct {
	*pager.Pager
	scope   tui.Scope
	session *introspect.Session
	target  introspect.Target

	json, yaml string
	asYAML     bool
	loading    bool
	loads      int // that were started; an answer to an older one is dropped
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Filterer = (*screen)(nil)
	_ tui.Escaper  = (*screen)(nil)
)

// Route is the screen's route. What its screens run ends with ctx at the latest.
func Route(ctx context.Context, session *introspect.Session, th theme.Theme) tui.Route {
	return tui.Route{
		Name: "describe", Aliases: []string{"de"}, Help: "a service's record as JSON or YAML",
		New:     func(with any) (tui.Screen, error) { return New(ctx, session, th, with) },
		Actions: func() []tui.Action { return new(screen).Actions() },
	}
}

// New makes the screen; it asks the registry from Init on. with is an introspect.Target or a service's name.
func New(ctx context.Context, session *introspect.Session, th theme.Theme, with any) (tui.Screen, error) {
	target, err := show.Needed("describe", with)
	if err != nil {
		return nil, err
	}
	p := pager.New(pager.Options{Theme: th})
	return &screen{Pager: p, scope: tui.NewScope(ctx), session: session, target: target}, nil
}

// loaded is the record, or why there is none.
type loaded struct {
	load       int
	json, yaml string
	err        error
}

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd { return s.load() }

func (s *screen) load() tea.Cmd {
	s.loads++
	s.loading = true
	if s.json == "" {
		s.SetEmpty(safetext.BlockOf(safetext.Format("reading %s of %s …", show.Narrowed(s.target), s.session.Where())))
	}
	load := s.loads
	return s.scope.Cmd(func(ctx context.Context) tea.Msg {
		json, yaml, err := read(ctx, s.session, s.target)
		return loaded{load, json, yaml, err}
	})
}

func read(ctx context.Context, session *introspect.Session, target introspect.Target) (json, yaml string, err error) {
	ctx, cancel := context.WithTimeout(ctx, session.Timeout())
	defer cancel()
	services, err := session.Resolve(ctx, target)
	if err != nil {
		return "", "", err
	}
	var record any = services
	if len(services) == 1 {
		record = services[0]
	}
	if json, err = asJSON(record); err != nil {
		return "", "", err
	}
	yaml, err = asYAML(json)
	return json, yaml, err
}

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	l, ok := msg.(loaded)
	switch {
	case !ok:
		return s.Pager.Update(msg)
	case l.load != s.loads:
		return nil
	}
	s.loading = false
	if l.err != nil {
		if s.json != "" {
			return tui.Fail(fmt.Errorf("what is shown is old: %w", l.err))
		}
		s.SetEmpty(safetext.BlockOf(safetext.Clean(l.err.Error()), safetext.Line{}, safetext.Literal("r                 tries again"), safetext.Literal("microtop doctor   says what is wrong")))
		return nil
	}
	s.json, s.yaml = l.json, l.yaml
	s.draw()
	return nil
}

func (s *screen) draw() {
	if s.asYAML {
		s.SetBlock(safetext.CleanBlock(s.yaml), pager.Text)
		return
	}
	s.SetBlock(safetext.CleanBlock(s.json), pager.JSON)
}

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	s.SetSize(w, h)
	return s.Pager.View()
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line {
	return safetext.Format("describe %s", show.Narrowed(s.target))
}

// Close implements [tui.Screen].
func (s *screen) Close() { s.scope.Close() }

// SetFilter implements [tui.Filterer]: it searches.
func (s *screen) SetFilter(text string) error { return s.SetSearch(text) }

// Filter implements [tui.Filterer].
func (s *screen) Filter() tui.Filter { return tui.Filter{Text: safetext.Clean(s.Search())} }

// Escape implements [tui.Escaper].
func (s *screen) Escape() bool {
	if !s.Escapes() {
		return false
	}
	s.Pager.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	return true
}

// Actions implements [tui.Screen].
func (s *screen) Actions() []tui.Action {
	return append([]tui.Action{
		{ID: "describe.form", Keys: []string{"J"}, Name: "JSON/YAML", Help: "show as YAML, or as JSON again", Disabled: s.none, Run: s.toggle},
		{ID: "describe.endpoints", Keys: []string{"enter"}, Name: "endpoints", Help: "what can be called", Run: s.open("endpoints")},
		{ID: "describe.nodes", Keys: []string{"o"}, Name: "nodes", Help: "nodes of the service", Run: s.open("nodes")},
		{ID: "describe.copy", Keys: []string{"y"}, Name: "copy", Disabled: s.none, Run: s.copy},
		{ID: "describe.refresh", Keys: []string{"r"}, Name: "refresh", Help: "ask the registry again", Run: s.load},
		{ID: "describe.wrap", Keys: []string{"w"}, Name: "wrap", Help: "wrap long lines", Hidden: true},
		{ID: "describe.next", Keys: []string{"n"}, Name: "next match", Hidden: true},
		{ID: "describe.previous", Keys: []string{"N"}, Name: "previous match", Hidden: true},
	}, tui.Moving()...)
}

func (s *screen) none() string {
	switch {
	case s.json != "":
		return ""
	case s.loading:
		return "the record is not here yet"
	}
	return "there is no record"
}

func (s *screen) toggle() tea.Cmd {
	s.asYAML = !s.asYAML
	s.draw()
	return nil
}

func (s *screen) open(name string) func() tea.Cmd {
	return func() tea.Cmd { return tui.Do(tui.Open{Name: name, With: s.target}) }
}

func (s *screen) copy() tea.Cmd {
	command := []string{"microtop", "describe", s.target.Service}
	if s.target.Node != "" {
		command = append(command, "--node", s.target.Node)
	}
	command = append(append(command, "-o", "json"), s.session.Flags()...)
	return show.Copy(
		show.Text{Key: "j", What: safetext.Literal("the record as JSON"), Text: s.json},
		show.Text{Key: "y", What: safetext.Literal("the record as YAML"), Text: s.yaml},
		show.Text{Key: "c", What: safetext.Literal("the command"), Text: show.Command(command...)},
	)
}
