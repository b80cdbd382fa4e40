package tui_test

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
)

func TestParseKey(t *testing.T) {
	for _, name := range []string{"j", "G", "?", "ü", "+", "enter", "space", "esc", "pgdown", "f5", "ctrl+p", "ctrl+c", "shift+tab", "alt+x", "ctrl+alt+a", "ctrl++", "shift+left", "ctrl+space"} {
		k, err := tui.ParseKey(name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
		} else if k.String() != name {
			t.Errorf("%q reads as %q", name, k.String())
		}
	}
	for _, name := range []string{"", "jj", "ctrl+", "hyper+x", " ", "\x1b", "pageup"} {
		if k, err := tui.ParseKey(name); err == nil {
			t.Errorf("%q reads as %v", name, k)
		}
	}
}

func TestKeymapIsCheckedAtTheStart(t *testing.T) {
	actions := func() []tui.Action {
		return []tui.Action{{ID: "services.call", Keys: []string{"c"}}, {ID: "services.describe", Keys: []string{"d"}}}
	}
	for name, c := range map[string]struct {
		keys tui.Keymap
		want []string
	}{
		"fine":               {tui.Keymap{"services.call": {"C"}}, nil},
		"swapped":            {tui.Keymap{"services.call": {"d"}, "services.describe": {"c"}}, nil},
		"taken off":          {tui.Keymap{"services.call": {}}, nil},
		"unknown action":     {tui.Keymap{"services.cal": {"C"}}, []string{`no action "services.cal": did you mean services.call`}},
		"unknown key":        {tui.Keymap{"services.call": {"jj"}}, []string{`services.call: no key "jj"`}},
		"twice on a screen":  {tui.Keymap{"services.call": {"d"}}, []string{`services: "d" is both services.call and services.describe`}},
		"against the shell":  {tui.Keymap{"shell.help": {"c"}}, []string{`services: "c" is both services.call and shell.help`}},
		"more than one flaw": {tui.Keymap{"shell.hepl": {"h"}, "services.call": {"q"}}, []string{"shell.hepl", `"q" is both services.call and shell.leave`}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.cfg.Routes[0].Actions = actions
			s.cfg.Keys = c.keys
			_, err := tui.NewShell(t.Context(), s.cfg)
			if (err != nil) != (c.want != nil) {
				t.Fatalf("error %v", err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
		})
	}
}

func TestRemappedKeys(t *testing.T) {
	s := newShop(t, act(key("c", "call", tui.Say(tui.Good, safetext.Literal("called")))))
	s.cfg.Routes[0].Actions = func() []tui.Action { return append(tui.Moving(), tui.Action{ID: "test.call"}) }
	s.cfg.Keys = tui.Keymap{"test.call": {"C"}, "move.down": {"n"}, "shell.help": {"f1"}}
	x := frametest.New(t, s.cfg, 80, 24)
	x.Keys("c")
	x.WaitFor(`last="c"`) // no longer an action
	x.Keys("C")
	x.WaitFor("✓ called")
	x.WaitFor("C call")
	x.Keys("n")
	x.WaitFor(`last="j"`) // the widget gets the key it knows
	x.Keys("f1")
	x.WaitFor("─help─")
}

func TestWheelFloodIsCalmed(t *testing.T) {
	now := time.Unix(0, 0)
	calm := tui.Calm(func() time.Time { return now })
	passed := 0
	for range 1000 {
		now = now.Add(time.Millisecond)
		if calm(nil, tea.MouseWheelMsg{}) != nil {
			passed++
		}
		if calm(nil, tea.KeyPressMsg{}) == nil {
			t.Fatal("a key was lost")
		}
	}
	if passed < 60 || passed > 63 {
		t.Errorf("%d wheel events a second passed", passed)
	}
}

func TestRunRefusesWhatIsNoTerminal(t *testing.T) {
	s := newShop(t)
	s.cfg.Plain = "services, call"
	s.cfg.Getenv = func(string) string { return "dumb" } // and stdout of a test is no terminal anyway
	if err := tui.Run(t.Context(), s.cfg); err == nil || !strings.Contains(err.Error(), "use services, call") || strings.Contains(err.Error(), "\n") {
		t.Errorf("Run: %v", err)
	}
}
