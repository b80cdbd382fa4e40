package match

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxExpr is the longest expression accepted, in bytes.
const MaxExpr = 512

type kind int

const (
	all     kind = iota // the empty expression
	literal             // ASCII text, compared whatever the case
	pattern             // regular expression
	fuzzy               // subsequence
)

// Matcher decides whether a text matches an expression and where. The zero
// value and nil match everything and highlight nothing.
type Matcher struct {
	kind    kind
	inverse bool
	text    string // literal: lower case
	re      *regexp.Regexp
	needs   []string // pattern: one of these is in every match, see needs
	runes   []rune   // fuzzy: folded
}

// Span is a half-open range of byte offsets.
type Span struct{ Start, End int }

// Parse reads an expression. It fails for a regular expression that does not
// compile and for an expression longer than [MaxExpr]; the error is fit to be
// shown, and the caller keeps the matcher it had.
func Parse(expr string) (*Matcher, error) {
	if len(expr) > MaxExpr {
		return nil, fmt.Errorf("filter longer than %d bytes", MaxExpr)
	}
	m := &Matcher{}
	if rest, ok := strings.CutPrefix(expr, "!"); ok {
		m.inverse, expr = true, rest
	}
	if rest, ok := strings.CutPrefix(expr, "-f "); ok {
		m.setFuzzy(rest)
		return m, nil
	}
	if expr == "" {
		m.inverse = false
		return m, nil
	}
	if isASCII(expr) && regexp.QuoteMeta(expr) == expr {
		m.kind, m.text = literal, strings.ToLower(expr)
		return m, nil
	}
	re, err := regexp.Compile("(?i)" + expr)
	if err != nil {
		return nil, fmt.Errorf("filter %q: %w", expr, err)
	}
	m.kind, m.re = pattern, re
	if tree, err := syntax.Parse("(?i)"+expr, syntax.Perl); err == nil {
		m.needs = needs(tree.Simplify())
	}
	return m, nil
}

func (m *Matcher) setFuzzy(s string) {
	for _, r := range s {
		if !unicode.IsSpace(r) {
			m.runes = append(m.runes, fold(r))
		}
	}
	if len(m.runes) == 0 {
		m.inverse = false
		return
	}
	m.kind = fuzzy
}

// Empty reports whether m matches everything because nothing was asked for.
func (m *Matcher) Empty() bool { return m == nil || m.kind == all }

// Match reports whether s is kept. It allocates nothing.
func (m *Matcher) Match(s string) bool {
	if m.Empty() {
		return true
	}
	return m.found(s) != m.inverse
}

func (m *Matcher) found(s string) bool {
	switch m.kind {
	case literal:
		return indexFold(s, m.text) >= 0
	case pattern:
		return !m.lacks(s) && m.re.MatchString(s)
	case fuzzy:
		i := 0
		for _, r := range s {
			if fold(r) == m.runes[i] {
				if i++; i == len(m.runes) {
					return true
				}
			}
		}
		return false
	case all:
	}
	return true
}

// Spans appends to dst the parts of s to highlight, in order, not overlapping
// and none empty. An inverse or empty matcher highlights nothing.
func (m *Matcher) Spans(dst []Span, s string) []Span {
	if m.Empty() || m.inverse {
		return dst
	}
	switch m.kind {
	case literal:
		for at := 0; ; {
			i := indexFold(s[at:], m.text)
			if i < 0 {
				return dst
			}
			dst = append(dst, Span{at + i, at + i + len(m.text)})
			at += i + len(m.text)
		}
	case pattern:
		if m.lacks(s) {
			return dst
		}
		for _, loc := range m.re.FindAllStringIndex(s, -1) {
			if loc[0] < loc[1] {
				dst = append(dst, Span{loc[0], loc[1]})
			}
		}
	case fuzzy:
		return m.fuzzySpans(dst, s)
	case all:
	}
	return dst
}

// First returns the first part of s that [Matcher.Spans] would return.
func (m *Matcher) First(s string) (Span, bool) {
	if m.Empty() || m.inverse {
		return Span{}, false
	}
	switch m.kind {
	case literal:
		if i := indexFold(s, m.text); i >= 0 {
			return Span{i, i + len(m.text)}, true
		}
		return Span{}, false
	case pattern:
		if m.lacks(s) {
			return Span{}, false
		}
		if loc := m.re.FindStringIndex(s); loc != nil && loc[0] < loc[1] {
			return Span{loc[0], loc[1]}, true
		}
	case fuzzy, all:
	}
	if list := m.Spans(nil, s); len(list) > 0 {
		return list[0], true
	}
	return Span{}, false
}

func (m *Matcher) fuzzySpans(dst []Span, s string) []Span {
	if !m.found(s) {
		return dst
	}
	i, mark := 0, len(dst)
	for at, r := range s {
		if fold(r) != m.runes[i] {
			continue
		}
		_, n := utf8.DecodeRuneInString(s[at:])
		if k := len(dst); k > mark && dst[k-1].End == at {
			dst[k-1].End = at + n
		} else {
			dst = append(dst, Span{at, at + n})
		}
		if i++; i == len(m.runes) {
			return dst
		}
	}
	return dst
}

// indexFold is strings.Index for a lower-case ASCII pattern in a text whose
// ASCII letters may have either case.
func indexFold(s, lower string) int {
	n := len(lower)
	if n == 0 {
		return 0
	}
	first := lower[0]
	other := first
	if 'a' <= first && first <= 'z' {
		other = first - 'a' + 'A'
	}
	for i := 0; i+n <= len(s); i++ {
		if c := s[i]; (c == first || c == other) && equalFold(s[i:i+n], lower) {
			return i
		}
	}
	return -1
}

func equalFold(s, lower string) bool {
	for i := range len(lower) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func fold(r rune) rune { return unicode.ToLower(r) }
