package tail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/show"
)

const (
	// filtered is how many messages one filter command looks at.
	filtered = 500
	// trended is for how many seconds the rate is remembered.
	trended = 60
)

// backend is what the screen asks of the broker; tests have their own.
type backend struct {
	follow    func(context.Context) (source, error)
	republish func(context.Context, *topics.Message) error
	change    func() error // why the session must not publish
	flags     []string     // where a copied command connects to
}

type screen struct {
	scope tui.Scope
	pens  *paint.Pens
	back  backend
	in    *intake

	topics  []string
	look    look
	source  source
	problem error // why there is nothing to see
	rate    float64
	trend   []float64 // messages a second, the newest last
	last    uint64    // received a tick ago

	kept    kept
	log     *pager.Pager
	detail  *pager.Pager
	whole   bool // one message is shown in full
	expr    string
	filter  *Filter
	gen     int    // of the filter and the look
	decided uint64 // number of the last record the filter was asked about
	working bool
}

var (
	_ tui.Screen   = (*screen)(nil)
	_ tui.Filterer = (*screen)(nil)
	_ tui.Escaper  = (*screen)(nil)
	_ tui.Cursorer = (*screen)(nil)
)

type (
	// judged brings the lines of the records that a filter lets through.
	judged struct {
		gen   int
		upto  uint64
		lines []pager.Line
	}
	// redrawn brings lines in another look.
	redrawn struct {
		gen   int
		lines map[*record]pager.Line
	}
	// republished says how publishing a message again went.
	republished struct {
		topic string
		err   error
	}
	// tick is the time to count.
	tick struct{}
)

// Route is the screen's route. The screen ends with ctx at the latest.
func Route(ctx context.Context, session *introspect.Session, th theme.Theme) tui.Route {
	return tui.Route{
		Name: "tail", Help: "messages as they come: tail TOPIC…",
		New:     func(with any) (tui.Screen, error) { return New(ctx, session, th, with) },
		Actions: func() []tui.Action { return new(screen).Actions() },
	}
}

// New makes the screen; it starts nothing before Init. with are the topics.
func New(ctx context.Context, session *introspect.Session, th theme.Theme, with any) (tui.Screen, error) {
	var names []string
	switch with := with.(type) {
	case nil:
	case string:
		names = strings.Fields(with)
	case []string:
		names = with
	default:
		return nil, fmt.Errorf("cannot tail a %T", with)
	}
	if len(names) == 0 {
		return nil, errors.New("name a topic: `:tail TOPIC…`; :topics lists them")
	}
	return newScreen(ctx, th, names, backend{
		follow: func(ctx context.Context) (source, error) {
			known, err := topics.Expand(ctx, session, names)
			if err != nil {
				return nil, err
			}
			t, err := topics.Follow(ctx, session, known...)
			if err != nil {
				return nil, err // not a nil *Tail in a source
			}
			return t, nil
		},
		republish: func(ctx context.Context, m *topics.Message) error { return topics.Republish(ctx, session, m) },
		change:    session.Change,
		flags:     session.Flags(),
	}), nil
}

func newScreen(ctx context.Context, th theme.Theme, names []string, back backend) *screen {
	s := &screen{scope: tui.NewScope(ctx), pens: paint.NewPens(th), back: back, in: newIntake(), topics: names, look: newLook(names)}
	s.log = pager.New(pager.Options{Theme: th, Capacity: keptMessages, Status: true, Empty: safetext.CleanBlock("subscribing …")})
	s.detail = pager.New(pager.Options{Theme: th})
	return s
}

// Init implements [tui.Screen].
func (s *screen) Init() tea.Cmd { return tea.Batch(s.subscribe(), s.next(), s.clock()) }

func (s *screen) subscribe() tea.Cmd {
	in, follow := s.in, s.back.follow
	return s.scope.Cmd(func(ctx context.Context) tea.Msg { return in.run(ctx, follow) })
}

func (s *screen) next() tea.Cmd { return s.in.feed.Next(s.scope.Context()) }

