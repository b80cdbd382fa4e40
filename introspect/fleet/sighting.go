package fleet

import (
	"sync/atomic"
	"time"
)

// Sighting is when a node was last seen. All snapshots of a node share one: to see a node again is no change, and a
// large fleet that only was confirmed costs no snapshot of its own. Safe for concurrent use; nil is never.
type Sighting struct{ at atomic.Int64 }

// SeenAt makes a sighting.
func SeenAt(t time.Time) *Sighting {
	s := new(Sighting)
	s.note(t)
	return s
}

func (s *Sighting) note(t time.Time) { s.at.Store(t.UnixNano()) }

// Time is the moment, to the nanosecond; zero for never.
func (s *Sighting) Time() time.Time {
	if s == nil {
		return time.Time{}
	}
	return time.Unix(0, s.at.Load())
}

// Equal tells whether both are the same moment.
func (s *Sighting) Equal(o *Sighting) bool { return s.Time().Equal(o.Time()) }
