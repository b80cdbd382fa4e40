package safetext_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/tui/safetext"
)

var hostile = []struct{ name, in, want string }{
	{"plain", "checkout 1.4.0", "checkout 1.4.0"},
	{"empty", "", ""},
	{"colour", "\x1b[31mred\x1b[0m", "␛[31mred␛[0m"},
	{"title", "\x1b]0;pwned\a", `␛]0;pwned\x07`},
	{"clipboard", "\x1b]52;c;cm0gLXJm\x1b\\", `␛]52;c;cm0gLXJm␛\`},
	{"new row", "a\nb\r\nc\rd", `a\nb\r\nc\rd`},
	{"tab", "a\tb", "a b"},
	{"backspace and DEL", "a\bb\x7f", `a\x08b\x7f`},
	{"C1 as UTF-8", "a\u009b31m", `a\u009b31m`},
	{"C1 as a byte", "a\x9b31m", `a\x9b31m`},
	{"bidi override", "abc\u202edef", `abc\u202edef`},
	{"line separator", "a\u2028b", `a\u2028b`},
	{"zero width", "ad\u200bmin\ufeff", `ad\u200bmin\ufeff`},
	{"soft hyphen", "ad\u00admin", `ad\u00admin`},
	{"Hangul filler", "a\u3164b", `a\u3164b`},
	{"tag characters", "a\U000e0041", `a\U000e0041`},
	{"private use", "\ue000", `\ue000`},
	{"joiner as a disguise", "pay\u200dpal", `pay\u200dpal`},
	{"joiner at the end", "👩\u200d", `👩\u200d`},
	{"family emoji", "👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"},
	{"emoji presentation", "❤\ufe0f", "❤\ufe0f"},
	{"accent", "e\u0301", "e\u0301"},
	{"accent without a base", "\u0301e", `\u0301e`},
	{"stacked marks", "e" + strings.Repeat("\u0301", 6), "e" + strings.Repeat("\u0301", 4) + `\u0301` + "\u0301"},
	{"invalid UTF-8", "a\xff\xfe", `a\xff\xfe`},
	{"Chinese and Korean", "漢字 한국어", "漢字 한국어"},
}

func TestClean(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			if got := safetext.Clean(c.in).String(); got != c.want {
				t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestCleanBlockKeepsRows(t *testing.T) {
	b := safetext.CleanBlock("{\r\n\t\"a\": \x1b[1m\n}\n")
	want := []string{"{", `    "a": ␛[1m`, "}"}
	var got []string
	for _, l := range b.Lines() {
		got = append(got, l.String())
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestCleanCapsLength(t *testing.T) {
	for _, in := range []string{strings.Repeat("x", 1<<20), strings.Repeat("漢", 1<<20), strings.Repeat("\x1b", 1<<20)} {
		got := safetext.Clean(in).String()
		if len(got) > safetext.MaxLine || len(got) < safetext.MaxLine-8 || !strings.HasSuffix(got, "…") {
			t.Errorf("Clean of %d bytes: %d bytes ending in %q", len(in), len(got), got[len(got)-4:])
		}
	}
}

func TestCleanTextCostsNothing(t *testing.T) {
	s := strings.Repeat("checkout 1.4.0 漢字 ", 12)
	if n := testing.AllocsPerRun(100, func() { safetext.Clean(s).Width() }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestWidths(t *testing.T) {
	for _, in := range []string{"", "a", "checkout", "漢字漢字", "a漢b字c", "👩\u200d👩\u200d👧 family", "e\u0301e\u0301e\u0301"} {
		l := safetext.Clean(in)
		for w := -1; w < 14; w++ {
			if got := l.Cut(w).Width(); got > max(w, 0) {
				t.Errorf("%q.Cut(%d) is %d wide", in, w, got)
			}
			if got := l.Fit(w).Width(); got != max(w, 0) {
				t.Errorf("%q.Fit(%d) is %d wide", in, w, got)
			}
			if got := l.Slice(2, w).Width(); got > max(w-2, 0) {
				t.Errorf("%q.Slice(2, %d) is %d wide", in, w, got)
			}
		}
	}
	if got := safetext.Clean("checkout").Cut(5).String(); got != "chec…" {
		t.Errorf("Cut(5) = %q", got)
	}
	if got := safetext.Clean("42").PadLeft(4).String(); got != "  42" {
		t.Errorf("PadLeft(4) = %q", got)
	}
}

func TestLiteralFormatJoin(t *testing.T) {
	name := "a\x1b[2J"
	if got := safetext.Format("no %s in %d", name, 3).String(); got != "no a␛[2J in 3" {
		t.Errorf("Format = %q", got)
	}
	got := safetext.Join(" ▸ ", safetext.Literal("services"), safetext.Clean(name))
	if got.String() != "services ▸ a␛[2J" {
		t.Errorf("Join = %q", got)
	}
}

func TestJSON(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			in, err := json.MarshalIndent(map[string]string{"k": c.in}, "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			out := safetext.JSON(in)
			noControls(t, string(out), "\n\t")
			var before, after any
			if err := json.Unmarshal(in, &before); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(out, &after); err != nil {
				t.Fatalf("%q: %v", out, err)
			}
			if d := cmp.Diff(before, after); d != "" {
				t.Error(d)
			}
		})
	}
}

// noControls fails when s could do anything but draw, apart from the characters in allowed.
func noControls(t *testing.T, s, allowed string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Fatalf("%q is not UTF-8", s)
	}
	for _, r := range s {
		if unicode.IsControl(r) && !strings.ContainsRune(allowed, r) {
			t.Fatalf("%q holds control %U", s, r)
		}
		if unicode.Is(unicode.Cf, r) && r != '\u200d' {
			t.Fatalf("%q holds format character %U", s, r)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, c := range hostile {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		line := safetext.Clean(in)
		noControls(t, line.String(), "")
		if ansi.Strip(line.String()) != line.String() {
			t.Fatalf("%q holds an escape sequence", line)
		}
		if again := safetext.Clean(line.String()); again != line {
			t.Fatalf("cleaning twice: %q, then %q", line, again)
		}
		if w := line.Fit(20).Width(); w != 20 {
			t.Fatalf("%q.Fit(20) is %d wide", line, w)
		}
		noControls(t, safetext.CleanBlock(in).String(), "\n")
		noControls(t, string(safetext.JSON([]byte(in))), "\n\t")
	})
}

// FuzzJSON: a document of any text draws only, and means what it meant.
func FuzzJSON(f *testing.F) {
	for _, c := range hostile {
		in, err := json.Marshal(map[string]string{c.in: c.in})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(in)
	}
	f.Add([]byte("[\"\u2028\x7f\"\r]"))
	f.Fuzz(func(t *testing.T, in []byte) {
		out := safetext.JSON(in)
		noControls(t, string(out), "\n\t")
		if !json.Valid(in) {
			return
		}
		var before, after any
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("%q became %q: %v", in, out, err)
		}
		if err := json.Unmarshal(in, &before); err != nil {
			t.Skip("deeper than can be read, or a number that is too large")
		}
		if d := cmp.Diff(before, after); d != "" {
			t.Fatalf("%q became %q: %s", in, out, d)
		}
	})
}

func BenchmarkClean(b *testing.B) {
	s := strings.Repeat("checkout 1.4.0 ok ", 12)
	b.ReportAllocs()
	for b.Loop() {
		safetext.Clean(s)
	}
}