func (s *screen) clock() tea.Cmd {
	return s.scope.Cmd(func(ctx context.Context) tea.Msg {
		timer := time.NewTimer(time.Second)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
			return tick{}
		}
	})
}

// Title implements [tui.Screen].
func (s *screen) Title() safetext.Line { return safetext.Format("tail %s", show.Names(s.topics)) }

// Close implements [tui.Screen].
func (s *screen) Close() { s.scope.Close() }

// Update implements [tui.Screen].
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tui.Batch[event]:
		return tea.Batch(s.onEvents(msg.Items), s.next())
	case judged:
		return s.onJudged(msg)
	case redrawn:
		if msg.gen == s.gen {
			s.log.Rewrite(func(l pager.Line) pager.Line {
				if r, ok := l.Item.(*record); ok {
					if anew, ok := msg.lines[r]; ok {
						return anew
					}
				}
				return l
			})
		}
		return nil
	case republished:
		if msg.err != nil {
			return tui.Fail(msg.err)
		}
		return tui.Say(tui.Good, safetext.Format("published to %s again", msg.topic))
	case tick:
		if s.source != nil {
			received, _, _ := s.source.Counts()
			s.rate, s.last = float64(received-s.last), received
			s.trend = append(s.trend[max(len(s.trend)-trended+1, 0):], s.rate)
		}
		return s.clock()
	case tea.MouseMsg:
		if inner, ok := (pane.Area{Y: 1, W: 1 << 16, H: 1 << 16}).In(msg); ok {
			s.shown().Update(inner)
		}
		return nil
	}
	s.shown().Update(msg)
	return nil
}

func (s *screen) onEvents(events []event) tea.Cmd {
	for _, e := range events {
		switch {
		case e.source != nil:
			s.source, s.problem = e.source, nil
			s.log.SetEmpty(s.waiting())
		case e.err != nil:
			s.problem = e.err
			s.log.SetEmpty(safetext.BlockOf(append(safetext.CleanBlock(e.err.Error()).Lines(), safetext.Line{}, safetext.Literal("r tries again"))...))
		case e.message != nil:
			s.in.took(e.message)
			s.kept.add(e.message)
		}
	}
	s.in.again()
	return s.pump()
}

// waiting is what an empty tail says.
func (s *screen) waiting() safetext.Block {
	if s.filter != nil {
		return safetext.BlockOf(safetext.Format("nothing kept matches %s", s.expr), safetext.Line{}, safetext.Literal("esc takes the filter away"))
	}
	return safetext.BlockOf(safetext.Format("nothing was published to %s yet", show.Names(s.topics)), safetext.Line{}, safetext.Literal("a tail shows what comes from now on; P publishes something"))
}

// pump shows the records that were not decided on yet. A filter is asked, and bodies are read in another way than they
// were when they came, beside the program, a bounded number of records at a time.
func (s *screen) pump() tea.Cmd {
	if s.working {
		return nil
	}
	if s.filter == nil && s.look.decoding == topics.Guess {
		for _, r := range s.kept.after(s.decided, keptMessages) {
			if l, ok := s.look.drawn(r); ok {
				s.log.Append(l)
			}
			s.decided = r.number
		}
		return nil
	}
	records := s.kept.after(s.decided, filtered)
	if len(records) == 0 {
		return nil
	}
	s.working = true
	gen, f, look := s.gen, s.filter, s.look
	return s.scope.Cmd(func(ctx context.Context) tea.Msg {
		out := judged{gen: gen, upto: records[len(records)-1].number}
		for _, r := range records {
			if m := r.message.Load(); m != nil && !f.Match(ctx, m, look.decoding) {
				continue
			}
			if l, ok := look.drawn(r); ok {
				out.lines = append(out.lines, l)
			}
		}
		return out
	})
}

func (s *screen) onJudged(msg judged) tea.Cmd {
	s.working = false
	if msg.gen == s.gen {
		s.decided = msg.upto
		s.log.Append(msg.lines...)
	}
	return s.pump()
}

