package safetext

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Line is one row of text that holds no control, bidirectional or invisible
// character. The zero value is the empty line. Lines are comparable.
type Line struct{ s string }

// trusted is what only a constant in the program's own source converts to.
type trusted string

// Clean makes a Line of any text. Line breaks become visible escapes, tabs one
// space. The result is at most [MaxLine] bytes; longer text ends in "…".
// Text that is clean already is returned without an allocation.
func Clean(s string) Line { return Line{clean(s, MaxLine, false)} }

// Literal makes a Line of a constant of the program's own.
func Literal(s trusted) Line { return Clean(string(s)) }

// Format makes a Line from a constant format and any values, cleaned as a whole.
func Format(format trusted, args ...any) Line { return Clean(fmt.Sprintf(string(format), args...)) }

// Join puts sep between lines.
func Join(sep string, lines ...Line) Line {
	parts := make([]string, len(lines))
	for i, l := range lines {
		parts[i] = l.s
	}
	return Clean(strings.Join(parts, clean(sep, MaxLine, false)))
}

// String returns the clean text.
func (l Line) String() string { return l.s }

// Empty tells whether the line has no text.
func (l Line) Empty() bool { return l.s == "" }

// Width returns how many terminal cells the line takes.
func (l Line) Width() int {
	if ascii(l.s) {
		return len(l.s)
	}
	return ansi.StringWidth(l.s)
}

// Cut returns the line in at most w cells; what was longer ends in "…".
func (l Line) Cut(w int) Line {
	switch {
	case w <= 0:
		return Line{}
	case len(l.s) <= w && ascii(l.s):
		return l
	case ascii(l.s):
		return Line{l.s[:w-1] + "…"}
	default:
		return Line{ansi.Truncate(l.s, w, "…")}
	}
}

// Slice returns the cells from left up to right, for scrolling sideways. Of a wide
// character cut in half a space remains on the left, so that columns stay in place.
func (l Line) Slice(left, right int) Line {
	left = max(left, 0)
	if right <= left {
		return Line{}
	}
	if ascii(l.s) {
		return Line{l.s[min(left, len(l.s)):min(right, len(l.s))]}
	}
	head := ansi.Truncate(l.s, left, "")
	rest := l.s[len(head):]
	if half := left - ansi.StringWidth(head); half > 0 && rest != "" {
		cluster, w := ansi.FirstGraphemeCluster(rest, ansi.GraphemeWidth)
		rest = spaces(w-half) + rest[len(cluster):]
	}
	return Line{ansi.Truncate(rest, right-left, "")}
}

// Pad adds spaces on the right until the line takes w cells. A longer line stays.
func (l Line) Pad(w int) Line {
	if n := w - l.Width(); n > 0 {
		return Line{l.s + spaces(n)}
	}
	return l
}

// PadLeft adds spaces on the left until the line takes w cells.
func (l Line) PadLeft(w int) Line {
	if n := w - l.Width(); n > 0 {
		return Line{spaces(n) + l.s}
	}
	return l
}

// Fit returns the line in exactly w cells: cut, then padded.
func (l Line) Fit(w int) Line { return l.Cut(w).Pad(w) }

// blank serves the padding of almost every cell without an allocation.
const blank = "                                                                "

func spaces(n int) string {
	if n <= len(blank) {
		return blank[:n]
	}
	return strings.Repeat(" ", n)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
