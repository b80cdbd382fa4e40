package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/safetext"
)

// maxVisits is how many views are gone back to.
const maxVisits = 100

// visit is a view that was opened. Its id finds the screen while that is on the stack.
type visit struct {
	id   int
	open Open
}

// visits are the views that were opened, the oldest first. What was left with esc stays
// to be gone forward to, until another view is opened.
type visits struct {
	list      []visit
	now, last int // ids: of the view that is shown, and of the one shown before; 0 none
	next      int
}

// opened adds a view and returns its id.
func (v *visits) opened(o Open) int {
	v.list = v.list[:v.index(v.now)+1]
	if len(v.list) == maxVisits {
		v.list = slices.Delete(v.list, 0, 1)
	}
	v.next++
	v.list = append(v.list, visit{v.next, o})
	v.came(v.next)
	return v.next
}

// came notes which view is shown.
func (v *visits) came(id int) {
	if id != v.now {
		v.last, v.now = v.now, id
	}
}

// index is the place of a view, -1 when it was forgotten.
func (v *visits) index(id int) int {
	return slices.IndexFunc(v.list, func(x visit) bool { return x.id == id })
}

// step returns what goes by so many views through those that were opened.
func (s *Shell) step(by int) func() tea.Cmd {
	return func() tea.Cmd {
		i := s.visits.index(s.visits.now) + by
		if i < 0 || i >= len(s.visits.list) {
			return s.toast(Toast{Info, safetext.Literal("no view was opened there")})
		}
		return s.revisit(s.visits.list[i])
	}
}

// lastView goes to the view that was shown before this one; twice is here again.
func (s *Shell) lastView() tea.Cmd {
	i := s.visits.index(s.visits.last)
	if i < 0 {
		return s.toast(Toast{Info, safetext.Literal("no other view was opened yet")})
	}
	return s.revisit(s.visits.list[i])
}

// revisit shows a view again: the screen itself if it is on the stack, else a new one
// on those that were opened before it. What runs is not ended by it.
func (s *Shell) revisit(v visit) tea.Cmd {
	keep := len(s.stack)
	for keep > 1 && s.stack[keep-1].visit != v.id && s.visits.index(s.stack[keep-1].visit) > s.visits.index(v.id) {
		keep--
	}
	for _, l := range s.stack[keep:] {
		if b, ok := l.screen.(Busy); ok && b.Busy() {
			return s.toast(Toast{Warn, safetext.Format("%s is still running: esc leaves it", l.screen.Title())})
		}
	}
	route, _ := s.routes.find(v.open.Name)
	if s.stack[keep-1].visit == v.id {
		s.dropTo(keep)
		return nil
	}
	screen, err := route.make(v.open.With)
	if err != nil {
		return s.toast(Toast{Bad, safetext.Format("%s: %v", route.Name, err)})
	}
	s.dropTo(keep)
	s.visits.came(v.id)
	return s.push(layer{route: route.Name, plain: v.open.With == nil, visit: v.id, screen: screen})
}

// dropTo closes screens until n are left, and goes on with the one on top.
func (s *Shell) dropTo(n int) {
	if len(s.stack) == n {
		return
	}
	for len(s.stack) > n {
		s.drop()
	}
	top := s.stack[n-1]
	s.visits.came(top.visit)
	s.reshape(top.screen)
	s.moved()
	s.changed()
}
