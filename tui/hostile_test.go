package tui_test

import (
	"fmt"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
)

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
