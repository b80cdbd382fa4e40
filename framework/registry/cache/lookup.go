package cache

import (
	"context"
	"errors"
	"slices"

	"github.com/microtop/microtop/framework/registry"
)

// flight is one look-up that any number of callers wait for.
type flight struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when services and err are there
	dirty  bool          // an event came meanwhile: the answer may be older than it; under the cache's mu

	services []*registry.Service
	err      error
}

// tries is how often a look-up is repeated because events came meanwhile.
const tries = 3

// lookUp asks the registry, together with whoever else wants to know the same.
func (c *cache) lookUp(name string, opts []registry.GetOption) ([]*registry.Service, error) {
	o := registry.GetOptions{Context: context.Background()}
	for _, set := range opts {
		set(&o)
	}
	f, _ := c.board(o.Context, name)
	if f == nil { // stopped
		return c.Registry.GetService(name, opts...)
	}
	select {
	case <-f.done:
		return f.services, f.err
	case <-o.Context.Done():
		return nil, o.Context.Err()
	}
}

// board returns the look-up of name that is under way, or starts one, which then has the values of ctx but not its end.
// It returns nil once the cache is stopped.
func (c *cache) board(ctx context.Context, name string) (f *flight, started bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return nil, false
	}
	c.start() //nolint:contextcheck // what it starts outlives the call
	if f := c.flights[name]; f != nil {
		return f, false
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f = &flight{cancel: cancel, done: make(chan struct{})}
	c.flights[name] = f
	c.group.Go(func() {
		defer cancel()
		c.fly(ctx, name, f)
	})
	return f, true
}

// fly looks name up until no event comes between, and keeps the answer.
func (c *cache) fly(ctx context.Context, name string, f *flight) {
	defer close(f.done)
	for try := 1; ; try++ {
		c.mu.Lock()
		f.dirty = false
		c.mu.Unlock()
		services, err := c.ask(ctx, name)
		c.mu.Lock()
		if f.dirty && try < tries && err == nil {
			c.mu.Unlock()
			continue
		}
		delete(c.flights, name)
		f.services, f.err = services, err
		if err == nil {
			c.set(name, services)
			if len(services) == 0 {
				f.services, f.err = nil, registry.ErrNotFound
			}
		}
		c.mu.Unlock()
		return
	}
}

// ask asks the registry. An answer without nodes that were known a moment ago is not taken at its word: registries that
// ask around (mDNS) miss answers, so it asks again and takes both together. Not found is no error here, but no services.
func (c *cache) ask(ctx context.Context, name string) ([]*registry.Service, error) {
	var known []*registry.Service
	if e := (*c.entries.Load())[name]; e != nil {
		known = e.view.Load().services
	}
	services, err := c.answer(ctx, name)
	if err != nil || !misses(services, known) {
		return services, err
	}
	again, err := c.answer(ctx, name)
	if err != nil {
		return nil, err
	}
	return registry.Merge(slices.Concat(services, again)), nil
}

func (c *cache) answer(ctx context.Context, name string) ([]*registry.Service, error) {
	services, err := c.Registry.GetService(name, registry.GetContext(ctx))
	if err != nil && !errors.Is(err, registry.ErrNotFound) {
		return nil, err
	}
	nobody := func(s *registry.Service) bool { return s == nil || len(s.Nodes) == 0 }
	if slices.ContainsFunc(services, nobody) {
		services = slices.DeleteFunc(slices.Clone(services), nobody)
	}
	return services, nil
}

// misses reports whether a node of known is not in services.
func misses(services, known []*registry.Service) bool {
	type key struct{ version, id string }
	there := make(map[key]bool)
	for _, s := range services {
		for _, n := range s.Nodes {
			there[key{s.Version, n.Id}] = true
		}
	}
	for _, s := range known {
		for _, n := range s.Nodes {
			if !there[key{s.Version, n.Id}] {
				return true
			}
		}
	}
	return false
}
