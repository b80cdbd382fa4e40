package events

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/limits"
)

// topic is a log of events, numbered from zero, of which the last are kept.
type topic struct {
	name   string
	limits limits.Limits

	mu     sync.Mutex // also guards the groups and their deliveries
	log    []*Event
	first  uint64 // the number of log[0]
	bytes  int
	groups map[string]*group
}

// next is the number of the next event.
func (t *topic) next() uint64 { return t.first + uint64(len(t.log)) }

// add puts an event at the end of the log, lets the oldest go that are over the limits, and tells how many events were
// missed by which group, once per time that it falls behind.
func (t *topic) add(e *Event) map[string]uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log = append(t.log, e)
	t.bytes += size(e)
	for len(t.log) > 1 && (limits.Exceeded(len(t.log), t.limits.PendingMessages) || limits.Exceeded(t.bytes, t.limits.PendingBytes)) {
		t.bytes -= size(t.log[0])
		t.log[0] = nil
		t.log = t.log[1:]
		t.first++
	}
	var slow map[string]uint64
	for _, g := range t.groups {
		if g.next < t.first {
			missed := t.first - g.next
			g.stats.Missed += missed
			g.next = t.first
			if !g.slow {
				g.slow = true
				if slow == nil {
					slow = map[string]uint64{}
				}
				slow[g.stats.Group] = missed
			}
		}
		g.wakeAll()
	}
	return slow
}

// join makes c a member of its group, and the group if it is new.
func (t *topic) join(c *consumer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := c.opts.Group
	if key == "" {
		key = "\x00" + uuid.NewString() // no group's name
	}
	g := t.groups[key]
	if g == nil {
		g = &group{topic: t, key: key, next: t.since(c.opts.Offset), open: map[uint64]*delivery{}, stats: Stats{Topic: t.name, Group: c.opts.Group}}
		t.groups[key] = g
	}
	g.members = append(g.members, c)
	c.group = g
}

// since is the number of the first event that is not older than at.
func (t *topic) since(at time.Time) uint64 {
	if at.IsZero() {
		return t.next()
	}
	for i, e := range t.log {
		if !e.Timestamp.Before(at) {
			return t.first + uint64(i)
		}
	}
	return t.next()
}

// leave takes c out of its group. A group without a name ends with its consumer.
func (t *topic) leave(c *consumer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := c.group
	g.members = slices.DeleteFunc(g.members, func(other *consumer) bool { return other == c })
	if c.opts.Group == "" {
		g.end()
		delete(t.groups, g.key)
	}
	g.wakeAll()
}

// end stops what waits for acknowledgements.
func (t *topic) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range t.groups {
		g.end()
	}
}

func (t *topic) stats() []Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Stats
	for g := range maps.Values(t.groups) {
		s := g.stats
		s.Waiting, s.Unacknowledged = t.next()-g.next, s.Delivered-s.Acknowledged-s.Failed
		all = append(all, s)
	}
	return all
}
