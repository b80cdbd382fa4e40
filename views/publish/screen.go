package publish

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/form"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/compose"
	"github.com/microtop/microtop/views/show"
)

// backend is what the screen asks of the broker; tests have their own.
type backend struct {
	// publish publishes a batch and returns how many messages went out; sent is told the number after each.
	publish func(ctx context.Context, b topics.Batch, sent func(n int)) (int, error)
	// learn returns what checks a message of a topic before it is sent, and a message to begin with; may be nil.
	learn  func(ctx context.Context, topic string) (check func(topics.Publication) error, skeleton []byte, err error)
	change func() error // why the session must not publish
	flags  []string     // where a copied command connects to
}

type screen struct {
	scope tui.Scope
	pens  *paint.Pens
	back  backend

	topic    string
	body     *compose.Body
	form     *form.Form
	fields   *fields
	options  bool // the keys are the form's
	area     pane.Area
	formArea pane.Area
	check    func(topics.Publication) error // of the topic's subscribers, nil until they told
	skeleton string                         // of a message, as they take it

	flight int
	cancel context.CancelFunc // of what is being published, else nil
	feed   *tui.Feed[progress]
	sent   int           // messages of this flight
	last   safetext.Line // how the last one went
	good   bool
	count  int // messages of all flights
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Typist   = (*screen)(nil)
	_ tui.Cursorer = (*screen)(nil)
	_ tui.Busy     = (*screen)(nil)
	_ tui.Escaper  = (*screen)(nil)
)

type (
	// progress says how many messages of a flight went out.
	progress struct{ flight, n int }
	// published says how publishing number flight went: n messages of size bytes went out. again is the command that
	// does it once more, for the log.
	published struct {
		flight, n, size int
		topic, again    string
		err             error
	}
	// learned brings what the subscribers of a topic take.
	learned struct {
		topic    string
		check    func(topics.Publication) error
		skeleton []byte
	}
)

// Route is the screen's route. The screen ends with ctx at the latest.
func Route(ctx context.Context, session *introspect.Session, th theme.Theme) tui.Route {
	return tui.Route{
		Name: "publish", Aliases: []string{"pub"}, Help: "publish a message: publish TOPIC",
		New:     func(with any) (tui.Screen, error) { return New(ctx, session, th, with) },
		Actions: func() []tui.Action { return new(screen).Actions() },
	}
}

// New makes the screen; it starts nothing before Init. with is the topic.
func New(ctx context.Context, session *introspect.Session, th theme.Theme, with any) (tui.Screen, error) {
	var topic string
	switch with := with.(type) {
	case nil:
	case string:
		topic = strings.TrimSpace(with)
	case []string:
		if len(with) > 0 {
			topic = with[0]
		}
	default:
		return nil, fmt.Errorf("cannot publish to a %T", with)
	}
	return newScreen(ctx, th, topic, backend{
		publish: func(ctx context.Context, b topics.Batch, sent func(int)) (int, error) {
			to, err := topics.NewPublisher(ctx, session, b.Topic)
			if err != nil {
				return 0, err
			}
			return to.Run(ctx, b, sent)
		},
		learn: func(ctx context.Context, topic string) (func(topics.Publication) error, []byte, error) {
			to, err := topics.NewPublisher(ctx, session, topic)
			if err != nil {
				return nil, nil, err
			}
			return to.Check, to.Skeleton(), nil
		},
		change: session.Change,
		flags:  session.Flags(),
	}), nil
}

func newScreen(ctx context.Context, th theme.Theme, topic string, back backend) *screen {
	s := &screen{scope: tui.NewScope(ctx), pens: paint.NewPens(th), back: back, topic: topic, feed: tui.NewFeed[progress](16)}
	s.body = compose.NewBody(s.scope, th, safetext.Literal("{} — type the message as JSON"))
	s.fields = new(fields)
	s.form = form.New(form.Options{Theme: th})
	s.form.SetSource(s.fields)
	s.focus(false)
	return s
}

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd {
	if s.topic == "" {
		return tea.Batch(s.next(), s.ask())
	}
	return tea.Batch(s.next(), s.learn())
}

func (s *screen) next() tea.Cmd { return s.feed.Next(s.scope.Context()) }

// focus gives the keys to the fields or to the message.
func (s *screen) focus(options bool) {
	s.options = options
	s.body.SetFocus(!options)
	s.form.SetFocus(options)
}

