package stream

import (
	"context"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/history"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/compose"
	"github.com/microtop/microtop/views/show"
)

// focus is the pane that has the keys.
type focus int

const (
	onLog focus = iota
	onBody
	onSend
	focuses
)

// pace is how often the clock of a running stream moves.
const pace = 500 * time.Millisecond

// backend is what the screen asks of the services; tests have their own.
type backend struct {
	load   func(context.Context, invoke.Request) (*compose.Shape, error)
	open   func(context.Context, invoke.Request) (conn, error)
	change func() error
	keep   func(history.Record) error
	flags  []string // with which commands connect as the console does
}

type screen struct {
	scope tui.Scope
	pens  *paint.Pens
	back  backend
	feed  *tui.Feed[arrival]

	request invoke.Request
	shape   *compose.Shape
	body    *compose.Message
	log     transcript
	detail  *pager.Pager
	message *message // shown in full, nil for the transcript
	focus   focus
	areas   [focuses]pane.Area

	talk    *talk
	state   state
	dropped uint64
	// counting: messages that come are counted and not shown.
	counting bool
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Typist   = (*screen)(nil)
	_ tui.Cursorer = (*screen)(nil)
	_ tui.Escaper  = (*screen)(nil)
	_ tui.Busy     = (*screen)(nil)
	_ tui.Filterer = (*screen)(nil)
	_ tui.Leaver   = (*screen)(nil)
)

// loaded brings the endpoint's shape.
type loaded struct {
	shape *compose.Shape
	err   error
}

// Route is the screen's route. The screen ends with ctx at the latest. Streams are kept in book when they ended.
func Route(ctx context.Context, session *introspect.Session, book *history.Store, th theme.Theme) tui.Route {
	return tui.Route{
		Name: "stream", Help: "talk over a stream: stream SERVICE ENDPOINT [JSON]",
		New:     func(with any) (tui.Screen, error) { return New(ctx, session, book, th, with) },
		Actions: func() []tui.Action { return new(screen).actions() },
	}
}

// New makes the screen; it starts nothing before Init.
func New(ctx context.Context, session *introspect.Session, book *history.Store, th theme.Theme, with any) (tui.Screen, error) {
	r, err := compose.Request("stream", with)
	if err != nil {
		return nil, err
	}
	return newScreen(ctx, th, r, backend{
		load: func(ctx context.Context, r invoke.Request) (*compose.Shape, error) {
			return compose.Load(ctx, session, r)
		},
		open: func(ctx context.Context, r invoke.Request) (conn, error) {
			c, err := invoke.Open(ctx, session, r)
			if err != nil {
				return nil, err // not a nil *Stream in a conn
			}
			return c, nil
		},
		change: session.Change,
		keep:   book.Add,
		flags:  session.Flags(),
	}), nil
}

func newScreen(ctx context.Context, th theme.Theme, r invoke.Request, back backend) *screen {
	s := &screen{scope: tui.NewScope(ctx), pens: paint.NewPens(th), back: back, request: r, feed: tui.NewFeed[arrival](queued)}
	s.body = compose.NewMessage(s.scope, th, safetext.Literal("an empty message; type JSON"))
	s.log.Pager = pager.New(pager.Options{Theme: th, Capacity: keptLines, Status: true, Empty: safetext.BlockOf(
		safetext.Literal("nothing went either way yet"), safetext.Line{}, safetext.Literal("ctrl+s opens the stream with the message below"))})
	s.detail = pager.New(pager.Options{Theme: th})
	if len(r.Body) > 0 {
		_ = s.body.Put(string(r.Body)) //nolint:contextcheck // the command's context is the screen's scope; too large a body is left out; the check waits for the schema
	}
	s.toFocus(onBody)
	return s
}

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd {
	r := s.request
	return tea.Batch(s.next(), s.scope.Cmd(func(ctx context.Context) tea.Msg {
		shape, err := s.back.load(ctx, r)
		return loaded{shape, err}
	}))
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line {
	return safetext.Format("stream %s %s", s.request.Target, s.request.Endpoint)
}

// Close implements [tui.Screen].
func (s *screen) Close() { s.scope.Close() }

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case loaded:
		return s.onLoaded(msg)
	case opened:
		return s.onOpened(msg)
	case done:
		return s.onDone(msg)
	case tui.Batch[arrival]:
		return s.onArrivals(msg)
	case tick:
		if s.state.live() && int(msg) == s.talk.number {
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
	if msg.err != nil {
		return tui.Fail(msg.err)
	}
	s.shape = msg.shape
	if s.shape.Endpoint.Source == schema.Registry { // a registry tells nothing of a stream's messages
		return nil
	}
	return s.body.SetShape(s.shape, true)
}

func (s *screen) clock() tea.Cmd {
	number := s.talk.number
	return s.scope.Cmd(func(ctx context.Context) tea.Msg {
		timer := time.NewTimer(pace)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
			return tick(number)
		}
	})
}

