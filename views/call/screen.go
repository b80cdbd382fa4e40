package call

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/history"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/editor"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/tui/tree"
	"github.com/microtop/microtop/views/compose"
)

// focus is the pane that has the keys.
type focus int

const (
	onBody focus = iota
	onOptions
	onSend
	onResult
	focuses
)

// backend is what the screen asks of the services; tests have their own.
type backend struct {
	load    func(context.Context, invoke.Request) (*compose.Shape, error)
	call    func(context.Context, invoke.Request) (*invoke.Result, error)
	change  func() error // why the session must not call
	keep    func(history.Record) error
	saved   *collection.Folder
	timeout time.Duration
	flags   []string // where a copied command connects to
}

type screen struct {
	scope tui.Scope
	pens  *paint.Pens
	back  backend

	request invoke.Request // as it was opened
	shape   *compose.Shape
	loading bool
	again   bool // send once the schema is there
	drafts  drafts

	body    *compose.Message
	options *editor.Editor
	result  *pager.Pager
	types   *pager.Pager
	focus   focus
	help    bool // types are shown instead of the result
	areas   [focuses]pane.Area

	flight int // of the call that runs, or ran last
	cancel context.CancelFunc
	since  time.Time
	answer *answer
	before []byte        // the body of the answer before
	look   safetext.Line // what is shown of the answer instead of all of it
	jq     string        // the last expression
	folded bool          // the answer is shown as a tree
	tree   *tree.Tree
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Typist   = (*screen)(nil)
	_ tui.Cursorer = (*screen)(nil)
	_ tui.Escaper  = (*screen)(nil)
	_ tui.Busy     = (*screen)(nil)
	_ tui.Filterer = (*screen)(nil)
)

type (
	// loaded brings the endpoint's shape.
	loaded struct {
		shape *compose.Shape
		err   error
	}
	// landed brings what came of call number flight.
	landed struct {
		flight int
		answer *answer
		did    tui.Did
	}
	// tick moves the clock of call number flight.
	tick int
)

// Route is the screen's route. The screen ends with ctx at the latest. Calls are kept in book.
func Route(ctx context.Context, session *introspect.Session, book *history.Store, th theme.Theme) tui.Route {
	kept := drafts{}
	return tui.Route{
		Name: "call", Help: "compose a request and call an endpoint: call SERVICE ENDPOINT [JSON]",
		New: func(with any) (tui.Screen, error) {
			s, err := New(ctx, session, book, th, with)
			if err != nil {
				return nil, err
			}
			kept.of(s) //nolint:contextcheck // what is kept belongs to the screen, whose context it has
			return s, nil
		},
		Actions: func() []tui.Action { return new(screen).actions() },
	}
}

// New makes the screen; it starts nothing before Init.
func New(ctx context.Context, session *introspect.Session, book *history.Store, th theme.Theme, with any) (*screen, error) {
	repeat, again := with.(compose.Again)
	if again {
		with = repeat.Request
	}
	r, err := compose.Request("call", with)
	if err != nil {
		return nil, err
	}
	s := newScreen(ctx, th, r, backend{
		load: func(ctx context.Context, r invoke.Request) (*compose.Shape, error) {
			return compose.Load(ctx, session, r)
		},
		call: func(ctx context.Context, r invoke.Request) (*invoke.Result, error) {
			return invoke.Unary(ctx, session, r)
		},
		change:  session.Change,
		keep:    book.Add,
		saved:   collection.Open(""),
		timeout: session.Timeout(),
		flags:   session.Flags(),
	})
	s.again = again
	return s, nil
}

