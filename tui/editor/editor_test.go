package editor_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/tui/editor"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

func keys(e *editor.Editor, list ...string) { frametest.Press(e.Update, list...) }

func open(t *testing.T, w, h int, text string) *editor.Editor {
	t.Helper()
	e := editor.New(editor.Options{Theme: theme.Default(), Placeholder: safetext.Literal("type JSON, or ctrl+r for the form")})
	e.SetSize(w, h)
	e.SetFocus(true)
	if err := e.SetText(safetext.CleanBlock(text)); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestGolden(t *testing.T) {
	body := "{\n  \"name\": \"漢字\",\n  \"n\": 12x,\n  \"long\": \"" + strings.Repeat("on and ", 60) + "\"\n}"
	for _, s := range []struct{ w, h int }{{80, 24}, {200, 60}} {
		size := fmt.Sprintf("%dx%d", s.w, s.h)
		e := open(t, s.w, s.h, body)
		e.SetError(3, 10, safetext.Literal("unexpected x after a number"))
		frametest.Exact(t, e.View(), s.w, s.h)
		frametest.Golden(t, "error_"+size, e.View())
		keys(e, "down", "down", "down", "end", "left")
		frametest.Exact(t, e.View(), s.w, s.h)
		frametest.Golden(t, "end_"+size, e.View())
		frametest.Golden(t, "empty_"+size, open(t, s.w, s.h, "").View())
	}
}

func TestEditing(t *testing.T) {
	for _, c := range []struct{ name, text, script, want, at string }{
		{"typing", "", "a b space c enter d", "ab c\nd", "2:2"},
		{"enter keeps the indent", "  x", "end enter y", "  x\n  y", "2:4"},
		{"backspace", "abc", "end backspace backspace", "a", "1:2"},
		{"backspace at the start", "ab\ncd", "down backspace", "abcd", "1:3"},
		{"backspace on nothing", "ab", "backspace", "ab", "1:1"},
		{"delete", "abc", "delete delete", "c", "1:1"},
		{"delete at the end", "ab\ncd", "end delete", "abcd", "1:3"},
		{"delete on nothing", "ab", "end delete", "ab", "1:3"},
		{"whole characters", "xe\u0301👩\u200d👧y", "right right right backspace backspace", "xy", "1:2"},
		{"an accent after its letter", "", "e \u0301 x", "e\u0301x", "1:5"},
		{"left and right over lines", "a\nb", "right right left left right right x", "a\nxb", "2:2"},
		{"up and down keep the column", "abcd\nx\nabcd", "end down down x", "abcd\nx\nabcdx", "3:6"},
		{"up at the top", "ab", "up x", "xab", "1:2"},
		{"words", "foo bar_1 baz", "ctrl+right ctrl+right x ctrl+left ctrl+left y", "yfoo bar_1x baz", "1:2"},
		{"words over lines", "a\nb", "ctrl+right ctrl+right ctrl+right x", "a\nbx", "2:3"},
		{"delete a word", "foo bar", "end ctrl+w ctrl+w", "", "1:1"},
		{"delete to the end", "foo\nbar", "right ctrl+k ctrl+k", "fbar", "1:2"},
		{"delete to the start", "foo", "end left ctrl+u", "o", "1:1"},
		{"ends of the text", "a\nb\nc", "ctrl+end x ctrl+home y", "ya\nb\ncx", "1:2"},
		{"keys that are not its own", "a", "esc tab ctrl+s ctrl+e ctrl+r", "a", "1:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := open(t, 40, 10, c.text)
			keys(e, strings.Fields(c.script)...)
			line, col := e.Position()
			if diff := cmp.Diff(c.want+" @"+c.at, fmt.Sprintf("%s @%d:%d", e.Text(), line, col)); diff != "" {
				t.Error(diff)
			}
			if got := ansi.Strip(e.View()); !strings.Contains(got, fmt.Sprintf(", %d byte", len(c.want))) {
				t.Errorf("miscounted: %s", got[strings.LastIndex(got, "\n")+1:])
			}
		})
	}
}

func TestPaste(t *testing.T) {
	e := open(t, 40, 10, "ab")
	keys(e, "right")
	e.Update(tea.PasteMsg{Content: "1\r2\r\n3\t\x1b[2J\u202e"})
	if got, want := e.Text(), "a1\n2\n3    ␛[2J\\u202eb"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if line, _ := e.Position(); line != 3 {
		t.Errorf("the cursor is on line %d", line)
	}
}

func TestLimit(t *testing.T) {
	e := editor.New(editor.Options{Theme: theme.Default(), Limit: 10})
	e.SetSize(60, 5)
	if err := e.SetText(safetext.CleanBlock("12345678901")); err == nil || !strings.Contains(err.Error(), "ctrl+e") {
		t.Errorf("a text over the limit: %v", err)
	}
	if err := e.SetText(safetext.CleanBlock("12345678")); err != nil {
		t.Fatal(err)
	}
	e.Update(tea.PasteMsg{Content: "abc"})
	if e.Text() != "12345678" || !strings.Contains(ansi.Strip(e.View()), "no room") {
		t.Errorf("%q\n%s", e.Text(), ansi.Strip(e.View()))
	}
	keys(e, "x", "y", "z")
	if e.Text() != "xy12345678" {
		t.Errorf("%q", e.Text())
	}
}

