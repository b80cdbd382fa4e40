package fleet

import (
	"sync/atomic"
	"time"
)

// Sighting is when a node was last seen. All snapshots of a node share one: to see a node again is no change, and a
// large fleet that only was confirmed costs no snapshot of its own. Safe for concurrent use; nil is never.
type Sighting struct{ at atomic.Pointer[time.Time] }

// SeenAt makes a sighting.
func SeenAt(t time.Time) *Sighting {
	s := new(Sighting)
	s.note(t)
	return s
}

func (s *Sighting) note(t time.Time) { s.at.Store(&t) }

// Time is the moment as it was noted, so that a clock that is set does not change what ages come of it; zero for never.
func (s *Sighting) Time() time.Time {
	if s == nil {
		return time.Time{}
	}
	if at := s.at.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// Equal tells whether both are the same moment.
func (s *Sighting) Equal(o *Sighting) bool { return s.Time().Equal(o.Time()) }
