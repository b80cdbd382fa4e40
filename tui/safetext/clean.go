package safetext

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The most bytes a cleaned text may take.
const (
	MaxLine  = 4 << 10
	MaxBlock = 8 << 20
)

// maxMarks is how many combining marks, joiners and variation selectors one base
// character may carry.
const maxMarks = 4

const (
	zwj  = '\u200d' // joins emoji
	vs15 = '\ufe0e' // text presentation
	vs16 = '\ufe0f' // emoji presentation
)

// scan remembers what a mark would combine with.
type scan struct {
	prev  rune // the character before; 0 at the start of a row
	marks int  // marks on the current base
}

// keep tells whether r may stand as it is after what was scanned, with next to
// come, and takes note of it. An escaped character counts as an ASCII one.
func (c *scan) keep(r, next rune) bool {
	switch {
	case ' ' <= r && r < 0x7f: // nearly everything
		c.prev, c.marks = r, 0
		return true
	case r == zwj:
		// Between letters of Latin, Greek or Cyrillic a joiner is only a disguise.
		if c.prev < 0x900 || next < 0x900 || !visible(next) || c.marks >= maxMarks {
			break
		}
		c.marks++
		return true
	case r == vs15, r == vs16:
		// They choose how a symbol looks; on a letter they only confuse its width.
		if c.prev < 0x2000 || c.marks >= maxMarks {
			break
		}
		c.marks++
		return true
	case unicode.Is(unicode.M, r) && !ignorable(r):
		if c.prev == 0 || c.marks >= maxMarks {
			break
		}
		c.marks++
		return true
	case visible(r):
		c.prev, c.marks = r, 0
		return true
	}
	c.prev, c.marks = 'x', 0
	return false
}

// visible tells whether r draws something, by itself, in its own place.
func visible(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.Is(unicode.M, r) && !ignorable(r)
}

// ignorable tells whether Unicode lets a renderer draw nothing for r.
func ignorable(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// clean is the one place that decides what reaches a terminal.
func clean(s string, limit int, block bool) string {
	if len(s) <= limit && isClean(s, block) {
		return s
	}
	var b strings.Builder
	b.Grow(min(len(s)+len(s)/8, limit))
	var c scan
	cut := 0 // where "…" still fits
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		piece := s[i : i+n]
		i += n
		switch {
		case block && r == '\r' && strings.HasPrefix(s[i:], "\n"):
			continue
		case block && r == '\n':
			c = scan{}
		case r == '\t':
			piece, c = tab(block), scan{prev: ' '}
		case r == utf8.RuneError && n == 1:
			piece, c = fmt.Sprintf(`\x%02x`, s[i-1]), scan{prev: 'x'}
		case !c.keep(r, peek(s[i:])):
			piece = escape(r)
		}
		if b.Len()+len(piece) > limit {
			return b.String()[:cut] + "…"
		}
		b.WriteString(piece)
		if b.Len() <= limit-len("…") {
			cut = b.Len()
		}
	}
	return b.String()
}

func isClean(s string, block bool) bool {
	var c scan
	for i := 0; i < len(s); {
		if ch := s[i]; ch < utf8.RuneSelf {
			if ch == '\n' && block {
				c = scan{}
			} else if ch < ' ' || ch == 0x7f {
				return false
			} else {
				c = scan{prev: rune(ch)}
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if r == utf8.RuneError && n == 1 || !c.keep(r, peek(s[i:])) {
			return false
		}
	}
	return true
}

// peek returns the first character of s, 0 when there is none.
func peek(s string) rune {
	if s == "" {
		return 0
	}
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 {
		return 0 // becomes an escape
	}
	return r
}

func tab(block bool) string {
	if block {
		return "    "
	}
	return " "
}

// escape draws a character that may not stand as it is.
func escape(r rune) string {
	switch {
	case r == 0x1b:
		return "␛"
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return fmt.Sprintf(`\U%08x`, r)
	}
}
