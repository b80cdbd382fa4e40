// Package input is one line of text that is typed: the edit keys, pasting, and a view that scrolls with the cursor.
//
// The zero [Line] is an empty line, ready to be typed into. It belongs to one goroutine.
package input

import (
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/microtop/microtop/tui/safetext"
)

// Max is the longest line one can type, in bytes.
const Max = 4 << 10

// Line is one line of text with a cursor. The text never holds a control character.
type Line struct {
	before, after string // of the cursor
}

// Text returns the text as typed; it is not clean.
func (in *Line) Text() string { return in.before + in.after }

// AtEnd reports whether the cursor is behind all of the text.
func (in *Line) AtEnd() bool { return in.after == "" }

// Set replaces the text; the cursor is behind it.
func (in *Line) Set(text string) { in.before, in.after = "", ""; in.Insert(text) }

// Insert types or pastes; line breaks and tabs become spaces.
func (in *Line) Insert(text string) {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
	if len(in.before)+len(in.after)+len(text) <= Max {
		in.before += text
	}
}

// Update edits and tells whether the message was one for an input.
func (in *Line) Update(msg tea.Msg) bool {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		in.Insert(strings.TrimRight(msg.Content, "\r\n"))
		return true
	case tea.KeyPressMsg:
		return in.key(msg)
	}
	return false
}

func (in *Line) key(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "backspace":
		in.before = in.before[:len(in.before)-last(in.before)]
	case "delete", "ctrl+d":
		in.after = in.after[first(in.after):]
	case "left", "ctrl+b":
		n := len(in.before) - last(in.before)
		in.before, in.after = in.before[:n], in.before[n:]+in.after
	case "right", "ctrl+f":
		n := first(in.after)
		in.before, in.after = in.before+in.after[:n], in.after[n:]
	case "home", "ctrl+a":
		in.before, in.after = "", in.Text()
	case "end", "ctrl+e":
		in.before, in.after = in.Text(), ""
	case "ctrl+u":
		in.before = ""
	case "ctrl+k":
		in.after = ""
	case "ctrl+w", "alt+backspace":
		trimmed := strings.TrimRight(in.before, " ")
		in.before = trimmed[:strings.LastIndexByte(trimmed, ' ')+1]
	default:
		if k.Text == "" {
			return false
		}
		in.Insert(k.Text)
	}
	return true
}

// View returns the text in at most w cells, scrolled so that the cursor shows, and
// the cursor's cell.
func (in *Line) View(w int) (safetext.Line, int) {
	before, after := safetext.Clean(in.before), safetext.Clean(in.after)
	x := before.Width()
	skip := max(x-w+1, 0)
	return safetext.Join("", before.Slice(skip, x), after).Slice(0, w), x - skip
}

// first is the length of the first character as a reader sees it.
func first(s string) int {
	cluster, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return len(cluster)
}

// last is the length of the last one.
func last(s string) int {
	n := 0
	for s != "" {
		n = first(s)
		s = s[n:]
	}
	return n
}
