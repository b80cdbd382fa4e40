package tui

import (
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/microtop/microtop/tui/safetext"
)

// maxInput is the longest line one can type, in bytes.
const maxInput = 4 << 10

// input is one line of text with a cursor. The text never holds a control character.
type input struct {
	before, after string // of the cursor
}

func (in *input) text() string    { return in.before + in.after }
func (in *input) set(text string) { in.before, in.after = "", ""; in.insert(text) }

// insert types or pastes; line breaks and tabs become spaces.
func (in *input) insert(text string) {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
	if len(in.before)+len(in.after)+len(text) <= maxInput {
		in.before += text
	}
}

// update edits and tells whether the message was one for an input.
func (in *input) update(msg tea.Msg) bool {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		in.insert(strings.TrimRight(msg.Content, "\r\n"))
		return true
	case tea.KeyPressMsg:
		return in.key(msg)
	}
	return false
}

func (in *input) key(k tea.KeyPressMsg) bool {
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
		in.before, in.after = "", in.text()
	case "end", "ctrl+e":
		in.before, in.after = in.text(), ""
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
		in.insert(k.Text)
	}
	return true
}

// view returns the text in at most w cells, scrolled so that the cursor shows, and
// the cursor's cell.
func (in *input) view(w int) (safetext.Line, int) {
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
