package tui

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/safetext"
)

// Screens are all that a shell shows of one world; the fields are those of [Config].
type Screens struct {
	Routes  []Route
	Start   Open
	Header  func(w int) []Segment
	Palette func() []Item
	Close   func()
}

// Swap asks for other screens in the place of all there are: those of another world.
// What still runs is asked about first, and ended by the change.
type Swap struct {
	To safetext.Line // what the screens are of, for people
	// Make runs beside the program. After an error, which is shown, everything stays. What
	// it made is not closed when the program ended meanwhile.
	Make func(context.Context) (Screens, error)
	// Command does the same from a shell, for the log.
	Command string
}

type (
	// approved is a swap that nothing stands in the way of.
	approved struct{ Swap }
	// swapped brings the screens of a swap.
	swapped struct {
		Swap
		number  int
		screens Screens
		err     error
	}
)

// swap asks about what runs, then makes the other screens.
func (s *Shell) swap(from int, msg Swap) tea.Cmd {
	if l, ok := s.busy(); ok {
		question := safetext.Format("%s is still running. Cancel it and switch to %s?", l.screen.Title(), msg.To)
		s.show(from, newQuestion(Confirm{Question: question, Danger: true, Yes: Do(approved{msg})}))
		return nil
	}
	return s.prepare(msg)
}

// prepare makes the other screens beside the program. Of several swaps the last counts.
func (s *Shell) prepare(msg Swap) tea.Cmd {
	s.swaps++
	number := s.swaps
	return tea.Batch(
		s.toast(Toast{Info, safetext.Format("switching to %s %s", msg.To, s.theme.Glyphs.Ellipsis)}),
		s.scope.Cmd(func(ctx context.Context) tea.Msg {
			screens, err := msg.Make(ctx)
			if _, ok := routes(screens.Routes).find(screens.Start.Name); !ok && err == nil {
				err = fmt.Errorf("no screen %q to start with", screens.Start.Name)
			}
			return swapped{msg, number, screens, err}
		}),
	)
}

// replace puts the other screens in the place of all there are.
func (s *Shell) replace(msg swapped) tea.Cmd {
	if msg.number != s.swaps {
		return beside(msg.screens.Close)
	}
	if msg.err != nil {
		said := s.did(Did{Level: Bad, Text: safetext.Format("%s: %v", msg.To, msg.err), Command: msg.Command})
		return tea.Batch(said, beside(msg.screens.Close))
	}
	for len(s.stack) > 0 {
		s.drop()
	}
	s.visits = visits{} // what was opened of the other world is not to be gone back to
	before := s.cfg.Close
	s.over, s.line, s.routes = nil, nil, msg.screens.Routes
	s.cfg.Start, s.cfg.Header, s.cfg.Palette, s.cfg.Close = msg.screens.Start, msg.screens.Header, msg.screens.Palette, msg.screens.Close
	return tea.Batch(
		s.open(s.cfg.Start),
		s.did(Did{Level: Good, Text: safetext.Format("switched to %s", msg.To), Command: msg.Command}),
		beside(before),
	)
}

// beside runs fn, unless it is nil, beside the program.
func beside(fn func()) tea.Cmd {
	if fn == nil {
		return nil
	}
	return func() tea.Msg {
		fn()
		return nil
	}
}

// busy is the screen nearest the top that runs something worth a question.
func (s *Shell) busy() (layer, bool) {
	for _, l := range slices.Backward(s.stack) {
		if b, ok := l.screen.(Busy); ok && b.Busy() {
			return l, true
		}
	}
	return layer{}, false
}
