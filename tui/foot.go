package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/safetext"
)

// foot draws the prompt line when it is open, else the hints and the last toast.
func (s *Shell) foot() string {
	if s.line != nil {
		return s.promptLine()
	}
	toast, toastW := s.toastText()
	hints := s.hints(s.w - toastW - 3)
	return s.fit(" "+hints, s.w-toastW-1) + toast + " "
}

func (s *Shell) toastText() (string, int) {
	if s.showing.Text.Empty() {
		return "", 0
	}
	sign, style := s.badge(s.showing.Level)
	text := safetext.Join(" ", safetext.Clean(sign), s.showing.Text).Cut(max(s.w*2/3, s.w-12))
	return style.Render(text.String()), text.Width()
}

// hints draws the keys that work here, the most important first, and help in any case.
func (s *Shell) hints(room int) string {
	if s.over != nil {
		pick, _ := s.drawHint("enter", "choose")
		leave, _ := s.drawHint("esc", "close")
		return pick + "  " + leave
	}
	wayOut := "shell.help"
	if s.typing() {
		wayOut = "shell.palette" // "?" is text then
	}
	var shown strings.Builder
	tail, tailW := "", 0
	actions := s.actions()
	s.memo.actions = actions
	for _, a := range actions {
		if a.ID == wayOut && s.works(a) != "" {
			tail, tailW = s.hint(a)
		}
	}
	if s.w >= narrow {
		used := 0
		for _, a := range actions {
			if a.Hidden || s.works(a) == "" || !a.enabled() {
				continue
			}
			text, n := s.hint(a)
			if used+n+2+tailW > room {
				break
			}
			shown.WriteString(text)
			shown.WriteString("  ")
			used += n + 2
		}
	}
	if tailW > room {
		return ""
	}
	return shown.String() + tail
}

func (s *Shell) hint(a Action) (string, int) { return s.drawHint(s.works(a), a.Name) }

// works is the first of an action's keys that does it now, "" without one: while
// something is typed, letters are text.
func (s *Shell) works(a Action) string {
	typing := s.typing()
	for _, name := range a.Keys {
		if !typing {
			return name
		}
		if k, err := ParseKey(name); err == nil && s.whileTyping(a, k) {
			return name
		}
	}
	return ""
}

// promptLine draws ":" or "/", what was typed, what tab would add, and what is wrong.
func (s *Shell) promptLine() string {
	p := s.line
	sign, style := s.theme.Accent, s.theme.Text
	if !p.err.Empty() {
		sign, style = s.theme.Bad, s.theme.Bad
	}
	text, _ := p.input.View(max(s.w-3, 1))
	row := " " + sign.Render(p.sign) + style.Render(text.String())
	if p.input.AtEnd() {
		row += s.theme.Ghost.Render(safetext.Clean(p.ghost).String())
	}
	if !p.err.Empty() {
		row += "  " + s.theme.Bad.Render(p.err.String())
	}
	return s.fit(row, s.w)
}

// cursor draws the dialog over the rows and says where the terminal's cursor belongs.
func (s *Shell) cursor(rows []string) *tea.Cursor {
	_, _, foot, _ := s.rows()
	switch {
	case s.over != nil:
		b := s.over.draw(s, s.w, s.h-foot)
		x, y := max((s.w-b.w)/2, 0), max((s.h-foot-len(b.lines))/2, 0)
		s.lay(rows, b, x, y)
		if b.cursor != nil {
			return s.cursorAt(x+b.cursor.X, y+b.cursor.Y)
		}
	case s.line != nil && foot > 0:
		_, x := s.line.input.View(max(s.w-3, 1))
		return s.cursorAt(2+x, s.h-1)
	default:
		if c, ok := s.screen().(Cursorer); ok {
			if x, y, on := c.Cursor(); on {
				return s.cursorAt(s.x+x, s.y+y)
			}
		}
	}
	return nil
}

func (s *Shell) cursorAt(x, y int) *tea.Cursor {
	if x < 0 || y < 0 || x >= s.w || y >= s.h {
		return nil
	}
	c := tea.NewCursor(x, y)
	c.Blink = false
	return c
}
