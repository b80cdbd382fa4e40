package selector

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/registry"
)

// draws is how many nodes are drawn before all are looked at, when some are set aside.
const draws = 8

// picker yields the nodes of one selection.
type picker struct {
	health   *health
	service  string
	services []*registry.Service
	total    int
	turn     *atomic.Uint64 // of the service, for round robin; else nil
	inner    Next           // of a custom strategy; else nil
	load     *load          // counts what is given; nil while nobody needs it
	least    bool           // the least loaded node is wanted
	last     atomic.Pointer[registry.Node]
}

// batch is pickers that are made together. One that is kept keeps the others, so they are few.
type batch struct {
	pickers [8]picker
	given   int
}

var batches = sync.Pool{New: func() any { return new(batch) }}

// newPicker returns a picker, and takes new memory for one of many only.
func newPicker() *picker {
	b := batches.Get().(*batch) //nolint:forcetypeassert // the pool holds nothing else
	p := &b.pickers[b.given]
	if b.given++; b.given < len(b.pickers) {
		batches.Put(b)
	}
	return p
}

// reset makes the picker like new.
func (p *picker) reset() {
	p.health, p.service, p.services, p.total, p.turn, p.inner = nil, "", nil, 0, nil, nil
	p.load, p.least = nil, false
	p.last.Store(nil)
}

// next yields a node for the next attempt: another one than the last time, if there is another.
func (p *picker) next() (*registry.Node, error) {
	n, err := p.choose()
	if err != nil {
		return nil, err
	}
	p.last.Store(n)
	if p.load != nil && !p.least { // the least loaded is counted where it is found
		p.load.begin(p.service, n)
	}
	return n, nil
}

func (p *picker) choose() (*registry.Node, error) {
	if p.inner != nil {
		return p.ask()
	}
	if p.total == 0 {
		return nil, ErrNoneAvailable
	}
	if p.least {
		return p.leastLoaded()
	}
	last := p.last.Load()
	allWell, now := p.health.marks.Load() == 0, time.Time{}
	if !allWell {
		now = time.Now()
	}
	for range draws {
		n := p.draw()
		if n == last && p.total > 1 {
			continue
		}
		if allWell || p.health.admit(p.service, n, now) {
			return n, nil
		}
	}
	return p.search(now)
}

// draw takes a node by the strategy alone.
func (p *picker) draw() *registry.Node {
	if p.turn != nil {
		return p.at(int((p.turn.Add(1) - 1) % uint64(p.total))) //nolint:gosec // less than total
	}
	return p.at(rand.IntN(p.total)) //nolint:gosec // spreads load, guards nothing
}

// at is the i-th node of all services.
func (p *picker) at(i int) *registry.Node {
	for _, s := range p.services {
		if i < len(s.Nodes) {
			return s.Nodes[i]
		}
		i -= len(s.Nodes)
	}
	return nil // i is less than total
}

// search looks at all nodes, from a random one on, for one that may be called. If there is none, it gives the one
// whose failure is longest ago: a call that may fail is better than one that is not made.
func (p *picker) search(now time.Time) (*registry.Node, error) {
	if p.total == 0 {
		return nil, ErrNoneAvailable
	}
	last := p.last.Load()
	resort, failed := last, time.Time{}
	start := rand.IntN(p.total) //nolint:gosec // as in draw
	for i := range p.total {
		n := p.at((start + i) % p.total)
		if n == last && p.total > 1 {
			continue
		}
		if p.health.admit(p.service, n, now) {
			return n, nil
		}
		if at := p.health.failedAt(p.service, n); resort == last || at.Before(failed) {
			resort, failed = n, at
		}
	}
	return resort, nil
}

// ask asks a custom strategy until it names a node that may be called. If it insists, the choice is the selector's.
func (p *picker) ask() (*registry.Node, error) {
	if p.health.marks.Load() == 0 {
		return p.inner()
	}
	now := time.Now()
	for range draws + min(p.total, draws) {
		n, err := p.inner()
		if err != nil {
			return nil, err
		}
		if n != nil && p.health.admit(p.service, n, now) {
			return n, nil
		}
	}
	return p.search(now)
}