func newScreen(ctx context.Context, th theme.Theme, r invoke.Request, back backend) *screen {
	s := &screen{scope: tui.NewScope(ctx), pens: paint.NewPens(th), back: back, request: r}
	s.body = compose.NewMessage(s.scope, th, safetext.Literal("an empty message; type JSON"))
	s.options = editor.New(editor.Options{Theme: th, Limit: 64 << 10})
	s.result = pager.New(pager.Options{Theme: th, Empty: safetext.BlockOf(safetext.Literal("nothing sent yet"), safetext.Line{}, safetext.Literal("ctrl+s sends the request"), safetext.Literal("ctrl+t shows the fields it takes"))})
	s.tree = tree.New(tree.Options{Theme: th})
	s.types = pager.New(pager.Options{Theme: th, Empty: safetext.CleanBlock("asking the service for its schema …")})
	_ = s.options.SetText(safetext.CleanBlock(writeOptions(r, back.timeout))) // within the limit, or the metadata is left out
	if len(r.Body) > 0 {
		_ = s.body.Put(string(r.Body)) //nolint:contextcheck // the command's context is the screen's scope; too large a body is left out; the check waits for the schema
	}
	s.toFocus(onBody)
	return s
}

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd {
	s.loading = true
	r := s.request
	return s.scope.Cmd(func(ctx context.Context) tea.Msg {
		shape, err := s.back.load(ctx, r)
		return loaded{shape, err}
	})
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line {
	return safetext.Format("call %s %s", s.request.Target, s.request.Endpoint)
}

// Close implements [tui.Screen].
func (s *screen) Close() {
	if s.drafts != nil {
		s.drafts.keep(s)
	}
	s.scope.Close()
}

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case loaded:
		return s.onLoaded(msg)
	case landed:
		return s.onLanded(msg)
	case looked:
		return s.onLooked(msg)
	case saved:
		return s.onSaved(msg)
	case tick:
		if s.running() && int(msg) == s.flight {
			return s.clock()
		}
		return nil
	case tea.KeyPressMsg:
		return s.key(msg)
	case tea.PasteMsg:
		return s.toPane(msg)
	case tea.MouseMsg:
		return s.mouse(msg)
	}
	return s.body.Update(msg)
}

func (s *screen) onLoaded(msg loaded) tea.Cmd {
	s.loading = false
	if s.again {
		s.again = false
		return tea.Batch(s.onLoaded(msg), s.send())
	}
	if msg.err != nil {
		s.types.SetEmpty(safetext.BlockOf(append([]safetext.Line{safetext.Literal("the schema is not known; the request can be sent all the same")}, safetext.CleanBlock(msg.err.Error()).Lines()...)...))
		return tui.Fail(msg.err)
	}
	s.shape = msg.shape
	s.types.SetBlock(s.shape.Types(), pager.Text)
	return s.body.SetShape(s.shape, true)
}

// key takes keys that are no action's.
func (s *screen) key(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case s.Typing() && k.String() == "esc" && !s.body.Editing():
		if !s.Cancel() {
			s.toFocus(onResult)
		}
		return nil
	case s.focus == onSend && k.String() == "enter", k.String() == "ctrl+s": // the latter comes here when it cannot be done
		return s.send()
	}
	return s.toPane(k)
}

// toPane hands a message to the pane with the focus.
func (s *screen) toPane(msg tea.Msg) tea.Cmd {
	switch s.focus {
	case onBody:
		return s.body.Update(msg)
	case onOptions:
		s.options.Update(msg)
		_, _ = s.checkOptions() // what is wrong is marked in the pane
	case onResult:
		s.toResult(msg)
	case onSend, focuses:
	}
	return nil
}

func (s *screen) mouse(msg tea.MouseMsg) tea.Cmd {
	_, click := msg.(tea.MouseClickMsg)
	for f, area := range s.areas {
		inner, ok := area.In(msg)
		if !ok {
			continue
		}
		if click {
			s.toFocus(focus(f))
		}
		switch focus(f) {
		case onBody:
			return s.body.Update(inner)
		case onOptions:
			s.options.Update(inner)
		case onResult:
			s.toResult(inner)
		case onSend:
			if click {
				return s.send()
			}
		case focuses:
		}
		return nil
	}
	return nil
}

// onTree tells whether the answer's side shows a tree.
func (s *screen) onTree() bool { return s.folded && !s.help }

func (s *screen) toResult(msg tea.Msg) {
	if s.onTree() {
		s.tree.Update(msg)
		return
	}
	s.shown().Update(msg)
}

// shown is the pager on the answer's side.
func (s *screen) shown() *pager.Pager {
	if s.help {
		return s.types
	}
	return s.result
}

func (s *screen) toFocus(f focus) {
	s.focus = (f + focuses) % focuses
	s.body.SetFocus(s.focus == onBody)
	s.options.SetFocus(s.focus == onOptions)
}

// checkOptions marks a line that is wrong and returns the request with what they say.
func (s *screen) checkOptions() (invoke.Request, error) {
	r, err := readOptions(s.request, s.options.Text())
	if wrong, ok := err.(*lineError); ok { //nolint:errorlint // readOptions makes it
		s.options.SetError(wrong.line, 1, safetext.Clean(wrong.reason))
		return r, err
	}
	s.options.ClearError()
	return r, nil
}
