package pane_test

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

func TestRuleIsAsWideAsAsked(t *testing.T) {
	pens := paint.NewPens(theme.Plain())
	for _, title := range []string{"", "request", "漢字漢字漢字", strings.Repeat("x", 300), "a\x1b[2J\u202e"} {
		for _, note := range []string{"", "2 of 3", strings.Repeat("漢", 99)} {
			for w := range 60 {
				row := pane.Rule(pens, w, safetext.Clean(title), safetext.Clean(note), w%2 == 0)
				if got := ansi.StringWidth(row); got != w {
					t.Fatalf("%q, %q in %d cells takes %d: %q", title, note, w, got, row)
				}
			}
		}
	}
	got := ansi.Strip(pane.Rule(pens, 30, safetext.Clean("request"), safetext.Clean("ok"), true))
	if !strings.HasPrefix(got, "› request ─") || !strings.HasSuffix(got, "─ ok ─") {
		t.Errorf("got %q", got)
	}
}

func TestBesideAndStack(t *testing.T) {
	pens := paint.NewPens(theme.Plain())
	if got, want := ansi.Strip(pane.Beside(pens, 2, "a\nb\nc", "1")), "a│1\nb│"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := pane.Stack("a", "", "b"), "a\nb"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAreaTakesItsOwnMouse(t *testing.T) {
	a := pane.Area{X: 10, Y: 5, W: 4, H: 2}
	msg, ok := a.In(tea.MouseClickMsg{X: 11, Y: 6, Button: tea.MouseLeft})
	if click, isClick := msg.(tea.MouseClickMsg); !ok || !isClick || click.X != 1 || click.Y != 1 || click.Button != tea.MouseLeft {
		t.Errorf("got %v, %v", msg, ok)
	}
	for _, at := range []tea.Mouse{{X: 9, Y: 5}, {X: 14, Y: 5}, {X: 10, Y: 4}, {X: 10, Y: 7}} {
		if _, ok := a.In(tea.MouseWheelMsg(at)); ok {
			t.Errorf("%v is not inside", at)
		}
	}
	if _, ok := a.In(tea.MouseMotionMsg{X: 11, Y: 6}); ok {
		t.Error("motion is nobody's")
	}
}
