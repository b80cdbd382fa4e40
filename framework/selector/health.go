package selector

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/internal/verdict"
	"github.com/microtop/microtop/framework/registry"
)

const (
	shortestAside = time.Second      // after the first failure; it doubles with each failed probe
	longestAside  = 30 * time.Second // at most
	forgetAfter   = 5 * time.Minute  // marks of nodes that nobody probes any more, most likely because they are gone
	sweepFrom     = 256              // marks before old ones are looked for
)

// health remembers the nodes that failed. Its zero value is ready.
type health struct {
	marks atomic.Int64 // how many there are: with none, nobody takes the lock

	mu      sync.Mutex
	aside   map[string]map[address]*mark // by service
	sweepAt int64
}

// address is a node in one life: a node that comes back elsewhere starts afresh.
type address struct{ id, address string }

// mark is what is remembered of a failing node.
type mark struct {
	failures int       // failed first call and probes
	failed   time.Time // the last failure
	until    time.Time // when one call may probe it
	probing  bool      // one is under way; until then is when the next may
}

// tell takes in how a call to the node ended.
func (h *health) tell(service string, n *registry.Node, v verdict.Verdict) {
	if v == verdict.Unknown || v == verdict.Well && h.marks.Load() == 0 {
		return
	}
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	key := address{n.Id, n.Address}
	m := h.aside[service][key]
	switch {
	case v == verdict.Well && m != nil:
		h.drop(service, key)
	case v == verdict.Failing:
		if m == nil {
			m = h.add(service, key, now)
		}
		m.failed = now
		if m.probing || !now.Before(m.until) { // else a call that was under way when the node was set aside
			m.failures++
			m.until, m.probing = now.Add(m.wait()), false
		}
	}
}

// admit reports whether a call may go to the node. A node set aside gets one call when its time has come.
func (h *health) admit(service string, n *registry.Node, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.aside[service][address{n.Id, n.Address}]
	switch {
	case m == nil:
		return true
	case now.Before(m.until):
		return false
	default:
		m.until, m.probing = now.Add(m.wait()), true
		return true
	}
}

// isAside reports whether no call may go to the node yet.
func (h *health) isAside(service string, n *registry.Node, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.aside[service][address{n.Id, n.Address}]
	return m != nil && now.Before(m.until)
}

// failedAt is when the node failed last; the zero time if it did not.
func (h *health) failedAt(service string, n *registry.Node) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m := h.aside[service][address{n.Id, n.Address}]; m != nil {
		return m.failed
	}
	return time.Time{}
}

// reset forgets a service.
func (h *health) reset(service string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.marks.Add(-int64(len(h.aside[service])))
	delete(h.aside, service)
}

func (h *health) add(service string, key address, now time.Time) *mark {
	if h.marks.Load() >= max(h.sweepAt, sweepFrom) {
		h.sweep(now)
		h.sweepAt = 2 * h.marks.Load()
	}
	if h.aside == nil {
		h.aside = make(map[string]map[address]*mark)
	}
	if h.aside[service] == nil {
		h.aside[service] = make(map[address]*mark)
	}
	m := new(mark)
	h.aside[service][key] = m
	h.marks.Add(1)
	return m
}

func (h *health) drop(service string, key address) {
	delete(h.aside[service], key)
	if len(h.aside[service]) == 0 {
		delete(h.aside, service)
	}
	h.marks.Add(-1)
}

// sweep drops marks that are long due.
func (h *health) sweep(now time.Time) {
	for service, marks := range h.aside {
		for key, m := range marks {
			if now.Sub(m.until) > forgetAfter {
				h.drop(service, key)
			}
		}
	}
}

// wait is how long the node is set aside after its failures so far.
func (m *mark) wait() time.Duration {
	d := shortestAside
	for i := 1; i < m.failures && d < longestAside; i++ {
		d *= 2
	}
	return min(d, longestAside)
}
