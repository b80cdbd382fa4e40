package tui

import (
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/safetext"
)

// maxCopy is what terminals take in one OSC 52 sequence of 100,000 bytes.
const maxCopy = 74_994

// copy puts text on the clipboard and says so.
func (s *Shell) copy(c Copy) tea.Cmd {
	if len(c.Text) > maxCopy {
		return s.toast(Toast{Warn, safetext.Format("%s: %d bytes are too much for the terminal's clipboard (at most %d); save it instead", c.What, len(c.Text), maxCopy)})
	}
	t := Toast{Good, safetext.Format("copied %s, %d bytes, through the terminal", c.What, len(c.Text))}
	controls := strings.ContainsFunc(c.Text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' })
	switch {
	case controls && strings.Contains(c.Text, "\n"):
		t = Toast{Warn, safetext.Format("copied %s with line breaks and controls: paste with care", c.What)}
	case controls:
		t = Toast{Warn, safetext.Format("copied %s with control characters: paste with care", c.What)}
	}
	return tea.Batch(tea.SetClipboard(c.Text), s.toast(t))
}
