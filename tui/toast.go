package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

const (
	toastFor = 6 * time.Second
	fresh    = time.Second // how old a message may be that is about the screen just entered
)

// hush takes toast n out of the foot, unless a newer one is there.
type hush int

// toast shows a message for a while and logs it.
func (s *Shell) toast(t Toast) tea.Cmd { return s.did(Did{Level: t.Level, Text: t.Text}) }

// did logs what was done, and shows it for a while unless it is quiet.
func (s *Shell) did(d Did) tea.Cmd {
	now := s.now()
	s.journal.Add(Entry{now, d.Level, d.Text, d.Command})
	if d.Quiet {
		return nil
	}
	s.serial++
	s.showing, s.shown = Toast{d.Level, d.Text}, now
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
	if s.now().Sub(s.shown) > fresh {
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
