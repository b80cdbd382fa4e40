package tui

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/safetext"
)

// key sends a key press to whoever has the focus: dialog, prompt line, action, screen.
func (s *Shell) key(k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	if name == "ctrl+c" && (s.over != nil || s.line != nil) {
		k, _ = ParseKey("esc")
	}
	switch {
	case s.over != nil:
		return s.toOverlay(k)
	case s.line != nil:
		return s.toLine(k)
	case len(s.stack) == 0:
		if name == "q" || name == "ctrl+c" || name == "esc" {
			return tea.Quit
		}
		return nil
	}
	typing := s.typing()
	var off string
	actions := s.memo.actions
	s.memo.actions = nil
	if actions == nil {
		actions = s.actions()
	}
	for _, a := range actions {
		if !slices.Contains(a.Keys, name) || typing && !s.whileTyping(a, k) {
			continue
		}
		if reason := a.reason(); reason != "" {
			off = reason
			continue
		}
		if a.Run == nil {
			return s.press(a, k)
		}
		return s.run(a)
	}
	if off != "" && !typing {
		return s.toast(Toast{Warn, safetext.Clean(off)})
	}
	return s.deliver(s.topID(), k)
}

func (s *Shell) typing() bool {
	t, ok := s.screen().(Typist)
	return ok && t.Typing()
}

func (s *Shell) whileTyping(a Action, k tea.KeyPressMsg) bool {
	if slices.Contains(whileTyping, a.ID) {
		return true
	}
	global := slices.ContainsFunc(s.globals(), func(g Action) bool { return g.ID == a.ID })
	return k.Text == "" && !global
}

// press hands a key to the screen under the name its widgets know.
func (s *Shell) press(a Action, k tea.KeyPressMsg) tea.Cmd {
	if _, remapped := s.keys[a.ID]; !remapped {
		return s.deliver(s.topID(), k)
	}
	for _, own := range s.screen().Actions() {
		if own.ID != a.ID || len(own.Keys) == 0 || slices.Contains(own.Keys, k.String()) {
			continue
		}
		if usual, err := ParseKey(own.Keys[0]); err == nil {
			k = usual
		}
	}
	return s.deliver(s.topID(), k)
}

// run does an action, after its question.
func (s *Shell) run(a Action) tea.Cmd {
	id := s.topID()
	if !strings.HasPrefix(a.ID, "shell.") {
		s.changed()
	}
	if a.Confirm != nil {
		s.show(id, newQuestion(Confirm{Question: a.Confirm(), Danger: true, Yes: Do(confirmed{a})}))
		return nil
	}
	return s.own(id, a.Run())
}

// confirmed runs an action whose question was answered with yes.
type confirmed struct{ action Action }

func (s *Shell) paste(msg tea.PasteMsg) tea.Cmd {
	switch {
	case s.over != nil:
		return s.toOverlay(msg)
	case s.line != nil:
		return s.toLine(msg)
	}
	return s.deliver(s.topID(), msg)
}

// mouseEvent passes a click, wheel or motion inside the body on, counted from its corner.
func (s *Shell) mouseEvent(msg tea.MouseMsg) tea.Cmd {
	if s.over != nil {
		s.dirty = true
		return s.toOverlay(msg)
	}
	at := msg.Mouse()
	at.X, at.Y = at.X-s.x, at.Y-s.y
	if w, h := s.bodySize(); at.X < 0 || at.Y < 0 || at.X >= w || at.Y >= h || s.line != nil {
		return nil
	}
	switch msg.(type) {
	case tea.MouseClickMsg:
		return s.deliver(s.topID(), tea.MouseClickMsg(at))
	case tea.MouseReleaseMsg:
		return s.deliver(s.topID(), tea.MouseReleaseMsg(at))
	case tea.MouseWheelMsg:
		return s.deliver(s.topID(), tea.MouseWheelMsg(at))
	case tea.MouseMotionMsg:
		return s.deliver(s.topID(), tea.MouseMotionMsg(at))
	}
	return nil
}

// escape is esc: the screen's own use of it, then the filter, then back.
func (s *Shell) escape() tea.Cmd {
	s.changed()
	if e, ok := s.screen().(Escaper); ok && e.Escape() {
		return nil
	}
	if f, ok := s.screen().(Filterer); ok && !f.Filter().Text.Empty() {
		if err := f.SetFilter(""); err == nil {
			return nil
		}
	}
	return s.back()
}

// leave is q: back, and out of the first screen.
func (s *Shell) leave() tea.Cmd {
	if len(s.stack) > 1 {
		return s.back()
	}
	return s.quit()
}

// quit ends the program, after a question when something runs.
func (s *Shell) quit() tea.Cmd {
	l, ok := s.busy()
	if !ok {
		return tea.Quit
	}
	s.show(l.id, newQuestion(Confirm{Question: safetext.Format("%s is still running. Quit?", l.screen.Title()), Danger: true, Yes: tea.Quit}))
	return nil
}

// twice is how soon a second ctrl+c quits.
const twice = 2 * time.Second

// interrupt is ctrl+c: cancel what runs, else quit at the second press.
func (s *Shell) interrupt() tea.Cmd {
	if b, ok := s.screen().(Busy); ok && b.Cancel() {
		s.changed()
		s.ctrlC = time.Time{}
		return s.toast(Toast{Info, safetext.Literal("cancelled")})
	}
	now := s.now()
	if now.Sub(s.ctrlC) < twice {
		return tea.Quit
	}
	s.ctrlC = now
	return s.toast(Toast{Info, safetext.Literal("ctrl+c again quits")})
}

func (s *Shell) toggleMouse() tea.Cmd {
	s.mouse = !s.mouse
	if s.mouse {
		return s.toast(Toast{Info, safetext.Literal("the mouse is the console's")})
	}
	return s.toast(Toast{Info, safetext.Literal("the mouse is the terminal's: select text, M takes it back")})
}
