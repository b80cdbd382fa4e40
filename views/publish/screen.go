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
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/compose"
	"github.com/microtop/microtop/views/show"
)

// backend is what the screen asks of the broker; tests have their own.
type backend struct {
	publish func(context.Context, topics.Publication) error
	change  func() error // why the session must not publish
}

type screen struct {
	scope tui.Scope
	pens  *paint.Pens
	back  backend

	topic  string
	body   *compose.Body
	area   pane.Area
	flight int
	cancel context.CancelFunc // of what is being published, else nil
	last   safetext.Line      // how the last one went
	good   bool
	count  int
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Typist   = (*screen)(nil)
	_ tui.Cursorer = (*screen)(nil)
	_ tui.Busy     = (*screen)(nil)
)

// published says how publishing number flight went.
type published struct {
	flight int
	topic  string
	size   int
	err    error
}

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
		publish: func(ctx context.Context, p topics.Publication) error { return topics.Publish(ctx, session, p) },
		change:  session.Change,
	}), nil
}

func newScreen(ctx context.Context, th theme.Theme, topic string, back backend) *screen {
	s := &screen{scope: tui.NewScope(ctx), pens: paint.NewPens(th), back: back, topic: topic}
	s.body = compose.NewBody(s.scope, th, safetext.Literal("{} — type the message as JSON"))
	s.body.SetFocus(true)
	return s
}

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd {
	if s.topic == "" {
		return s.ask()
	}
	return nil
}

// ask asks for the topic.
func (s *screen) ask() tea.Cmd {
	return tui.Do(tui.Prompt{Title: safetext.Literal("publish to which topic?"), Initial: s.topic, Done: func(topic string) tea.Cmd {
		s.topic = strings.TrimSpace(topic)
		return nil
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

// Actions implements [tui.Screen].
func (s *screen) Actions() []tui.Action {
	return []tui.Action{
		{ID: "publish.send", Keys: []string{"ctrl+s"}, Name: "publish", Help: "publish the message, after a question", Disabled: s.cannot, Confirm: s.question, Run: s.send},
		{ID: "publish.cancel", Keys: []string{"ctrl+x"}, Name: "cancel", Help: "stop waiting for the broker", Disabled: s.idle, Run: func() tea.Cmd { s.Cancel(); return nil }},
		{ID: "publish.topic", Keys: []string{"ctrl+t"}, Name: "topic", Help: "choose another topic", Run: s.ask},
		{ID: "publish.edit", Keys: []string{"ctrl+e"}, Name: "editor", Help: "edit the message in $EDITOR", Run: func() tea.Cmd { return s.body.External() }},
		{ID: "publish.tidy", Keys: []string{"ctrl+g"}, Name: "tidy", Help: "indent the message", Run: func() tea.Cmd { return s.body.Tidy() }},
	}
}

func (s *screen) cannot() string {
	switch {
	case s.back.change != nil && s.back.change() != nil:
		return s.back.change().Error()
	case s.topic == "":
		return "no topic is chosen: ctrl+t"
	case s.cancel != nil:
		return "the last message is on its way"
	}
	return ""
}

func (s *screen) idle() string {
	if s.cancel == nil {
		return "nothing is on its way"
	}
	return ""
}

func (s *screen) question() safetext.Line {
	return safetext.Format("Publish %s to topic %s? Every subscriber gets it.", show.Bytes(uint64(len(s.text()))), s.topic)
}

func (s *screen) text() string { return s.body.Text() }

func (s *screen) send() tea.Cmd {
	ctx, cancel := context.WithCancel(s.scope.Context())
	s.flight++
	s.cancel = cancel
	p := topics.Publication{Topic: s.topic, Body: []byte(s.text())}
	flight, publish := s.flight, s.back.publish
	return s.scope.Cmd(func(context.Context) tea.Msg {
		defer cancel()
		return published{flight, p.Topic, len(p.Body), publish(ctx, p)}
	})
}

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case published:
		return s.onPublished(msg)
	case tea.KeyPressMsg:
		if msg.String() == "esc" { // typing keeps it from the shell
			if s.Cancel() {
				return nil
			}
			return tui.Do(tui.Back{})
		}
	case tea.MouseMsg:
		if inner, ok := s.area.In(msg); ok {
			cmd, _ := s.body.Update(inner)
			return cmd
		}
		return nil
	}
	cmd, _ := s.body.Update(msg)
	return cmd
}

func (s *screen) onPublished(msg published) tea.Cmd {
	if msg.flight != s.flight || s.cancel == nil {
		return nil
	}
	s.cancel()
	s.cancel = nil
	at := time.Now().Format("15:04:05")
	var wrong *schema.BodyError
	switch {
	case errors.As(msg.err, &wrong):
		s.body.Refuse(wrong)
		s.good, s.last = false, safetext.Literal("not published: the message does not fit")
		return nil
	case msg.err != nil:
		s.good, s.last = false, safetext.Format("not published at %s: %s", at, show.Failure(msg.err))
		return tui.Fail(msg.err)
	}
	s.count++
	s.good, s.last = true, safetext.Format("published %s to %s at %s, %s so far", show.Bytes(uint64(msg.size)), msg.topic, at, show.Count(s.count, "message")) //nolint:gosec // not negative
	return tui.Say(tui.Good, safetext.Format("published to %s", msg.topic))
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
	s.good, s.last = false, safetext.Literal("given up; the broker may have taken the message")
	return true
}

// Typing implements [tui.Typist].
func (s *screen) Typing() bool { return true }

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	topic := safetext.Literal("no topic yet")
	if s.topic != "" {
		topic = safetext.Format("to topic %s", s.topic)
	}
	s.area = pane.Area{X: 0, Y: 1, W: w, H: h - 2}
	s.body.SetSize(w, h-2)
	return pane.Stack(pane.Rule(s.pens, w, topic, safetext.Literal("JSON, delivered at most once"), true), s.body.View(), s.status(w))
}

func (s *screen) status(w int) string {
	pen, sign, text := s.pens.Dim, " ", safetext.Literal("ctrl+s publishes, after a question")
	reason := s.cannot()
	switch {
	case s.cancel != nil:
		pen, text = s.pens.Accent, safetext.Literal("publishing …; esc gives up")
	case reason != "":
		pen, sign, text = s.pens.Warn, s.pens.Glyphs.Warning, safetext.Clean(reason)
	case !s.last.Empty() && s.good:
		pen, sign, text = s.pens.Good, s.pens.Glyphs.Check, s.last
	case !s.last.Empty():
		pen, sign, text = s.pens.Bad, s.pens.Glyphs.Cross, s.last
	}
	var row paint.Row
	row.Start(w, 0)
	row.Text(pen, sign+" ")
	row.Fit(pen, text.String(), row.Room(), s.pens.Glyphs.Ellipsis, false)
	return row.String()
}

// Cursor implements [tui.Cursorer].
func (s *screen) Cursor() (x, y int, ok bool) {
	x, y, ok = s.body.Cursor()
	return x + s.area.X, y + s.area.Y, ok && s.area.H > 0
}