// redraw draws what is shown in the look of now.
func (s *screen) redraw() tea.Cmd {
	s.gen++
	gen, look := s.gen, s.look
	var records []*record
	for _, l := range s.log.All() {
		if r, ok := l.Item.(*record); ok {
			records = append(records, r)
		}
	}
	return s.scope.Cmd(func(ctx context.Context) tea.Msg {
		lines := make(map[*record]pager.Line, len(records))
		for _, r := range records {
			if l, ok := look.drawn(r); ok && ctx.Err() == nil {
				lines[r] = l
			}
		}
		return redrawn{gen, lines}
	})
}

// SetFilter implements [tui.Filterer]: text, "re:" and a regular expression, or a jq
// expression that begins with ".". In a message shown in full it searches.
func (s *screen) SetFilter(text string) error {
	if s.whole {
		return s.detail.SetSearch(text)
	}
	f, err := ParseFilter(text)
	if err != nil {
		return err
	}
	s.filter, s.expr = f, text
	s.judgeAnew()
	return nil
}

// judgeAnew shows what of the kept messages the filter lets through.
func (s *screen) judgeAnew() {
	follow := s.log.Following()
	s.gen++
	s.decided = 0
	s.log.Clear()
	s.log.SetFollow(follow)
	s.log.SetEmpty(s.waiting())
	s.in.feed.Push(event{}) // wakes the screen up: a filter runs in a command
}

// Filter implements [tui.Filterer].
func (s *screen) Filter() tui.Filter {
	if s.whole {
		return tui.Filter{Text: safetext.Clean(s.detail.Search())}
	}
	return tui.Filter{Text: safetext.Clean(s.expr), Shown: s.log.Len(), Total: s.kept.messages()}
}

// shown is the pager on the screen.
func (s *screen) shown() *pager.Pager {
	if s.whole {
		return s.detail
	}
	return s.log
}

// selected is the message under the cursor, nil when it is no longer kept.
func (s *screen) selected() *topics.Message {
	l, _, ok := s.log.Selected()
	if r, isRecord := l.Item.(*record); ok && isRecord {
		return r.message.Load()
	}
	return nil
}

// Escape implements [tui.Escaper].
func (s *screen) Escape() bool {
	switch {
	case s.whole && s.detail.Escapes():
		s.detail.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	case s.whole:
		s.whole = false
	default:
		return false
	}
	return true
}

// Cursor implements [tui.Cursorer].
func (s *screen) Cursor() (x, y int, ok bool) { return 0, 1, true }

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	title := safetext.Literal("messages")
	if s.whole {
		title = safetext.Literal("message; esc goes back")
	}
	s.shown().SetSize(w, h-1)
	return pane.Stack(pane.Rule(s.pens, w, title, s.status(w), true), s.shown().View())
}

// status are the counts, with the rate's curve where there is room for it.
func (s *screen) status(w int) safetext.Line {
	switch {
	case s.problem != nil:
		return safetext.Clean(s.pens.Glyphs.Cross + " not subscribed")
	case s.source == nil:
		return safetext.Literal("subscribing")
	}
	received, bytes, missed := s.source.Counts()
	var parts []safetext.Line
	if s.look.decoding != topics.Guess {
		parts = append(parts, safetext.Format("as %s", s.look.decoding))
	}
	if w >= 120 && len(s.trend) > 0 {
		parts = append(parts, show.Spark(s.pens.Glyphs, s.trend, min(len(s.trend), 30)))
	}
	parts = append(parts, safetext.Format("%s/s", show.Rate(s.rate)), safetext.Format("kept %d of %d", s.kept.messages(), received))
	if s.kept.dropped > 0 {
		parts = append(parts, safetext.Format("dropped %d", s.kept.dropped))
	}
	if missed > 0 {
		parts = append(parts, safetext.Format("%s missed %d", s.pens.Glyphs.Warning, missed))
	}
	if s.filter != nil && s.working {
		parts = append(parts, safetext.Literal("filtering"))
	}
	return safetext.Join("  ", append(parts, safetext.Clean(show.Bytes(bytes)))...)
}
