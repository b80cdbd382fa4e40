package theme

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Glyphs are the characters the console draws with. Each takes one cell.
type Glyphs struct {
	ASCII bool // nothing here, and nothing on the screen, may leave ASCII

	TopLeft, TopRight, BottomLeft, BottomRight string
	Horizontal, Vertical                       string

	Full, Empty, Half string   // health dots: up, down, in doubt
	Spark             []string // sparkline levels, lowest first
	Bar               []string // horizontal bar in eighths, emptiest first
	Shade             string   // the rest of a bar
	Spinner           []string // frames

	Up, Down, Left, Right string // arrows: sort order, scroll
	Crumb                 string // between crumbs
	Ellipsis              string
	Check, Cross, Warning string
	Mark                  string // a marked row
	Cursor                string // the row under the cursor, where colour alone would say it
	Expanded, Collapsed   string // tree nodes
	Branch, Last, Line    string // tree lines
	Bullet                string
}

// UnicodeGlyphs returns the usual set.
func UnicodeGlyphs() Glyphs {
	return Glyphs{
		TopLeft: "┌", TopRight: "┐", BottomLeft: "└", BottomRight: "┘", Horizontal: "─", Vertical: "│",
		Full: "●", Empty: "○", Half: "◐",
		Spark:   strings.Split("▁▂▃▄▅▆▇█", ""),
		Bar:     strings.Split("▏▎▍▌▋▊▉█", ""),
		Shade:   "░",
		Spinner: strings.Split("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", ""),
		Up:      "↑", Down: "↓", Left: "←", Right: "→", Crumb: "▸", Ellipsis: "…",
		Check: "✓", Cross: "✗", Warning: "!", Mark: "▌", Cursor: "›",
		Expanded: "▾", Collapsed: "▸", Branch: "├", Last: "└", Line: "│", Bullet: "·",
	}
}

// ASCIIGlyphs returns a set for terminals and fonts that know only ASCII.
func ASCIIGlyphs() Glyphs {
	return Glyphs{
		ASCII:   true,
		TopLeft: "+", TopRight: "+", BottomLeft: "+", BottomRight: "+", Horizontal: "-", Vertical: "|",
		Full: "*", Empty: "o", Half: "?",
		Spark:   strings.Split("_.-:=+*#", ""),
		Bar:     strings.Split("      -#", ""),
		Shade:   ".",
		Spinner: strings.Split(`-\|/`, ""),
		Up:      "^", Down: "v", Left: "<", Right: ">", Crumb: ">", Ellipsis: "~",
		Check: "+", Cross: "x", Warning: "!", Mark: "#", Cursor: ">",
		Expanded: "-", Collapsed: "+", Branch: "|", Last: "`", Line: "|", Bullet: "-",
	}
}

// ToASCII replaces what is not ASCII by as many cells of "?" ("~" for "…"). Escape
// sequences, being ASCII, stay.
func ToASCII(s string) string {
	var b strings.Builder
	for s != "" {
		i := 0
		for i < len(s) && s[i] < utf8.RuneSelf {
			i++
		}
		b.WriteString(s[:i])
		if s = s[i:]; s == "" {
			break
		}
		cluster, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if cluster == "…" {
			b.WriteByte('~')
		} else {
			b.WriteString(strings.Repeat("?", width))
		}
		s = s[len(cluster):]
	}
	return b.String()
}
