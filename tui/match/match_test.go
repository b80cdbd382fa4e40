package match_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/tui/match"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		expr, text string
		want       bool
		spans      []match.Span
	}{
		{"", "anything", true, nil},
		{"!", "anything", true, nil},
		{"-f ", "anything", true, nil},
		{"shop", "My SHOP and shop", true, []match.Span{{Start: 3, End: 7}, {Start: 12, End: 16}}},
		{"shop", "sho p", false, nil},
		{"aa", "aaaa", true, []match.Span{{Start: 0, End: 2}, {Start: 2, End: 4}}},
		{"a|b", "cab", true, []match.Span{{Start: 1, End: 2}, {Start: 2, End: 3}}},
		{"A|B", "cab", true, []match.Span{{Start: 1, End: 2}, {Start: 2, End: 3}}},
		{"(?-i)A", "cab", false, nil},
		{"x*", "abc", true, nil},
		{"(?:ab)+c|x{2,}", "zxxz", true, []match.Span{{Start: 1, End: 3}}},
		{"(?:ab)+c|x{2,}", "ABABC", true, []match.Span{{Start: 0, End: 5}}},
		{"(ab)?c", "xC", true, []match.Span{{Start: 1, End: 2}}},
		{"a.*|", "zzz", true, nil},
		{"!shop", "shop", false, nil},
		{"!shop", "cart", true, nil},
		{"!a|b", "b", false, nil},
		{"-f chkt", "CheckOut", true, []match.Span{{Start: 0, End: 2}, {Start: 4, End: 5}, {Start: 7, End: 8}}},
		{"-f tkc", "checkout", false, nil},
		{"!-f chk", "checkout", false, nil},
		{"é", "CAFÉ", true, []match.Span{{Start: 3, End: 5}}},
		{"漢", "x漢字", true, []match.Span{{Start: 1, End: 4}}},
	} {
		m, err := match.Parse(c.expr)
		if err != nil {
			t.Fatalf("%q: %v", c.expr, err)
		}
		if got := m.Match(c.text); got != c.want {
			t.Errorf("%q on %q: %v", c.expr, c.text, got)
		}
		if diff := cmp.Diff(c.spans, m.Spans(nil, c.text)); diff != "" {
			t.Errorf("%q on %q: %s", c.expr, c.text, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, expr := range []string{"(", "a{2000}", "[z", strings.Repeat("x", match.MaxExpr+1), "!*"} {
		if m, err := match.Parse(expr); err == nil || m != nil {
			t.Errorf("%.20q: %v, %v", expr, m, err)
		}
	}
	var none *match.Matcher
	if !none.Match("x") || !none.Empty() || none.Spans(nil, "x") != nil {
		t.Error("a nil matcher must keep everything")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "!", "-f x", "!-f ", "a|b", "(?i", "x{1000}{1000}", "\xff", "(a*)*$", "漢", "-l a=b,c", "!-l =", "-l a=b=c, "} {
		f.Add(s, "Some text: 漢字 aaa\xff")
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		if l, ok, err := match.ParseLabels(expr); ok && err == nil && l.Match() == (expr[0] != '!') {
			t.Fatalf("%q: no labels at all fulfil it, or not its inverse", expr)
		}
		m, err := match.Parse(expr)
		if err != nil {
			return
		}
		last := 0
		for _, s := range m.Spans(nil, text) {
			if s.Start < last || s.End <= s.Start || s.End > len(text) {
				t.Fatalf("%q on %q: span %v after %d", expr, text, s, last)
			}
			if utf8.ValidString(text) && utf8.ValidString(expr) && !utf8.ValidString(text[s.Start:s.End]) {
				t.Fatalf("%q on %q: span %v cuts a character", expr, text, s)
			}
			last = s.End
		}
		first, ok := m.First(text)
		if all := m.Spans(nil, text); ok != (len(all) > 0) || ok && first != all[0] {
			t.Fatalf("%q on %q: first %v %v of %v", expr, text, first, ok, all)
		}
		if last > 0 && !m.Match(text) {
			t.Fatalf("%q on %q: spans without a match", expr, text)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	text := "checkout 1.4.0 node-7f3a 10.0.0.17:8080 mucp http 812 0.1 4ms 38MB 112 2h14m"
	for _, expr := range []string{"zebra", "ze.*ra|x9", "-f chkz"} {
		m, err := match.Parse(expr)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(expr, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Match(text)
			}
		})
	}
}
