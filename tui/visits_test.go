package tui_test

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
)

func TestViewsAreGoneThrough(t *testing.T) {
	s := newShop(t)
	x := frametest.New(t, s.cfg, 80, 24)
	x.Keys("[")
	x.WaitFor("no view was opened there")
	x.Keys("-")
	x.WaitFor("no other view was opened yet")
	x.Keys(":", "nodes cart", "enter")
	x.WaitFor("services ▸ nodes")
	x.Keys(":", "topics orders", "enter")
	x.WaitFor("services ▸ nodes ▸ topics")
	x.Keys("[")
	x.WaitGone("topics")
	x.WaitFor("with=cart")
	x.Keys("[")
	x.WaitGone("▸ nodes")
	x.Keys("]", "]")
	x.WaitFor("services ▸ nodes ▸ topics")
	x.WaitFor("with=orders")
	x.Keys("]")
	x.WaitFor("no view was opened there")
	x.Keys("esc", "esc")
	x.WaitGone("▸ nodes")
	x.Keys("]") // what esc left is still ahead
	x.WaitFor("with=cart")
	x.Keys(":", "topics pay", "enter")
	x.WaitFor("services ▸ nodes ▸ topics")
	x.Keys("-")
	x.WaitGone("topics")
	x.Keys("-")
	x.WaitFor("with=pay")
	x.Keys("-", "]", "]")
	x.WaitFor("no view was opened there") // orders was forgotten when pay was opened
}

func TestWhatRunsIsNotEndedByGoingBack(t *testing.T) {
	s := newShop(t)
	x := frametest.New(t, s.cfg, 80, 24)
	x.Keys(":", "nodes cart", "enter")
	x.WaitFor("▸ nodes")
	x.Settle()
	s.lists["nodes"].busy = true
	x.Keys("[")
	x.WaitFor("nodes is still running: esc leaves it")
	x.WaitFor("▸ nodes")
}

func TestVisitsAreBounded(t *testing.T) {
	s, err := tui.NewShell(t.Context(), newShop(t).cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	s.Update(tui.Open{Name: "services"})
	for i := range 120 {
		s.Update(tui.Open{Name: "nodes", With: i})
	}
	for range 150 {
		s.Update(tea.KeyPressMsg{Code: '[', Text: "["})
	}
	if got := ansi.Strip(s.View().Content); !strings.Contains(got, "with=20 ") {
		t.Errorf("100 views are kept, so that this is the 21st:\n%s", got)
	}
}

func TestTheArgumentIsCompleted(t *testing.T) {
	s := newShop(t)
	s.cfg.Routes[1].Complete = func(arg string) string {
		if rest, ok := strings.CutPrefix("checkout", arg); ok {
			return rest
		}
		return ""
	}
	x := frametest.New(t, s.cfg, 80, 24)
	x.Keys(":", "no che")
	x.WaitFor(" :no checkout")
	x.Keys("tab", "enter")
	x.WaitFor("with=checkout")
	x.Keys(":", "topics c")
	x.Settle()
	if strings.Contains(x.Screen(), ":topics checkout") {
		t.Error("a screen's argument is completed by another's")
	}
	s.cfg.Routes[1].Complete = func(string) string { return "\x1brt" }
	x = frametest.New(t, s.cfg, 80, 24)
	x.Keys(":", "no ca", "tab")
	if x.Settle(); strings.Contains(x.Written(), "\x1brt") {
		t.Error("a completion steers the terminal")
	}
}

// shaped is a screen that remembers.
type shaped struct{ *list }

func (s shaped) Remember(look tui.Look) { look[s.name] = s.typed }
func (s shaped) Recall(look tui.Look)   { s.typed = look[s.name] }

func TestScreensLookAsTheyWereLeft(t *testing.T) {
	s := newShop(t)
	for i := range s.cfg.Routes {
		plain := s.cfg.Routes[i].New
		s.cfg.Routes[i].New = func(with any) (tui.Screen, error) {
			made, err := plain(with)
			if err != nil {
				return nil, err
			}
			return shaped{made.(*list)}, nil
		}
	}
	s.cfg.Look = tui.Look{"nodes": "kept", "other": "stays"}
	var kept tui.Look
	s.cfg.KeepLook = func(look tui.Look) { kept = look }
	x := frametest.New(t, s.cfg, 80, 24)
	x.Keys(":", "nodes 1", "enter")
	x.WaitFor(`typed="kept"`)
	x.Settle()
	s.lists["nodes"].typed = "changed"
	x.Keys("esc")
	x.WaitGone("▸ nodes")
	x.Keys(":", "nodes 2", "enter")
	x.WaitFor(`typed="changed"`)
	x.Keys(":", "q", "enter")
	if err := x.Ends(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(tui.Look{"nodes": "changed", "other": "stays", "services": ""}, kept); diff != "" {
		t.Error(diff)
	}
}
