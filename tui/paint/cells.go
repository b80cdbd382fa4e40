package paint

import (
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Next returns the first character of s as a reader sees it (a grapheme
// cluster): its length in bytes and its width in cells, 0 to 2. s must be clean
// and not empty.
func Next(s string) (size, width int) {
	if c := s[0]; c < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		return 1, 1
	}
	r, n := utf8.DecodeRuneInString(s)
	if w := simple(r); w > 0 {
		if len(s) == n {
			return n, w
		}
		if next, _ := utf8.DecodeRuneInString(s[n:]); simple(next) > 0 {
			return n, w
		}
	}
	cluster, w := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return len(cluster), min(w, 2)
}

// simple returns the width of a character that joins with no other simple one,
// 0 for all that need the full rules.
func simple(r rune) int {
	switch {
	case 0x20 <= r && r < 0x7f, 0xc0 <= r && r < 0x300, 0x410 <= r && r < 0x450:
		return 1
	case 0x4e00 <= r && r < 0x9fff, 0x3041 <= r && r < 0x3097, 0x30a1 <= r && r < 0x30fb, 0xac00 <= r && r < 0xd7a4:
		return 2
	}
	return 0
}

// Width returns how many cells clean text takes.
func Width(s string) int {
	n := plain(s)
	if n == len(s) {
		return n
	}
	w := n
	for s = s[n:]; s != ""; {
		size, cells := Next(s)
		s, w = s[size:], w+cells
	}
	return w
}

// WidthUpTo is [Width] for text of which no more than limit cells matter.
func WidthUpTo(s string, limit int) int {
	w := 0
	for s != "" && w < limit {
		if n := plain(s[:min(len(s), limit-w+1)]); n > 0 {
			s, w = s[n:], w+n
			continue
		}
		size, cells := Next(s)
		s, w = s[size:], w+cells
	}
	return min(w, max(limit, 0))
}

// Skip returns the offset of the first character of clean text that starts at or
// after cell n, and how many cells of a wide character cut in half lie between.
// When the text is shorter the offset is its length.
func Skip(s string, n int) (offset, half int) {
	if n <= 0 {
		return 0, 0
	}
	at, cells := 0, 0
	for at < len(s) && cells < n {
		if run := plain(s[at:min(len(s), at+n-cells+1)]); run > 0 {
			run = min(run, n-cells)
			at, cells = at+run, cells+run
			continue
		}
		size, w := Next(s[at:])
		at, cells = at+size, cells+w
	}
	for at < len(s) { // marks of width 0 belong to what was skipped
		size, w := Next(s[at:])
		if w > 0 {
			break
		}
		at += size
	}
	return at, max(cells-n, 0)
}

// plain returns how many leading bytes of s are ASCII characters that nothing
// after them joins.
func plain(s string) int {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return max(i-1, 0)
		}
	}
	return len(s)
}