func TestErrorGoesWhenTheTextIsEdited(t *testing.T) {
	e := open(t, 40, 5, "abc")
	e.SetError(1, 2, safetext.Literal("bad"))
	keys(e, "right")
	if got := ansi.Strip(e.View()); !strings.Contains(got, "1:2 bad") {
		t.Errorf("moving takes the error away:\n%s", got)
	}
	keys(e, "x")
	if got := ansi.Strip(e.View()); strings.Contains(got, "bad") {
		t.Errorf("the error stays:\n%s", got)
	}
	e.SetError(0, 0, safetext.Literal("bad as a whole"))
	if got := ansi.Strip(e.View()); !strings.Contains(got, "✗ bad as a whole") {
		t.Error(got)
	}
	e.ClearError()
	if got := ansi.Strip(e.View()); strings.Contains(got, "bad") {
		t.Error(got)
	}
}

func TestCursorIsWhereItIsDrawn(t *testing.T) {
	e := open(t, 20, 6, "漢字abc\n"+strings.Repeat("x", 100))
	keys(e, "right", "right")
	if x, y, ok := e.Cursor(); x != 7 || y != 0 || !ok {
		t.Errorf("%d %d %v", x, y, ok)
	}
	keys(e, "down", "end")
	x, y, ok := e.Cursor()
	if y != 1 || !ok || x >= 20 {
		t.Errorf("%d %d %v", x, y, ok)
	}
	e.Update(tea.MouseClickMsg{X: 5, Y: 0, Button: tea.MouseLeft})
	keys(e, "ctrl+home")
	e.Update(tea.MouseClickMsg{X: 7, Y: 0, Button: tea.MouseLeft})
	if line, col := e.Position(); line != 1 || col != 7 {
		t.Errorf("a click went to %d:%d", line, col)
	}
	e.SetFocus(false)
	if _, _, ok := e.Cursor(); ok {
		t.Error("a cursor without focus")
	}
}

func TestBigTextIsQuick(t *testing.T) {
	for name, text := range map[string]string{
		"many lines": strings.Repeat("a line of text\n", 100_000), "one line": strings.Repeat("w", 1<<20), "wide": strings.Repeat("漢", 1<<17),
		"marks": strings.Repeat("e\u0301", 1<<15), "families": strings.Repeat("👩\u200d👩\u200d👧", 5000),
	} {
		e := open(t, 200, 60, text)
		list := []string{"down", "x", "enter", "end", "y", "backspace", "pgdown"}
		worst := time.Duration(0)
		for _, k := range list {
			best := time.Hour
			for try := 0; try < 8 && best > frametest.Frame; try++ {
				start := time.Now()
				keys(e, k)
				frametest.Exact(t, e.View(), 200, 60)
				best = min(best, time.Since(start))
			}
			worst = max(worst, best)
		}
		if worst > frametest.Frame {
			t.Errorf("%s: a key took %v", name, worst)
		}
	}
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte("\x01\x02\x03漢e\u0301"), "a\n漢e\u0301👩\u200d👧", uint8(40), uint8(8))
	names := []string{"left", "right", "up", "down", "home", "end", "pgup", "pgdown", "enter", "backspace", "delete", "ctrl+left", "ctrl+right", "ctrl+home", "ctrl+end", "ctrl+w", "ctrl+k", "ctrl+u"}
	f.Fuzz(func(t *testing.T, script []byte, text string, w, h uint8) {
		e := open(t, int(w), int(h), text)
		for i, b := range script {
			if i > 100 {
				return
			}
			switch {
			case b < 150:
				keys(e, names[int(b)%len(names)])
			case b < 180:
				e.Update(tea.PasteMsg{Content: text[:min(int(b)-150, len(text))]})
			case b < 200:
				e.Update(tea.MouseClickMsg{X: int(b) - 155, Y: i - 2, Button: tea.MouseLeft})
			case b < 215:
				e.SetError(int(b)-203, i-1, safetext.Clean(text))
			case b < 240:
				keys(e, string([]rune{rune(b), '\u0301'}[b%2]))
			default:
				w, h = b%60, uint8(i%20)
				e.SetSize(int(w), int(h))
			}
			frametest.Exact(t, e.View(), int(w), int(h))
			got := e.Text()
			if clean := safetext.CleanBlock(got).String(); clean != got {
				t.Fatalf("the text is not clean: %q, want %q", got, clean)
			}
			if line, col := e.Position(); line > e.Lines() || col > len(strings.Split(got, "\n")[line-1])+1 {
				t.Fatalf("the cursor is at %d:%d of %q", line, col, got)
			}
		}
	})
}

func TestThePlaceholderIsWholeUnderTheCursor(t *testing.T) {
	e := open(t, 40, 4, "")
	if got := ansi.Strip(e.View()); !strings.Contains(got, "type JSON, or ctrl+r") || !strings.Contains(got, "1 line, 0 bytes") {
		t.Error(got)
	}
}
