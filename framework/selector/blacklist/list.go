package blacklist

import (
	"sync"
	"time"

	"github.com/microtop/microtop/framework/internal/verdict"
	"github.com/microtop/microtop/framework/registry"
)

// maxRecords bounds the nodes remembered of one service; over it those that are not listed any more are forgotten.
const maxRecords = 1024

// list remembers the failures of nodes.
type list struct {
	mu       sync.Mutex
	services map[string]map[address]*record
}

// address is a node in one life: a node that comes back elsewhere starts afresh.
type address struct{ id, address string }

type record struct {
	failures int       // in a row
	last     time.Time // the last failure
	until    time.Time // when it leaves the list; zero if it was never on it
}

func (l *list) isEmpty(service string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.services[service]) == 0
}

func (l *list) reset(service string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.services, service)
}

// tell takes in how a call ended.
func (l *list) tell(service string, n *registry.Node, err error, threshold int, ttl time.Duration) {
	now, key := time.Now(), address{n.Id, n.Address}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch verdict.Of(err) {
	case verdict.Well:
		delete(l.services[service], key)
	case verdict.Failing:
		r := l.record(service, key, now)
		r.failures++
		r.last = now
		if r.failures >= threshold && !now.Before(r.until) {
			r.until = now.Add(ttl)
		}
	case verdict.Unknown:
	}
}

func (l *list) record(service string, key address, now time.Time) *record {
	nodes := l.services[service]
	if nodes == nil {
		nodes = map[address]*record{}
		l.services[service] = nodes
	}
	r := nodes[key]
	if r != nil {
		return r
	}
	if len(nodes) >= maxRecords {
		for key, r := range nodes {
			if !now.Before(r.until) {
				delete(nodes, key)
			}
		}
	}
	if len(nodes) >= maxRecords {
		clear(nodes) // so many failing nodes are no exceptions any more
	}
	r = new(record)
	nodes[key] = r
	return r
}

// without leaves out the nodes on the list, or all but the one whose failure is longest ago.
func (l *list) without(service string, services []*registry.Service, now time.Time) []*registry.Service {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.services[service]
	var kept, resort []*registry.Service
	var longest time.Time
	for _, s := range services {
		less := *s
		less.Nodes = nil
		for _, n := range s.Nodes {
			r := known[address{n.Id, n.Address}]
			if r == nil || !now.Before(r.until) {
				less.Nodes = append(less.Nodes, n)
			} else if resort == nil || r.last.Before(longest) {
				only := *s
				only.Nodes = []*registry.Node{n}
				resort, longest = []*registry.Service{&only}, r.last
			}
		}
		if len(less.Nodes) > 0 {
			kept = append(kept, &less)
		}
	}
	if len(kept) == 0 {
		return resort
	}
	return kept
}
