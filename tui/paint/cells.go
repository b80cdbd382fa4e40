package paint

import (
	"math"
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

// easy returns how long a beginning of s, of at most n cells, holds only
// characters that are simple and so is what follows it, and its width.
func easy(s string, n int) (size, width int) {
	before, beforeWidth := 0, 0 // without the last character
	for size < len(s) {
		k, w := 1, 1
		if s[size] >= utf8.RuneSelf {
			var r rune
			r, k = utf8.DecodeRuneInString(s[size:])
			if w = simple(r); w == 0 {
				return before, beforeWidth // it may join the last character
			}
		}
		if width+w > n {
			break
		}
		before, beforeWidth = size, width
		size, width = size+k, width+w
	}
	return size, width
}

// Width returns how many cells clean text takes.
func Width(s string) int { return WidthUpTo(s, math.MaxInt) }

// WidthUpTo is [Width] for text of which no more than limit cells matter.
func WidthUpTo(s string, limit int) int {
	width := 0
	for s != "" && width < limit {
		n, w := easy(s, limit-width)
		if n == 0 {
			n, w = Next(s)
		}
		s, width = s[n:], width+w
	}
	return min(width, max(limit, 0))
}

// Take returns the length in bytes of the longest beginning of clean text that
// takes no more than n cells.
func Take(s string, n int) int {
	size, _ := take(s, n)
	return size
}

func take(s string, n int) (at, cells int) {
	for at < len(s) {
		size, w := easy(s[at:], n-cells)
		if size == 0 {
			if size, w = Next(s[at:]); w > n-cells {
				break
			}
		}
		at, cells = at+size, cells+w
	}
	return at, cells
}

// Skip returns the offset of the first character of clean text that starts at or
// after cell n, and how many cells of a wide character cut in half lie between.
// When the text is shorter the offset is its length.
func Skip(s string, n int) (offset, half int) {
	if n <= 0 {
		return 0, 0
	}
	at, cells := take(s, n)
	if at == len(s) || cells == n {
		return at, 0
	}
	size, w := Next(s[at:])
	at += size
	for at < len(s) { // marks of width 0 belong to what was skipped
		size, more := Next(s[at:])
		if more > 0 {
			break
		}
		at += size
	}
	return at, cells + w - n
}
