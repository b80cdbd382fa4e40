package tui_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/guard"
	"github.com/microtop/microtop/tui/safetext"
)

func TestScreensAreAStack(t *testing.T) {
	s := newShop(t, act(key("enter", "open", tui.Do(tui.Open{Name: "nodes", With: 7}))))
	x := frametest.New(t, s.cfg, 80, 24)
	x.Keys("esc") // never quits
	x.Keys("enter")
	x.WaitFor("services ▸ nodes")
	x.WaitFor("with=7")
	x.Keys("esc")
	x.WaitGone("▸ nodes")
	if n := s.closed.Load(); n != 1 {
		t.Errorf("%d screens closed, want 1", n)
	}
	x.Keys("enter")
	x.WaitFor("▸ nodes")
	x.Keys("q") // one back
	x.WaitGone("▸ nodes")
	x.Keys("q")
	if err := x.Ends(); err != nil {
		t.Error(err)
	}
	if n := s.closed.Load(); n != 3 {
		t.Errorf("%d screens closed at the end, want 3", n)
	}
}

func TestAMessageLeavesWithItsScreen(t *testing.T) {
	cfg := newShop(t).cfg
	synctest.Test(t, func(t *testing.T) {
		s, err := tui.NewShell(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		shows := func(text string) bool { return strings.Contains(ansi.Strip(s.View().Content), text) }
		s.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
		s.Update(tui.Open{Name: "services"})
		s.Update(tui.Toast{Level: tui.Warn, Text: safetext.Literal("no topic here")})
		s.Update(tui.Open{Name: "nodes"})
		if !shows("nodes") || !shows("no topic here") {
			t.Error("what was just said is not shown on the screen that it opened")
		}
		time.Sleep(2 * time.Second)
		s.Update(tui.Back{})
		if shows("no topic here") || shows("▸ nodes") {
			t.Errorf("the message of a screen that was left stays:\n%s", s.View().Content)
		}
	})
}

func TestCommandLine(t *testing.T) {
	x := frametest.New(t, newShop(t).cfg, 80, 24)
	x.Keys(":", "nod")
	x.WaitFor(" :nodes") // the ghost
	x.Settle()
	if col, row := x.Cursor(); col != 5 || row != 23 {
		t.Errorf("the cursor is at %d,%d", col, row)
	}
	x.Keys("tab", "enter")
	x.WaitFor("services ▸ nodes")
	x.Keys(":", "svc", "enter") // on the stack already, by an alias
	x.WaitGone("▸ nodes")
	x.Keys(":", "topics orders /pay", "enter")
	x.WaitFor("with=orders")
	x.WaitFor("/pay [1/4]")
	x.Keys(":", "up", "up", "enter") // "svc" again
	x.WaitGone("▸ topics")
	x.Keys(":", "nodse", "enter")
	x.WaitFor(`no command "nodse": did you mean nodes`)
	x.Keys(":", "nodes broken", "enter")
	x.WaitFor("nodes: registry is away␛[2J")
	x.Keys(":", "zz", "esc")
	x.WaitGone(":zz")
	x.Keys(":", "q", "enter")
	if err := x.Ends(); err != nil {
		t.Error(err)
	}
}

func TestFilter(t *testing.T) {
	x := frametest.New(t, newShop(t).cfg, 80, 24)
	x.Keys("/", "p")
	x.WaitFor("/p [2/4]") // as it is typed
	x.Keys("a(")
	x.WaitFor("bad pattern")
	if c := x.Cell(1, 23); c.Content != "/" || c.Style.Fg == nil || c.Style.Fg == x.Cell(10, 1).Style.Fg {
		t.Errorf("a bad pattern's prompt is not in its own colour: %+v", c)
	}
	x.WaitFor("/pa [1/4]") // the last good result stays
	x.Keys("enter")
	x.WaitFor("bad pattern") // enter does not take it
	x.Keys("backspace", "enter")
	x.WaitGone("bad pattern")
	x.WaitFor("/pa [1/4]")
	x.Keys("esc")
	x.WaitFor("[4]")
	x.Keys("/", "cart", "esc")
	x.WaitFor("[4]")
}

func TestControlCCancelsThenQuits(t *testing.T) {
	s := newShop(t, func(l *list) { l.busy = true })
	x := frametest.New(t, s.cfg, 80, 24)
	x.Keys("q")
	x.WaitFor("services is still running. Quit?")
	x.Keys("enter", "ctrl+c")
	x.WaitFor("cancelled")
	x.Keys("ctrl+c")
	x.WaitFor("ctrl+c again quits")
	x.Keys("ctrl+c")
	if err := x.Ends(); err != nil {
		t.Error(err)
	}
}

func TestTypingTakesLetters(t *testing.T) {
	sent := key("ctrl+s", "send", tui.Say(tui.Good, safetext.Literal("sent")))
	x := frametest.New(t, newShop(t, act(sent, key("c", "call", tui.Say(tui.Good, safetext.Literal("called")))), func(l *list) { l.typing = true }).cfg, 80, 24)
	x.Keys("q", "c", ":", "/", "?", "1")
	x.WaitFor(`typed="qc:/?1"`)
	x.Keys("ctrl+s")
	x.WaitFor("✓ sent")
	x.WaitGone("ctrl+s send  c call") // the foot names no key that would be text
	x.WaitFor("ctrl+s send  ctrl+p palette")
	x.Keys("esc") // the screen's esc: out of the input
	x.WaitFor("ctrl+s send  c call")
	x.Keys("c")
	x.WaitFor("✓ called")
}

func TestEscapeClearsFirst(t *testing.T) {
	s := newShop(t)
	x := frametest.New(t, s.cfg, 80, 24)
	x.Keys(":", "nodes /pay", "enter")
	x.WaitFor("▸ nodes")
	x.Settle()
	s.lists["nodes"].marked = true
	x.Keys("esc")
	x.WaitFor("/pay [1/4]")
	x.Keys("esc")
	x.WaitFor("▸ nodes")
	x.WaitFor("[4]")
	x.Keys("esc")
	x.WaitGone("▸ nodes")
}

func TestMessagesReachTheirOwnScreenOnly(t *testing.T) {
	release := make(chan struct{})
	slow := func() tea.Msg { <-release; return pong("for services") }
	s := newShop(t, act(key("x", "slow", tea.Batch(slow, tea.Sequence(tui.Do(tui.Open{Name: "nodes"}))))))
	x := frametest.New(t, s.cfg, 80, 24)
	x.Keys("x")
	x.WaitFor("▸ nodes")
	close(release)
	x.Settle()
	if strings.Contains(x.Screen(), "for services") {
		t.Error("another screen got the message")
	}
	x.Keys("esc")
	x.WaitFor(`typed="for services"`)
}

func TestCopy(t *testing.T) {
	copying := func(k, text string) tui.Action {
		return key(k, "copy"+k, tui.Do(tui.Copy{What: safetext.Literal("the row"), Text: text}))
	}
	x := frametest.New(t, newShop(t, act(copying("1", "hello"), copying("2", "rm -rf\n\x1b[A"), copying("3", strings.Repeat("x", 80_000)))).cfg, 80, 24)
	x.Keys("1")
	x.WaitFor("copied the row, 5 bytes")
	x.Settle()
	if want := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte("hello")); !strings.Contains(x.Written(), want) {
		t.Error("the text was not sent to the terminal")
	}
	x.Keys("2")
	x.WaitFor("controls: paste with care")
	x.Keys("3")
	x.WaitFor("too much for the terminal's clipboard")
}

