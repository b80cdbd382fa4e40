package events

import (
	"container/list"
	"iter"
	"time"

	"github.com/microtop/microtop/framework/limits"
)

// shelf keeps the events of one topic in the order they were written.
type shelf struct {
	order list.List // of entry
	byID  map[string]*position
	bytes int
}

type position = list.Element

// entry is an event and when it ends; the zero deadline is never.
type entry struct {
	event    *Event
	deadline time.Time
}

func (e entry) over(now time.Time) bool { return !e.deadline.IsZero() && !now.Before(e.deadline) }

// put keeps an event as the last, and lets the oldest go that are over the limits.
func (s *shelf) put(e entry, limit limits.Limits) {
	if old := s.byID[e.event.ID]; old != nil {
		s.drop(old)
	}
	s.byID[e.event.ID] = s.order.PushBack(e)
	s.bytes += size(e.event)
	for s.order.Len() > 1 && (limits.Exceeded(s.order.Len(), limit.PendingMessages) || limits.Exceeded(s.bytes, limit.PendingBytes)) {
		s.drop(s.order.Front())
	}
}

func (s *shelf) drop(at *position) {
	e, _ := s.order.Remove(at).(entry)
	s.bytes -= size(e.event)
	delete(s.byID, e.event.ID)
}

// letGo drops the events that have ended.
func (s *shelf) letGo(now time.Time) {
	for at := s.order.Front(); at != nil; {
		next := at.Next()
		if e, _ := at.Value.(entry); e.over(now) {
			s.drop(at)
		}
		at = next
	}
}

// live visits the events that have not ended, the oldest first.
func (s *shelf) live(now time.Time) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		for at := s.order.Front(); at != nil; at = at.Next() {
			if e, _ := at.Value.(entry); !e.over(now) && !yield(e) {
				return
			}
		}
	}
}
