package tui_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/guard"
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
	x.Keys(":", "log", "enter")
	x.WaitFor("no command")
	x.Keys("esc", ":", "q", "enter")
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
	x.Keys(":", "log", "enter")
	x.WaitFor("set EDITOR")
}

func TestAPanicOfACommandIsSaid(t *testing.T) {
	boom := key("b", "boom", func() tea.Msg { panic("wrong\x1b[2J") })
	x := frametest.New(t, newShop(t, act(boom)).cfg, 80, 24)
	x.Keys("b")
	x.WaitFor("internal error: wrong␛[2J (see :log)")
	x.Keys(":", "log", "enter")
	x.WaitFor("runtime/debug.Stack")
	x.Keys("esc", "j")
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

var hostile = []string{
	"\x1b[31mred", "\x1b]0;title\a", "\x1b]52;c;cm0=\a", "\x1b[2J\x1b[H", "\x1b[?1049l", "\x1b[c", "\x1bP+q544e\x1b\\", "a\rb", "a\bb", "a\nb", "\u009b31m",
	"\u202eevil", "e" + strings.Repeat("\u0301", 1000), "\xff\xfe", "漢字漢字", "👩\u200d👩\u200d👧", strings.Repeat("w", 1<<20), "a\tb", "\u200b", "🇩🇪🇫",
}

// Rule C-01: whatever is in a field, the cells outside it are the same.
func TestHostileTextStaysInItsField(t *testing.T) {
	shoot := func(t *testing.T, evil string) *frametest.Terminal {
		s := newShop(t, act(
			key("1", "toast", tui.Say(tui.Bad, safetext.Clean(evil))),
			key("2", "confirm", tui.Do(tui.Confirm{Question: safetext.Clean(evil)})),
			key("3", "menu", tui.Do(tui.Menu{Title: safetext.Clean(evil), Items: []tui.Item{{Label: safetext.Clean(evil), Detail: safetext.Clean(evil)}}})),
			key("4", "prompt", tui.Do(tui.Prompt{Title: safetext.Clean(evil), Initial: evil}))),
			func(l *list) { l.name, l.rows = evil, []string{evil, "last"} })
		header := s.cfg.Header
		s.cfg.Header = func(w int) []tui.Segment {
			segments := header(w)
			segments[0].Value = safetext.Clean(evil).Cut(20)
			return segments
		}
		return frametest.New(t, s.cfg, 80, 24)
	}
	calm := shoot(t, "calm")
	calm.Settle()
	for i, evil := range hostile {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			x := shoot(t, evil)
			for _, keys := range [][]string{{"1"}, {"2"}, {"esc", "3"}, {"esc", "4"}, {"esc", "/", evil}, {"esc", ":", evil}, {"esc", "ctrl+p", evil}} {
				x.Keys(keys[:len(keys)-1]...)
				if last := keys[len(keys)-1]; last == evil {
					x.Paste(last)
				} else {
					x.Keys(last)
				}
				x.Settle()
				sameOutside(t, calm, x, keys)
			}
			for _, bad := range []string{"\x1b]0;title", "\x1b]52", "\x1b[31mred", "\x1b[c", "\x1bP", "\u009b", "\u202e", "\r\n\r"} {
				if strings.Contains(x.Written(), bad) {
					t.Errorf("%q was written to the terminal", bad)
				}
			}
		})
	}
}

// sameOutside compares the border, the place that no text may touch.
func sameOutside(t *testing.T, calm, x *frametest.Terminal, keys []string) {
	t.Helper()
	if len(keys[len(keys)-1]) > 20 {
		keys = keys[:len(keys)-1]
	}
	for row := 2; row < 23; row++ {
		for _, col := range []int{0, 79} {
			if got, want := x.Cell(col, row), calm.Cell(col, row); !sameCell(got, want) {
				t.Fatalf("after %q: cell %d,%d is %q, want %q\n%s", keys, col, row, got.Content, want.Content, x.Screen())
			}
		}
	}
	if got := x.Cell(1, 0).Content; got != "m" { // the header begins as ever
		t.Errorf("after %q the header begins with %q", keys, got)
	}
}

func sameCell(a, b uv.Cell) bool { return a.Content == b.Content && a.Style.Equal(&b.Style) }
