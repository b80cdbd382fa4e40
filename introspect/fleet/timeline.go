package fleet

import (
	"maps"
	"slices"
	"time"
)

const (
	// timelineSize is how many events the timeline keeps.
	timelineSize = 1000
	// timelineBytes is how much metadata an event keeps of a node; what goes over is left out.
	timelineBytes = 4 << 10
)

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
	e.Node = light(e.Node)
	if e.Before != nil {
		before := light(*e.Before)
		e.Before = &before
	}
	if len(t.events) < timelineSize {
		t.events = append(t.events, e)
		return
	}
	t.events[t.next] = e
	t.next = (t.next + 1) % timelineSize
	t.dropped++
}

// light is a node without what the timeline cannot afford to keep a thousand times.
func light(n Node) Node {
	n.Vitals = nil
	size := 0
	for k, v := range n.Metadata {
		size += len(k) + len(v)
	}
	if size <= timelineBytes {
		return n
	}
	kept, left := map[string]string{}, timelineBytes
	for _, k := range slices.Sorted(maps.Keys(n.Metadata)) {
		if v := n.Metadata[k]; len(k)+len(v) <= left {
			kept[k] = v
			left -= len(k) + len(v)
		}
	}
	n.Metadata = kept
	return n
}

func (t *timeline) all() ([]Event, uint64) {
	out := make([]Event, 0, len(t.events))
	out = append(out, t.events[t.next:]...)
	return append(out, t.events[:t.next]...), t.dropped
}
