package paint_test

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/match"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

var hostile = []string{
	"", "plain text", "漢字かな", "한국어", "e" + strings.Repeat("\u0301", 1000), "👩\u200d👩\u200d👧\u200d👦 family",
	"a\tb", "1\ufe0f\u20e3 keycap", "🇩🇪🇫🇷🇮", "\u0301leading mark", "x\u202ey", "\x1b[31mred", "ൎa prepend", "ᄀ\u1161\u11a8 jamo", strings.Repeat("w", 1<<20), strings.Repeat("漢", 1<<18),
}

func TestRowIsExactlyAsWideAsAsked(t *testing.T) {
	p := paint.NewPens(theme.Dark())
	for _, s := range hostile {
		for _, text := range []string{safetext.Clean(s).String(), strings.ReplaceAll(safetext.CleanBlock(s).String(), "\n", " ")} {
			for _, w := range []int{0, 1, 2, 3, 7, 40} {
				for _, skip := range []int{0, 1, 2, 5, 100} {
					checkRow(t, p, text, w, skip)
				}
			}
		}
	}
}

func checkRow(t *testing.T, p *paint.Pens, text string, w, skip int) {
	t.Helper()
	var r paint.Row
	rows := map[string]func(){
		"text":  func() { r.Start(w, skip); r.Text(p.Bad, text); r.Text(p.Good, text) },
		"same":  func() { r.Start(w, skip); r.Text(paint.Pen{}, text); r.Text(paint.Pen{}, text) },
		"cell":  func() { r.Start(w, skip); r.Cell(p.Bad, text, w/2); r.Text(p.Good, "tail") },
		"fit":   func() { r.Start(w, skip); r.Fit(p.Bad, text, w/2, "…", false); r.Text(p.Good, text) },
		"right": func() { r.Start(w, 0); r.Fit(p.Bad, text, w, "…", true) },
		"spans": func() {
			r.Start(w, skip)
			r.Spans(p.Text, p.Match, text, []match.Span{{Start: 1, End: 3}, {Start: 3, End: 4}, {Start: 9, End: 1 << 30}})
		},
	}
	for name, draw := range rows {
		draw()
		out := r.String()
		if got := ansi.StringWidth(out); got != w {
			t.Fatalf("%s: %d cells, want %d (skip %d): %.80q of %.40q", name, got, w, skip, out, text)
		}
	}
}

func FuzzRow(f *testing.F) {
	for _, s := range hostile {
		if len(s) < 4096 {
			f.Add(s, 20, 3)
		}
	}
	p := paint.NewPens(theme.Default())
	f.Fuzz(func(t *testing.T, s string, w, skip int) {
		w, skip = w&63, skip&63
		text := safetext.Clean(s).String()
		checkRow(t, p, text, w, skip)
		if got, want := paint.Width(text), ansi.StringWidth(text); got != want {
			t.Fatalf("Width(%q) = %d, want %d", text, got, want)
		}
	})
}

func TestScrollingKeepsColumnsInPlace(t *testing.T) {
	var r paint.Row
	for _, c := range []struct {
		skip int
		want string
	}{{0, "a漢b   "}, {1, "漢b    "}, {2, " b     "}, {3, "b      "}, {4, "       "}} {
		r.Start(7, c.skip)
		r.Text(paint.Pen{}, "a漢b")
		if got := r.String(); got != c.want {
			t.Errorf("skip %d: %q, want %q", c.skip, got, c.want)
		}
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		in    string
		n     int
		right bool
		want  string
	}{
		{"abc", 5, false, "abc  "}, {"abc", 5, true, "  abc"}, {"abcdef", 5, false, "abcd…"}, {"abcde", 5, false, "abcde"},
		{"漢字漢", 5, false, "漢字…"}, {"漢字漢", 4, false, "漢 …"}, {"abc", 1, false, "…"}, {"a", 1, false, "a"},
	} {
		var r paint.Row
		r.Start(c.n, 0)
		r.Fit(paint.Pen{}, c.in, c.n, "…", c.right)
		if got := ansi.Strip(r.String()); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestSpansHighlightWholeCharacters(t *testing.T) {
	var r paint.Row
	p := paint.NewPens(theme.Dark())
	r.Start(6, 0)
	r.Spans(paint.Pen{}, p.Match, "xe\u0301y", []match.Span{{Start: 0, End: 2}})
	head, _, _ := strings.Cut(r.String(), "y")
	if got := ansi.Strip(head); got != "xe\u0301" || !strings.HasSuffix(head, "\x1b[m") {
		t.Errorf("the accent was cut from its letter: %q", r.String())
	}
}

func TestLongTextIsCheap(t *testing.T) {
	text := strings.Repeat("漢w", 1<<18)
	took := func(skip int) time.Duration { // the best of some: what else the machine does is not the row's
		best := time.Hour
		for range 10 {
			var r paint.Row
			start := time.Now()
			r.Start(200, skip)
			r.Text(paint.Pen{}, text)
			best = min(best, time.Since(start))
		}
		return best
	}
	first, far := took(0), took(300_000)
	if far > 2*frametest.Frame {
		t.Errorf("a row far into a 1 MiB text took %v", far)
	}
	if first > far/4 {
		t.Errorf("the first row of a 1 MiB text took %v, one far into it %v", first, far)
	}
}

func TestWidthUpTo(t *testing.T) {
	for _, s := range hostile {
		text := safetext.Clean(s).String()
		for _, limit := range []int{-1, 0, 1, 2, 5, 80, 1 << 20} {
			if got, want := paint.WidthUpTo(text, limit), max(min(paint.Width(text), limit), 0); got != want {
				t.Errorf("%.20q up to %d: %d, want %d", text, limit, got, want)
			}
		}
	}
}

func TestTake(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{{"abc", 2, "ab"}, {"abc", 9, "abc"}, {"abc", 0, ""}, {"abc", -1, ""}, {"a漢b", 2, "a"}, {"a漢b", 3, "a漢"}, {"ae\u0301b", 2, "ae\u0301"}, {"漢", 1, ""}} {
		if got := c.in[:paint.Take(c.in, c.n)]; got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.in, c.n, got, c.want)
		}
	}
}