// ask asks for the topic.
func (s *screen) ask() tea.Cmd {
	return tui.Do(tui.Prompt{Title: safetext.Literal("publish to which topic?"), Initial: s.topic, Done: func(topic string) tea.Cmd {
		s.topic, s.check, s.skeleton = strings.TrimSpace(topic), nil, ""
		s.recheck()
		return s.learn()
	}})
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line {
	if s.topic == "" {
		return safetext.Literal("publish")
	}
	return safetext.Format("publish to %s", s.topic)
}

// Close implements [tui.Screen].
func (s *screen) Close() { s.scope.Close() }

func (s *screen) text() string { return s.body.Text() }

func (s *screen) send() tea.Cmd {
	b, err := s.fields.batch(s.topic)
	if err != nil {
		return tui.Fail(err)
	}
	ctx, cancel := context.WithCancel(s.scope.Context())
	s.flight++
	s.cancel, s.sent = cancel, 0
	body, path, flight, publish, feed := []byte(s.text()), s.fields.text[file], s.flight, s.back.publish, s.feed
	again := s.again(b, s.text())
	return s.scope.Cmd(func(context.Context) tea.Msg {
		defer cancel()
		lines, size := []topics.Line{{Body: body}}, len(body)
		if path != "" {
			var err error
			if lines, err = topics.ReadLines(path); err != nil {
				return published{flight: flight, topic: b.Topic, again: again, err: err}
			}
			size = 0
			for _, l := range lines {
				size += len(l.Body)
			}
		}
		b.From = topics.All(lines...)
		n, err := publish(ctx, b, func(n int) { feed.Push(progress{flight, n}) })
		return published{flight, n, size * b.Count, b.Topic, again, err}
	})
}

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case published:
		return s.onPublished(msg)
	case learned:
		return s.onLearned(msg)
	case tui.Batch[progress]:
		for _, p := range msg.Items {
			if p.flight == s.flight {
				s.sent = p.n
			}
		}
		return s.next()
	case tea.KeyPressMsg:
		return s.key(msg)
	case tea.PasteMsg:
		if s.options {
			return s.do(s.form.Update(msg))
		}
	case tea.MouseMsg:
		return s.mouse(msg)
	}
	cmd, _ := s.body.Update(msg)
	return cmd
}

func (s *screen) key(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case k.String() == "esc" && !s.form.Editing(): // typing keeps it from the shell
		if s.Escape() {
			return nil
		}
		return tui.Do(tui.Back{})
	case s.options:
		return s.do(s.form.Update(k))
	}
	cmd, _ := s.body.Update(k)
	return cmd
}

func (s *screen) mouse(msg tea.MouseMsg) tea.Cmd {
	click, pressed := msg.(tea.MouseClickMsg)
	pressed = pressed && click.Button == tea.MouseLeft
	if inner, ok := s.formArea.In(msg); ok {
		if pressed && !s.options {
			s.focus(true)
		}
		return s.do(s.form.Update(inner))
	}
	inner, ok := s.area.In(msg)
	if !ok {
		return nil
	}
	if pressed && s.options && !s.form.Editing() {
		s.focus(false)
	}
	cmd, _ := s.body.Update(inner)
	return cmd
}

// do does what the user wants of the fields.
func (s *screen) do(e form.Event) tea.Cmd {
	switch e.Op {
	case form.Begin:
		s.form.Edit()
	case form.Commit:
		s.fields.set(e.Row, e.Text)
		if next := e.Row + e.Move; e.Move != 0 && next >= 0 && next < s.fields.Len() {
			s.form.Select(next)
		}
	case form.Clear:
		s.fields.set(e.Row, "")
	case form.Toggle:
		if s.fields.Row(e.Row).Kind == form.Choice {
			s.fields.turn(e.Row)
		} else {
			s.fields.set(e.Row, "")
		}
	case form.Next, form.Previous, form.Choose:
		s.fields.turn(e.Row)
	case form.Nothing, form.Open, form.Close, form.Act:
		return nil
	}
	s.recheck()
	return nil
}

func (s *screen) onPublished(msg published) tea.Cmd {
	if msg.flight != s.flight || s.cancel == nil {
		return nil
	}
	s.cancel()
	s.cancel = nil
	s.count += msg.n
	at := time.Now().Format("15:04:05")
	var wrong *schema.BodyError
	var line *topics.LineError
	var fill *topics.TemplateError
	before := safetext.Line{}
	if msg.n > 0 {
		before = safetext.Format(" after %s", show.Count(msg.n, "message"))
	}
	switch {
	case errors.As(msg.err, &line):
		s.good, s.last = false, safetext.Format("not published%s: %s", before, msg.err)
		return failed(msg)
	case errors.As(msg.err, &wrong), errors.As(msg.err, &fill):
		s.body.Refuse(msg.err)
		s.good, s.last = false, safetext.Format("not published%s: the message does not fit; the option unchecked sends it all the same", before)
		return nil
	case msg.err != nil:
		s.good, s.last = false, safetext.Format("not published at %s%s: %s", at, before, show.Failure(msg.err))
		return failed(msg)
	}
	s.good, s.last = true, safetext.Format("published %s to %s at %s, %s so far", show.Bytes(uint64(msg.size)), msg.topic, at, show.Count(s.count, "message")) //nolint:gosec // not negative
	return tui.Do(tui.Did{Level: tui.Good, Text: safetext.Format("published to %s", msg.topic), Command: msg.again})
}

func failed(msg published) tea.Cmd {
	return tui.Do(tui.Did{Level: tui.Bad, Text: safetext.Clean(msg.err.Error()), Command: msg.again})
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
	s.count += s.sent
	s.good, s.last = false, safetext.Literal("given up; the broker may have taken the message")
	if s.sent > 0 {
		s.last = safetext.Format("given up after %s", show.Count(s.sent, "message"))
	}
	return true
}

// Escape implements [tui.Escaper].
func (s *screen) Escape() bool {
	switch {
	case s.Cancel():
	case s.options:
		s.focus(false)
	default:
		return false
	}
	return true
}

// Typing implements [tui.Typist].
func (s *screen) Typing() bool { return !s.options || s.form.Editing() }
