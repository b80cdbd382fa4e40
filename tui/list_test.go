package tui_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// list is a screen that has everything a screen may have.
type list struct {
	name    string
	theme   theme.Theme
	rows    []string
	filter  *regexp.Regexp
	text    string // of the filter
	at      int
	marked  bool
	busy    bool
	typing  bool
	typed   string
	last    string // what Update saw last
	with    any
	actions []tui.Action
	views   *atomic.Int64
	closed  *atomic.Int64
}

var (
	_ tui.Screen   = (*list)(nil)
	_ tui.Filterer = (*list)(nil)
	_ tui.Typist   = (*list)(nil)
	_ tui.Cursorer = (*list)(nil)
	_ tui.Escaper  = (*list)(nil)
	_ tui.Busy     = (*list)(nil)
)

type pong string

func (l *list) Init() tea.Cmd               { return nil }
func (l *list) Title() safetext.Line        { return safetext.Clean(l.name) }
func (l *list) Close()                      { l.closed.Add(1) }
func (l *list) Typing() bool                { return l.typing }
func (l *list) Cursor() (x, y int, ok bool) { return 0, l.at, true }
func (l *list) Busy() bool                  { return l.busy }

func (l *list) Cancel() bool {
	was := l.busy
	l.busy = false
	return was
}

func (l *list) Escape() bool {
	was := l.marked
	l.marked = false
	return was
}

func (l *list) SetFilter(text string) error {
	re, err := regexp.Compile(text)
	if err != nil {
		return errors.New("bad pattern")
	}
	l.filter, l.text = re, text
	return nil
}

func (l *list) Filter() tui.Filter {
	return tui.Filter{Text: safetext.Clean(l.text), Shown: len(l.shown()), Total: len(l.rows)}
}

func (l *list) shown() []string {
	var rows []string
	for _, r := range l.rows {
		if l.filter == nil || l.filter.MatchString(r) {
			rows = append(rows, r)
		}
	}
	return rows
}

func (l *list) Update(msg tea.Msg) tea.Cmd {
	l.last = fmt.Sprint(msg)
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		switch {
		case l.typing && msg.String() == "esc":
			l.typing = false
		case l.typing:
			l.typed += msg.Text
		case msg.String() == "j":
			l.at = min(l.at+1, len(l.rows)-1)
		}
	case pong:
		l.typed = string(msg)
	}
	return nil
}

func (l *list) View(w, h int) string {
	l.views.Add(1)
	rows := []string{safetext.Format("%dx%d with=%v typed=%q last=%q", w, h, l.with, l.typed, l.last).Cut(w).String()}
	for i, r := range l.shown() {
		style := l.theme.Text
		if i == l.at {
			style = l.theme.Selected
		}
		rows = append(rows, style.Render(safetext.Clean(r).Fit(w).String()))
	}
	return strings.Join(rows, "\n")
}

func (l *list) Actions() []tui.Action { return append(l.actions, tui.Moving()...) }

// shop is a configuration with two screens, and what a test can watch.
type shop struct {
	cfg    tui.Config
	views  atomic.Int64
	closed atomic.Int64
	lists  map[string]*list // the last screen made by each route
}

func newShop(t testing.TB, change ...func(*list)) *shop {
	t.Helper()
	s := &shop{lists: map[string]*list{}}
	th := theme.Default()
	route := func(name string, aliases ...string) tui.Route {
		return tui.Route{Name: name, Aliases: aliases, Help: "all " + name, New: func(with any) (tui.Screen, error) {
			if with == "broken" {
				return nil, errors.New("registry is away\x1b[2J")
			}
			l := &list{name: name, theme: th, rows: []string{"cart", "checkout", "payment", "shipping"}, with: with, views: &s.views, closed: &s.closed}
			for _, c := range change {
				c(l)
			}
			s.lists[name] = l
			return l, nil
		}}
	}
	s.cfg = tui.Config{
		Name: "microshop", Journal: tui.NewJournal(nil), Theme: th, Start: tui.Open{Name: "services"},
		Routes: []tui.Route{route("services", "svc"), route("nodes", "no"), route("topics", "to")},
		Header: func(int) []tui.Segment {
			seg := func(label, value string) tui.Segment {
				return tui.Segment{Label: safetext.Clean(label), Value: safetext.Clean(value), Style: th.Text}
			}
			live := seg("", "● live 0.2s")
			live.Right, live.Style = true, th.Good
			return []tui.Segment{seg("", "shop@mdns"), seg("ctx", "local"), seg("services", "11"), seg("nodes", "14"), seg("endpoints", "43"), seg("", "12.4k req/s"), seg("", "0.02% err"), live}
		},
		Palette: func() []tui.Item {
			return []tui.Item{{Label: safetext.Literal("call Checkout.Pay"), Run: tui.Say(tui.Good, safetext.Literal("paid"))}}
		},
	}
	return s
}

// act adds actions to every list.
func act(actions ...tui.Action) func(*list) {
	return func(l *list) { l.actions = append(l.actions, actions...) }
}

// key is an action that does cmd.
func key(k, name string, cmd tea.Cmd) tui.Action {
	return tui.Action{ID: "test." + name, Keys: []string{k}, Name: name, Run: func() tea.Cmd { return cmd }}
}
