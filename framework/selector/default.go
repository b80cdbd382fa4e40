package selector

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/microtop/microtop/framework/internal/verdict"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/cache"
)

// DefaultSelector serves programs that name no selector. It starts nothing until it is used.
var DefaultSelector = NewSelector()

// NewSelector returns the default selector. Without options it looks services up in registry.DefaultRegistry and takes
// nodes at random. It looks up through a cache of its own, which Close stops, unless the registry is a cache already.
//
// Nodes that Mark reports as failing are set aside: for a second after the first failure, and when that is over one call
// probes the node and decides whether it is back or stays aside for twice as long, up to 30 s. When all nodes are aside,
// the one whose failure is longest ago is given. What counts as failing is the absence of an answer, or an answer of
// 502, 503 or 504; any other error of a handler shows a node that works.
func NewSelector(opts ...Option) Selector {
	b := new(balancer)
	b.setup.Store(&setup{opts: Options{Strategy: Random, Context: context.Background()}})
	_ = b.Init(append([]Option{Registry(registry.DefaultRegistry)}, opts...)...) // only sets fields
	return b
}

type balancer struct {
	configure sync.Mutex // one Init at a time
	setup     atomic.Pointer[setup]
	health    health
	load      load

	mu    sync.RWMutex
	turns map[string]*atomic.Uint64 // whose turn it is, by service
}

// setup is the selector's configuration. It never changes.
type setup struct {
	opts Options
	kind kind
	find registry.Registry
	own  cache.Cache // to be stopped; nil if find is somebody else's
}

var (
	_ Selector = (*balancer)(nil)
	_ Holder   = (*balancer)(nil)
	_ Picker   = (*balancer)(nil)
)

// Init implements Selector.
func (b *balancer) Init(opts ...Option) error {
	b.configure.Lock()
	defer b.configure.Unlock()
	old := b.setup.Load()
	now := *old
	now.opts.Registry = nil
	for _, set := range opts {
		set(&now.opts)
	}
	if now.opts.Strategy == nil {
		now.opts.Strategy = Random
	}
	now.kind = kindOf(now.opts.Strategy)
	if now.opts.Registry == nil {
		now.opts.Registry = old.opts.Registry
		b.setup.Store(&now)
		return nil
	}
	now.own = nil
	if cached, ok := now.opts.Registry.(cache.Cache); ok {
		now.find = cached
	} else {
		now.own = cache.New(now.opts.Registry, cache.WithLogger(now.opts.Logger))
		now.find = now.own
	}
	b.setup.Store(&now)
	if old.own != nil {
		old.own.Stop()
	}
	return nil
}

// Options implements Selector.
func (b *balancer) Options() Options { return b.setup.Load().opts }

// Select implements Selector. Errors are ErrNotFound, ErrNoneAvailable if the filters leave nothing, or the registry's.
func (b *balancer) Select(service string, opts ...SelectOption) (Next, error) {
	in := b.setup.Load()
	if len(opts) == 0 {
		services, err := in.find.GetService(service)
		if err != nil {
			return nil, lookUpError(service, err)
		}
		return b.pick(service, services, in.kind, in.opts.Strategy)
	}
	return b.selectWith(in, service, opts)
}

func (b *balancer) selectWith(in *setup, service string, opts []SelectOption) (Next, error) {
	o := SelectOptions{Context: context.Background()}
	for _, set := range opts {
		set(&o)
	}
	services, err := in.find.GetService(service, registry.GetContext(o.Context))
	if err != nil {
		return nil, lookUpError(service, err)
	}
	for _, filter := range o.Filters {
		services = filter(services)
	}
	if o.Strategy == nil {
		return b.pick(service, services, in.kind, in.opts.Strategy)
	}
	return b.pick(service, services, kindOf(o.Strategy), o.Strategy)
}

func lookUpError(service string, err error) error {
	if errors.Is(err, registry.ErrNotFound) {
		return ErrNotFound
	}
	return fmt.Errorf("look up %s: %w", service, err)
}

// pick returns the Next of one selection.
func (b *balancer) pick(service string, services []*registry.Service, k kind, strategy Strategy) (Next, error) {
	if len(services) == 0 {
		return nil, ErrNoneAvailable
	}
	p := newPicker()
	b.prepare(p, service, services, k)
	if k == custom {
		p.inner = strategy(services)
	}
	return p.next, nil
}

// prepare fills in a picker, but for a custom strategy.
func (b *balancer) prepare(p *picker, service string, services []*registry.Service, k kind) {
	p.health, p.service, p.services = &b.health, service, services
	for _, s := range services {
		p.total += len(s.Nodes)
	}
	switch k {
	case roundRobin:
		p.turn = b.turn(service)
	case leastConnections:
		p.least = true
		b.load.counting.Store(true)
	case custom, random:
	}
	if b.load.counting.Load() {
		p.load = &b.load
	}
}

var pickers = sync.Pool{New: func() any { return new(picker) }}

// Pick implements Picker.
func (b *balancer) Pick(service string, after *registry.Node) (node *registry.Node, alone bool, err error) {
	in := b.setup.Load()
	if in.kind == custom {
		return nil, false, ErrNeedsNext
	}
	services, err := in.find.GetService(service)
	if err != nil {
		return nil, false, lookUpError(service, err)
	}
	if len(services) == 0 {
		return nil, false, ErrNoneAvailable
	}
	p := pickers.Get().(*picker) //nolint:forcetypeassert // the pool holds nothing else
	p.reset()
	b.prepare(p, service, services, in.kind)
	p.last.Store(after)
	node, err = p.next()
	alone = p.total == 1
	p.reset()
	pickers.Put(p)
	return node, alone, err
}

// turn is the service's counter for round robin.
func (b *balancer) turn(service string) *atomic.Uint64 {
	b.mu.RLock()
	turn := b.turns[service]
	b.mu.RUnlock()
	if turn != nil {
		return turn
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if turn := b.turns[service]; turn != nil {
		return turn
	}
	if b.turns == nil {
		b.turns = make(map[string]*atomic.Uint64)
	}
	turn = new(atomic.Uint64)
	b.turns[service] = turn
	return turn
}

// Mark implements Selector.
func (b *balancer) Mark(service string, node *registry.Node, err error) {
	if node == nil {
		return
	}
	b.load.end(service, node)
	b.health.tell(service, node, verdict.Of(err))
}

// Hold implements Holder.
func (b *balancer) Hold(service string, node *registry.Node) (release func()) {
	if node == nil || !b.load.counting.Load() {
		return func() {}
	}
	b.load.begin(service, node)
	return sync.OnceFunc(func() { b.load.end(service, node) })
}

// Reset implements Selector.
func (b *balancer) Reset(service string) { b.health.reset(service) }

// Close implements Selector. Afterwards Select asks the registry each time.
func (b *balancer) Close() error {
	if own := b.setup.Load().own; own != nil {
		own.Stop()
	}
	return nil
}

// String returns "registry".
func (b *balancer) String() string { return "registry" }