func TestEditor(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "editor.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nstat -c %a \"$1\" > "+dir+"/mode\necho \"$1\" > "+dir+"/name\ntr a-z A-Z < \"$1\" > "+dir+"/out && cat "+dir+"/out > \"$1\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	editor := script
	edit := tui.Edit{Text: "{\"a\":1}", Ext: ".json", Done: func(s string, err error) tea.Cmd {
		if err != nil {
			return tui.Fail(err)
		}
		return tui.Do(pong(s))
	}}
	s := newShop(t, act(key("e", "edit", tui.Do(edit))))
	s.cfg.Getenv = func(name string) string { return map[string]string{"EDITOR": editor}[name] }
	x := frametest.New(t, s.cfg, 80, 24)
	x.Keys("e")
	x.WaitFor(`typed="{\"A\":1}"`)
	name, err := os.ReadFile(filepath.Join(dir, "name"))
	if err != nil {
		t.Fatal(err)
	}
	if file := strings.TrimSpace(string(name)); filepath.Ext(file) != ".json" {
		t.Errorf("the editor got %s", file)
	} else if _, err := os.Stat(filepath.Dir(file)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the editor's folder is still there: %v", err)
	}
	if mode, err := os.ReadFile(filepath.Join(dir, "mode")); err != nil || strings.TrimSpace(string(mode)) != "600" {
		t.Errorf("the editor's file had mode %s (%v)", mode, err)
	}
	if err := os.Remove(script); err != nil {
		t.Fatal(err)
	}
	x.Keys("e")
	x.WaitFor("✗ editor.sh: ")
	if said, _ := s.cfg.Journal.Entries(); !strings.Contains(said[len(said)-1].Text.String(), "set EDITOR") {
		t.Errorf("the log does not say all: %v", said)
	}
}

func TestAPanicOfACommandIsSaid(t *testing.T) {
	boom := key("b", "boom", func() tea.Msg { panic("wrong\x1b[2J") })
	s := newShop(t, act(boom))
	x := frametest.New(t, s.cfg, 80, 24)
	x.Keys("b")
	x.WaitFor("internal error: wrong␛[2J (see :log)")
	said, _ := s.cfg.Journal.Entries()
	if !slices.ContainsFunc(said, func(e tui.Entry) bool { return strings.Contains(e.Text.String(), "runtime/debug.Stack") }) {
		t.Errorf("the log has no stack: %v", said)
	}
	x.Keys("j")
	x.WaitFor(`last="j"`)
}

func TestAPanicInViewEndsTheProgram(t *testing.T) {
	s := newShop(t, act(tui.Action{ID: "test.break", Keys: []string{"b"}, Name: "break", Run: func() tea.Cmd { panic("in Update") }}))
	x := frametest.New(t, s.cfg, 80, 24)
	x.Keys("b")
	var p guard.Panicked
	if err := x.Ends(); !errors.As(err, &p) || p.Value != "in Update" {
		t.Errorf("ended with %v", err)
	}
}
