package tui_test

import (
	"context"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// fruit is a screen with live data: 30 lines are all it takes.
type fruit struct {
	scope tui.Scope
	feed  *tui.Feed[string]
	theme theme.Theme
	names []safetext.Line
	at    int
}

var _ tui.Screen = (*fruit)(nil)

func newFruit(ctx context.Context, th theme.Theme, feed *tui.Feed[string]) *fruit {
	return &fruit{scope: tui.NewScope(ctx), theme: th, feed: feed}
}

func (f *fruit) Init() tea.Cmd        { return f.feed.Next(f.scope.Context()) }
func (f *fruit) Title() safetext.Line { return safetext.Literal("fruit") }
func (f *fruit) Close()               { f.scope.Close() }

func (f *fruit) Actions() []tui.Action {
	return append([]tui.Action{{ID: "fruit.copy", Keys: []string{"y"}, Name: "copy", Disabled: f.empty, Run: func() tea.Cmd {
		return tui.Do(tui.Copy{What: safetext.Literal("the name"), Text: f.names[f.at].String()})
	}}}, tui.Moving()...)
}

func (f *fruit) empty() string {
	if len(f.names) == 0 {
		return "there is no fruit yet"
	}
	return ""
}

func (f *fruit) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tui.Batch[string]:
		for _, name := range msg.Items {
			f.names = append(f.names, safetext.Clean(name))
		}
		return f.feed.Next(f.scope.Context())
	case tea.KeyPressMsg:
		if msg.String() == "j" {
			f.at = min(f.at+1, len(f.names)-1)
		}
	}
	return nil
}

func (f *fruit) View(w, h int) string {
	var rows []string
	for i, name := range f.names[:min(len(f.names), h)] {
		style := f.theme.Text
		if i == f.at {
			style = f.theme.Selected
		}
		rows = append(rows, style.Render(name.Fit(w).String()))
	}
	return strings.Join(rows, "\n")
}

// The program above the views would write:
//
//	err := tui.Run(ctx, cfg)
//	os.Exit(guard.Code(err))
func fruitConfig(ctx context.Context, feed *tui.Feed[string]) tui.Config {
	th := theme.Default()
	return tui.Config{
		Name: "grocer", Theme: th, Plain: "grocer list", Start: tui.Open{Name: "fruit"},
		Routes: []tui.Route{{Name: "fruit", Aliases: []string{"fr"}, Help: "all fruit there is", New: func(any) (tui.Screen, error) {
			return newFruit(ctx, th, feed), nil
		}}},
	}
}

func TestTheExampleScreen(t *testing.T) {
	feed := tui.NewFeed[string](100)
	x := frametest.New(t, fruitConfig(t.Context(), feed), 80, 24)
	x.Keys("y")
	x.WaitFor("there is no fruit yet")
	feed.Push("apple")
	feed.Push("pear\x1b[2J")
	x.WaitFor("pear␛[2J")
	x.Keys("j", "y")
	x.WaitFor("copied the name")
	x.Golden()
}