// key takes keys that are no action's.
func (s *screen) key(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case s.Typing() && k.String() == "esc" && !s.body.Editing():
		s.toFocus(onLog)
		return nil
	case s.focus == onSend && k.String() == "enter", k.String() == "ctrl+s": // the latter comes here when it cannot be done
		return s.send()
	}
	return s.toPane(k)
}

func (s *screen) toPane(msg tea.Msg) tea.Cmd {
	switch s.focus {
	case onLog:
		s.shown().Update(msg)
	case onBody:
		return s.body.Update(msg)
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
		case onLog:
			s.shown().Update(inner)
		case onBody:
			return s.body.Update(inner)
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

// shown is the transcript, or a message in full.
func (s *screen) shown() *pager.Pager {
	if s.message != nil {
		return s.detail
	}
	return s.log.Pager
}

func (s *screen) toFocus(f focus) {
	s.focus = (f + focuses) % focuses
	s.body.SetFocus(s.focus == onBody)
}

// enter shows the message under the cursor in full.
func (s *screen) enter() tea.Cmd {
	m := s.log.selected()
	switch {
	case m == nil:
		return nil
	case m.body == nil && m.size > 0:
		return tui.Say(tui.Warn, safetext.Literal("too long ago: only the line is kept"))
	}
	s.message = m
	s.detail.SetBlock(show.Body(m.body))
	return nil
}

// Escape implements [tui.Escaper].
func (s *screen) Escape() bool {
	switch {
	case s.shown().Escapes():
		s.shown().Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	case s.message != nil:
		s.message = nil
	case s.onForm():
		s.toFocus(onLog)
	default:
		return false
	}
	return true
}

// Busy implements [tui.Busy].
func (s *screen) Busy() bool { return s.state.live() }

// SetFilter implements [tui.Filterer]: it searches the form, or the transcript.
func (s *screen) SetFilter(text string) error {
	if s.onForm() {
		return s.body.SetSearch(text)
	}
	return s.shown().SetSearch(text)
}

// Filter implements [tui.Filterer].
func (s *screen) Filter() tui.Filter {
	if s.onForm() {
		return tui.Filter{Text: safetext.Clean(s.body.Search())}
	}
	return tui.Filter{Text: safetext.Clean(s.shown().Search())}
}

func (s *screen) onForm() bool { return s.focus == onBody && s.body.AsForm() }

// Typing implements [tui.Typist].
func (s *screen) Typing() bool { return s.body != nil && s.body.Typing() }

// Cursor implements [tui.Cursorer].
func (s *screen) Cursor() (x, y int, ok bool) {
	area := s.areas[s.focus]
	if s.focus == onBody {
		x, y, ok = s.body.Cursor()
		return x + area.X, y + area.Y, ok && area.H > 0
	}
	return area.X, area.Y, area.H > 0
}

// save writes the transcript to a file.
func (s *screen) save() tea.Cmd {
	messages := s.log.messages()
	return show.Save(s.scope, "stream", ".ndjson", func(w io.Writer) error { return write(w, messages) })
}
