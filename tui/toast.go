package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/microtop/microtop/tui/safetext"
)

const (
	toastFor = 6 * time.Second
	fresh    = time.Second // how old a message may be that is about the screen just entered
	maxNotes = 500
)

// note is a toast as ":log" keeps it.
type note struct {
	at    time.Time
	toast Toast
}

// hush takes toast n out of the foot, unless a newer one is there.
type hush int

func (s *Shell) note(t Toast) {
	if s.notes = append(s.notes, note{s.now(), t}); len(s.notes) > maxNotes {
		s.notes = slices.Delete(s.notes, 0, len(s.notes)-maxNotes)
	}
}

// toast shows a message for a while and logs it.
func (s *Shell) toast(t Toast) tea.Cmd {
	s.note(t)
	s.serial++
	s.showing = t
	s.dirty = true
	return s.after(toastFor, hush(s.serial))
}

func (s *Shell) hush(n hush) {
	if int(n) == s.serial {
		s.showing = Toast{}
	}
}

// moved takes a message of the screen before out of the foot.
func (s *Shell) moved() {
	if n := len(s.notes); n > 0 && s.now().Sub(s.notes[n-1].at) > fresh {
		s.showing = Toast{}
	}
}

// badge is the sign and style of a level.
func (s *Shell) badge(l Level) (string, lipgloss.Style) {
	switch l {
	case Good:
		return s.theme.Glyphs.Check, s.theme.Good
	case Warn:
		return s.theme.Glyphs.Warning, s.theme.Warn
	case Bad:
		return s.theme.Glyphs.Cross, s.theme.Bad
	case Info:
	}
	return s.theme.Glyphs.Bullet, s.theme.Text
}

// openLog shows the messages so far, the newest first.
func (s *Shell) openLog() tea.Cmd {
	var items []Item
	for _, n := range slices.Backward(s.notes) {
		sign, _ := s.badge(n.toast.Level)
		head := safetext.Join(" ", safetext.Clean(n.at.Format("15:04:05")), safetext.Clean(sign))
		for _, row := range wrap(n.toast.Text, min(s.w, 100)-head.Width()-8) {
			items = append(items, Item{Label: safetext.Join(" ", head, row)})
			head = safetext.Line{}.Pad(head.Width())
		}
	}
	empty := safetext.Literal("no messages yet")
	s.show(s.topID(), newPicker(safetext.Literal("log"), items, empty))
	return nil
}
