package load

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/load"
	"github.com/microtop/microtop/introspect/secret"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/form"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/compose"
	"github.com/microtop/microtop/views/show"
)

// backend is what the screen asks of the services; tests have their own.
type backend struct {
	// prepare makes a call ready to be sent many times.
	prepare func(context.Context, invoke.Request) (func(context.Context) load.Outcome, error)
	change  func() error
	timeout time.Duration
	flags   []string // where a copied command connects to
}

type screen struct {
	scope   tui.Scope
	pens    *paint.Pens
	back    backend
	request invoke.Request
	form    *form.Form
	fields  *fields
	area    pane.Area

	number int // of the load that runs, or ran last
	cancel context.CancelFunc
	feed   *tui.Feed[progress]
	report *load.Report
	ran    load.Options
	err    error
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Typist   = (*screen)(nil)
	_ tui.Cursorer = (*screen)(nil)
	_ tui.Escaper  = (*screen)(nil)
	_ tui.Busy     = (*screen)(nil)
	_ tui.Leaver   = (*screen)(nil)
)

type (
	// progress is how load number n goes.
	progress struct {
		number int
		report *load.Report
	}
	// ended brings the end of load number n.
	ended struct {
		number int
		report *load.Report
		err    error
	}
)

// Route is the screen's route. The screen ends with ctx at the latest.
func Route(ctx context.Context, session *introspect.Session, th theme.Theme) tui.Route {
	return tui.Route{
		Name: "load", Help: "call at a steady rate and measure: load SERVICE ENDPOINT [JSON]",
		New: func(with any) (tui.Screen, error) {
			r, err := compose.Request("load", with)
			if err != nil {
				return nil, err
			}
			return newScreen(ctx, th, r, backend{prepare: preparing(session), change: session.Change, timeout: session.Timeout(), flags: session.Flags()}), nil
		},
		Actions: func() []tui.Action { return new(screen).actions() },
	}
}

// preparing is how calls are made ready in a session.
func preparing(session *introspect.Session) func(context.Context, invoke.Request) (func(context.Context) load.Outcome, error) {
	return func(ctx context.Context, r invoke.Request) (func(context.Context) load.Outcome, error) {
		c, err := invoke.Prepare(ctx, session, r)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) load.Outcome {
			result := c.Do(ctx)
			if result.Err != nil {
				return load.Outcome{Kind: show.Failure(result.Err)}
			}
			return load.Outcome{Bytes: result.Size}
		}, nil
	}
}

func newScreen(ctx context.Context, th theme.Theme, r invoke.Request, back backend) *screen {
	if r.Timeout > 0 {
		back.timeout = r.Timeout
	}
	s := &screen{scope: tui.NewScope(ctx), pens: paint.NewPens(th), back: back, request: r, feed: tui.NewFeed[progress](16)}
	s.fields = newFields()
	s.form = form.New(form.Options{Theme: th})
	s.form.SetSource(s.fields)
	s.form.SetFocus(true)
	return s
}

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd { return s.feed.Next(s.scope.Context()) }

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line {
	return safetext.Format("load %s %s", s.request.Target, s.request.Endpoint)
}

// Close implements [tui.Screen].
func (s *screen) Close() { s.scope.Close() }

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tui.Batch[progress]:
		for _, p := range msg.Items {
			if p.number == s.number && s.running() {
				s.report = p.report
			}
		}
		return s.feed.Next(s.scope.Context())
	case ended:
		return s.onEnded(msg)
	case begin:
		return s.run(msg.options)
	case tea.MouseMsg:
		if inner, ok := s.area.In(msg); ok {
			return s.do(s.form.Update(inner))
		}
		return nil
	}
	return s.do(s.form.Update(msg))
}

// do does what the user wants of the form.
func (s *screen) do(e form.Event) tea.Cmd {
	switch e.Op {
	case form.Begin:
		s.form.Edit()
	case form.Act:
		return s.start()
	case form.Commit:
		s.fields.set(e.Row, e.Text)
		if next := e.Row + e.Move; e.Move != 0 && next >= 0 && next < s.fields.Len() {
			s.form.Select(next)
			if s.fields.Row(next).Kind == form.Text {
				s.form.Edit()
			}
		}
	case form.Clear, form.Toggle:
		s.fields.set(e.Row, "")
	case form.Nothing, form.Next, form.Previous, form.Choose, form.Open, form.Close:
	}
	return nil
}

// Actions implements [tui.Screen].
func (s *screen) Actions() []tui.Action { return s.actions() }

