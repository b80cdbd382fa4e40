package fleet

import "time"

// timelineSize is how many events the timeline keeps.
const timelineSize = 1000

// EventKind is what happened to a node.
type EventKind string

// What can happen to a node.
const (
	Joined   EventKind = "joined"
	Left     EventKind = "left"
	Changed  EventKind = "changed"
	WentDown EventKind = "down"
	CameBack EventKind = "up"
)

// Event is one entry of the timeline.
type Event struct {
	Time time.Time
	Kind EventKind
	Node Node
	// Before is the node as it was, if it Changed.
	Before *Node
}

// timeline is a ring of events.
type timeline struct {
	events  []Event
	next    int
	dropped uint64
}

func (t *timeline) add(e Event) {
	if len(t.events) < timelineSize {
		t.events = append(t.events, e)
		return
	}
	t.events[t.next] = e
	t.next = (t.next + 1) % timelineSize
	t.dropped++
}

func (t *timeline) all() ([]Event, uint64) {
	out := make([]Event, 0, len(t.events))
	out = append(out, t.events[t.next:]...)
	return append(out, t.events[:t.next]...), t.dropped
}
