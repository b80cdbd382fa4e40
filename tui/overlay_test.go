package tui_test

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
)

func TestDialogs(t *testing.T) {
	line := safetext.Literal
	for name, cmd := range map[string]tea.Cmd{
		"confirm": tui.Do(tui.Confirm{Question: line("Deregister checkout-2 at 10.0.0.7:8080? Its callers lose it until it registers again."), Danger: true, Yes: tea.Quit}),
		"menu": tui.Do(tui.Menu{Title: line("observe"), Items: []tui.Item{
			{Key: "c", Label: line("cpu"), Detail: line("30 s")}, {Key: "h", Label: line("heap")}, {Key: "g", Label: line("goroutine")}}}),
		"prompt": tui.Do(tui.Prompt{Title: line("save as"), Initial: "checkout.json"}),
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, act(key("x", "ask", cmd)))
			x := frametest.New(t, s.cfg, 80, 24)
			x.Keys("x")
			x.Golden()
			x.Keys("esc")
			x.WaitFor("typed=")
			x.WaitGone("checkout-2")
		})
	}
	t.Run("help", func(t *testing.T) {
		x := frametest.New(t, newShop(t).cfg, 80, 24)
		x.Keys("?")
		x.Golden()
	})
	t.Run("palette", func(t *testing.T) {
		x := frametest.New(t, newShop(t).cfg, 80, 24)
		x.Keys("ctrl+p", "pay")
		x.Golden()
		x.Keys("enter")
		x.WaitFor("✓ paid")
	})
}

func TestConfirm(t *testing.T) {
	yes := tui.Say(tui.Good, safetext.Literal("gone"))
	danger := tui.Action{ID: "test.delete", Keys: []string{"D"}, Name: "delete", Run: func() tea.Cmd { return yes },
		Confirm: func() safetext.Line { return safetext.Literal("Delete cart?") }}
	mild := key("m", "mild", tui.Do(tui.Confirm{Question: safetext.Literal("Really?"), Yes: yes}))
	for name, c := range map[string]struct {
		keys []string
		done bool
	}{
		"cancel is the default":      {[]string{"D", "enter"}, false},
		"esc":                        {[]string{"D", "esc"}, false},
		"n":                          {[]string{"D", "n"}, false},
		"ctrl+c":                     {[]string{"D", "ctrl+c"}, false},
		"y alone does not do danger": {[]string{"D", "y", "esc"}, false},
		"y and enter":                {[]string{"D", "y", "enter"}, true},
		"the other button":           {[]string{"D", "tab", "enter"}, true},
		"there and back":             {[]string{"D", "tab", "tab", "enter"}, false},
		"the focus is trapped":       {[]string{"D", ":", "q", "enter"}, false},
		"y does what is mild":        {[]string{"m", "y"}, true},
		"by command, asked as well":  {[]string{":", "delete", "enter", "enter"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			x := frametest.New(t, newShop(t, act(danger, mild)).cfg, 80, 24)
			x.Keys(c.keys...)
			x.Settle()
			if got := strings.Contains(x.Screen(), "✓ gone"); got != c.done {
				t.Errorf("done %v, want %v:\n%s", got, c.done, x.Screen())
			}
			if strings.Contains(x.Screen(), "Delete cart?") || !x.Running() {
				t.Errorf("the dialog is still there, or the program is gone:\n%s", x.Screen())
			}
		})
	}
}

func TestMenuAndPromptAnswerTheScreenThatAsked(t *testing.T) {
	line := safetext.Literal
	menu := tui.Menu{Title: line("observe"), Items: []tui.Item{{Key: "c", Label: line("cpu"), Run: tui.Do(pong("cpu"))}, {Key: "h", Label: line("heap"), Run: tui.Do(pong("heap"))}}}
	ask := tui.Prompt{Title: line("name"), Initial: "a", Done: func(s string) tea.Cmd { return tui.Do(pong("named " + s)) }}
	x := frametest.New(t, newShop(t, act(key("o", "observe", tui.Do(menu)), key("n", "name", tui.Do(ask)))).cfg, 80, 24)
	x.Keys("o", "h")
	x.WaitFor(`typed="heap"`)
	x.Keys("o", "j", "k", "enter")
	x.WaitFor(`typed="cpu"`)
	x.Keys("n", "b")
	x.Paste("c\x1b[31m\nd")
	x.Keys("enter")
	x.WaitFor(`typed="named abc[31m d"`)
}