func (s *screen) actions() []tui.Action {
	return append([]tui.Action{
		{ID: "load.start", Keys: []string{"ctrl+s"}, Name: "start", Help: "make the load; enter on Start does too", Disabled: s.cannot, Run: s.start},
		{ID: "load.fill", Keys: []string{"enter"}, Name: "edit", Help: "change a number; on Start, start"},
		{ID: "load.cancel", Keys: []string{"ctrl+x"}, Name: "stop", Help: "end the load; esc and ctrl+c do too", Disabled: s.idle, Run: func() tea.Cmd { s.Cancel(); return nil }},
		{ID: "load.copy", Keys: []string{"y"}, Name: "copy", Help: "copy the command line that makes the same load", Disabled: s.wrong, Run: s.copy, Hidden: s.form != nil && s.form.Editing()},
	}, tui.Moving()...)
}

func (s *screen) cannot() string {
	switch {
	case s.running():
		return "a load runs: esc ends it"
	case s.back.change != nil && s.back.change() != nil:
		return s.back.change().Error()
	}
	return s.wrong()
}

func (s *screen) wrong() string {
	if s.fields == nil {
		return ""
	}
	if _, err := s.fields.options(); err != nil {
		return err.Error()
	}
	return ""
}

func (s *screen) idle() string {
	if !s.running() {
		return "no load runs"
	}
	return ""
}

func (s *screen) running() bool { return s.cancel != nil }

// start makes the load, after a question if it is more than modest.
func (s *screen) start() tea.Cmd {
	if reason := s.cannot(); reason != "" {
		return tui.Say(tui.Warn, safetext.Clean(reason))
	}
	o, _ := s.fields.options()
	o.Timeout = s.back.timeout
	if o.Modest() {
		return s.run(o)
	}
	return tui.Do(tui.Confirm{
		Question: safetext.Format("Make this load on %s %s: %s?", s.request.Target, s.request.Endpoint, o), Danger: true,
		Yes: tui.Do(begin{o}),
	})
}

// begin says that the question was answered with yes.
type begin struct{ options load.Options }

func (s *screen) run(o load.Options) tea.Cmd {
	ctx, cancel := context.WithCancel(s.scope.Context())
	s.number++
	s.cancel, s.ran, s.report, s.err = cancel, o, nil, nil
	number, prepare, r, feed := s.number, s.back.prepare, s.request, s.feed
	return s.scope.Cmd(func(context.Context) tea.Msg {
		defer cancel()
		looked, done := context.WithTimeout(ctx, o.Timeout)
		defer done()
		call, err := prepare(looked, r)
		if err != nil {
			return ended{number, nil, err}
		}
		report, err := load.Run(ctx, o, call, func(p *load.Report) { feed.Push(progress{number, p}) })
		return ended{number, report, err}
	})
}

func (s *screen) onEnded(msg ended) tea.Cmd {
	if msg.number != s.number {
		return nil
	}
	if s.cancel != nil {
		s.cancel()
		s.cancel = nil
	}
	s.err = msg.err
	if msg.report != nil {
		s.report = msg.report
	}
	if msg.err != nil {
		return tui.Do(s.did(tui.Did{Level: tui.Bad, Text: safetext.Clean(msg.err.Error())}))
	}
	return tui.Do(s.did(tui.Did{Level: tui.Good, Text: s.made(), Quiet: true}))
}

// Leave implements [tui.Leaver]: a load that the screen's end cuts short is in the log too.
func (s *screen) Leave() tea.Cmd {
	if !s.Cancel() {
		return nil
	}
	return tui.Do(s.did(tui.Did{Level: tui.Warn, Text: safetext.Format("%s; ended early, its screen was left", s.made()), Quiet: true}))
}

func (s *screen) made() safetext.Line {
	return safetext.Format("made a load on %s %s: %s", s.request.Target, s.request.Endpoint, s.ran)
}

// did adds the command line that makes the same load, without secrets.
func (s *screen) did(d tui.Did) tui.Did {
	r := s.request
	r.Metadata, _ = secret.Metadata(r.Metadata)
	var ok bool
	if r.Body, _, ok = secret.JSON(s.request.Body); !ok {
		r.Body = nil
	}
	d.Command = line(r, s.ran, s.back.flags...)
	return d
}

// copy copies the command line of the load.
func (s *screen) copy() tea.Cmd {
	o, _ := s.fields.options()
	return tui.Do(tui.Copy{What: safetext.Literal("the command line"), Text: line(s.request, o, s.back.flags...)})
}

// Busy implements [tui.Busy].
func (s *screen) Busy() bool { return s.running() }

// Cancel implements [tui.Busy].
func (s *screen) Cancel() bool {
	if !s.running() {
		return false
	}
	s.cancel()
	s.cancel = nil
	return true
}

// Escape implements [tui.Escaper].
func (s *screen) Escape() bool { return s.Cancel() }

// Typing implements [tui.Typist].
func (s *screen) Typing() bool { return s.form != nil && s.form.Editing() }

// Cursor implements [tui.Cursorer].
func (s *screen) Cursor() (x, y int, ok bool) {
	x, y, ok = s.form.Cursor()
	return x + s.area.X, y + s.area.Y, ok && s.area.H > 0
}
