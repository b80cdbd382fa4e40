package tui_test

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

func TestFrame(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {200, 60}, {60, 16}, {18, 5}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			s := newShop(t, act(key("enter", "open", tui.Do(tui.Open{Name: "nodes"})), key("c", "call", nil), key("o", "profile", nil), key("d", "describe", nil)))
			x := frametest.New(t, s.cfg, size[0], size[1])
			x.Keys("/chec", "enter", "enter")
			x.Golden()
		})
	}
	t.Run("ascii", func(t *testing.T) {
		s := newShop(t)
		s.cfg.Theme = theme.Plain().ASCII()
		x := frametest.New(t, s.cfg, 80, 24)
		x.Keys("?")
		x.Golden()
		if strings.ContainsFunc(x.Screen(), func(r rune) bool { return r > 126 }) {
			t.Error("more than ASCII on the screen")
		}
	})
}

func TestNothingIsDrawnWhenNothingChanged(t *testing.T) {
	s := newShop(t)
	x := frametest.New(t, s.cfg, 80, 24)
	x.Settle()
	before := s.views.Load()
	for range 100 {
		x.Send(tea.KeyReleaseMsg{Code: 'j'})
		x.Send(tea.ColorProfileMsg{})
	}
	x.Keys(":", "no", "esc") // the frame changes, the body does not
	x.Settle()
	if n := s.views.Load() - before; n != 0 {
		t.Errorf("the body was drawn %d times", n)
	}
	x.Keys("j")
	x.Settle()
	if n := s.views.Load() - before; n != 1 {
		t.Errorf("after one key the body was drawn %d times", n)
	}
}

func TestMouse(t *testing.T) {
	s := newShop(t)
	x := frametest.New(t, s.cfg, 80, 24)
	x.Click(5, 4)
	x.Settle()
	if want := fmt.Sprint(tea.MouseClickMsg{X: 4, Y: 1, Button: tea.MouseLeft}); !strings.Contains(x.Screen(), want) {
		t.Errorf("no click at 4,1 of the body:\n%s", x.Screen())
	}
	x.Click(5, 0) // the header
	x.Settle()
	if on := "\x1b[?1002h"; !strings.Contains(x.Written(), on) {
		t.Error("the mouse was never on")
	}
	x.Keys("M")
	x.WaitFor("the mouse is the terminal's")
	x.Settle()
	if off := "\x1b[?1002l"; !strings.Contains(x.Written(), off) {
		t.Error("M does not give the mouse back")
	}
}

func TestResizeStorm(t *testing.T) {
	s := newShop(t, act(key("x", "ask", tui.Do(tui.Confirm{Question: safetext.Literal("Really? 漢字 for sure?")}))))
	x := frametest.New(t, s.cfg, 80, 24)
	sizes := [][2]int{{0, 0}, {1, 1}, {2, 3}, {500, 200}, {20, 8}, {19, 8}, {3, 50}, {200, 2}, {79, 24}}
	for i := range 300 {
		size := sizes[i%len(sizes)]
		x.Resize(size[0], size[1])
		switch i % 50 {
		case 10:
			x.Keys("x")
		case 20:
			x.Keys("esc", ":", "nod")
		case 30:
			x.Keys("esc", "ctrl+p", "s")
		case 40:
			x.Keys("esc", "?")
		case 49:
			x.Keys("esc")
		}
	}
	x.Keys("esc")
	x.Resize(80, 24)
	x.WaitFor("78x19")
	x.WaitFor("● live")
	if !x.Running() {
		t.Error("the program ended")
	}
}

func TestCrumbsLeaveTheCountWhole(t *testing.T) {
	s := newShop(t, act(key("enter", "open", tui.Do(tui.Open{Name: "nodes"}))))
	x := frametest.New(t, s.cfg, 80, 24)
	x.Keys("enter", ":topics", "enter")
	x.WaitFor("services ▸ nodes ▸ topics")
	for w := 80; w >= 20; w-- {
		x.Resize(w, 24)
		x.Settle()
		if row := strings.Split(x.Screen(), "\n")[1]; !strings.HasSuffix(strings.TrimSpace(row), " [4]") {
			t.Fatalf("%d cells wide: %q", w, row)
		}
	}
}
