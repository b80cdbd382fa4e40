package selector

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/registry"
)

// load counts the calls under way per node. Its zero value is ready and counts nothing until counting is set.
// It holds nothing of a node without calls, so nodes that are gone leave nothing behind.
type load struct {
	counting atomic.Bool

	mu   sync.Mutex
	busy map[string]map[address]int // by service
}

// begin counts a call in.
func (l *load) begin(service string, n *registry.Node) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(service, n)
}

func (l *load) add(service string, n *registry.Node) {
	if l.busy == nil {
		l.busy = make(map[string]map[address]int)
	}
	if l.busy[service] == nil {
		l.busy[service] = make(map[address]int)
	}
	l.busy[service][address{n.Id, n.Address}]++
}

// end counts a call out. One that was not counted in, because counting began later, is left out.
func (l *load) end(service string, n *registry.Node) {
	if !l.counting.Load() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	nodes, key := l.busy[service], address{n.Id, n.Address}
	switch nodes[key] {
	case 0:
		return
	case 1:
		delete(nodes, key)
	default:
		nodes[key]--
	}
	if len(nodes) == 0 {
		delete(l.busy, service)
	}
}

// leastLoaded takes the node with the fewest calls under way that may be called, and counts the call in. When all are
// set aside, the choice is search's.
func (p *picker) leastLoaded() (*registry.Node, error) {
	now := time.Time{}
	if p.health.marks.Load() > 0 {
		now = time.Now()
	}
	p.load.mu.Lock()
	defer p.load.mu.Unlock()
	n := p.fewest(p.load.busy[p.service], now)
	if n == nil || !now.IsZero() && !p.health.admit(p.service, n, now) {
		var err error
		if n, err = p.search(time.Now()); err != nil {
			return nil, err
		}
	}
	p.load.add(p.service, n)
	return n, nil
}

// fewest looks at all nodes, from a random one on. It returns nil if all are set aside.
func (p *picker) fewest(busy map[address]int, now time.Time) *registry.Node {
	var best *registry.Node
	fewest, last := 0, p.last.Load()
	start := rand.IntN(p.total) //nolint:gosec // spreads load, guards nothing
	for i := range p.total {
		n := p.at((start + i) % p.total)
		if n == last && p.total > 1 || !now.IsZero() && p.health.isAside(p.service, n, now) {
			continue
		}
		calls := busy[address{n.Id, n.Address}]
		if best == nil || calls < fewest {
			best, fewest = n, calls
		}
		if fewest == 0 {
			break
		}
	}
	return best
}
