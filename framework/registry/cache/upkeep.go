package cache

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/microtop/microtop/framework/internal/backoff"
	"github.com/microtop/microtop/framework/registry"
)

const (
	idleRounds   = 10 // rounds after which a service nobody asks for is forgotten
	slowestRetry = 5  // attempt of the longest wait before watching again, 7.9 s
)

// watch follows the registry's events until ctx ends, whatever becomes of its watchers.
func (c *cache) watch(ctx context.Context) {
	for attempt := 1; ; attempt++ {
		heard, err := c.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if heard {
			attempt = 1
		}
		if attempt == 1 {
			c.log.Warn("registry cache: the watch ended; watching again", "registry", c.Registry.String(), "error", err)
		}
		if backoff.Wait(ctx, min(attempt, slowestRetry)) != nil {
			return
		}
	}
}

// follow applies the events of one watcher to its end, and reports whether there was one.
func (c *cache) follow(ctx context.Context) (heard bool, err error) {
	w, err := c.Watch(registry.WatchContext(ctx))
	if err != nil {
		return false, err
	}
	defer w.Stop()
	c.mu.Lock()
	stopped := c.stopped
	if !stopped {
		c.watcher = w
	}
	c.mu.Unlock()
	if stopped {
		return false, nil
	}
	select { // what happened before the watcher began is not among its events
	case c.resync <- struct{}{}:
	default:
	}
	for {
		result, err := w.Next()
		if err != nil {
			return heard, err
		}
		heard = true
		if result != nil && result.Service != nil && !slices.Contains(result.Service.Nodes, nil) {
			c.apply(result)
		}
	}
}

// apply folds an event into what is known.
func (c *cache) apply(result *registry.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := result.Service.Name
	if f := c.flights[name]; f != nil {
		f.dirty = true
	}
	if e := (*c.entries.Load())[name]; e != nil {
		c.set(name, fold(e.view.Load().services, result))
	}
}

// rounds looks everything up again, once a TTL and whenever a watcher begins.
func (c *cache) rounds(ctx context.Context) {
	timer := time.NewTimer(c.next())
	defer timer.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.resync:
		case <-timer.C:
			if !failing { // an outage must not cost what is known
				c.forgetIdle()
			}
			timer.Reset(c.next())
		}
		err := c.round(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			c.log.Warn("registry cache: the registry fails; serving what was known", "registry", c.Registry.String(), "error", err)
		}
		failing = err != nil
	}
}

// next is the time to the next round: the TTL give or take a tenth, so that processes do not ask all at once.
func (c *cache) next() time.Duration {
	return time.Duration(float64(c.ttl) * (0.9 + 0.2*rand.Float64())) //nolint:gosec // spreads load, guards nothing
}

// round looks up every name that is known or being looked up, one after the other, and returns the last error.
func (c *cache) round(ctx context.Context) (failed error) {
	c.mu.Lock()
	names := slices.Collect(maps.Keys(*c.entries.Load()))
	for name := range c.flights {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	c.mu.Unlock()
	for _, name := range names {
		if err := c.refresh(ctx, name); err != nil {
			failed = err
		}
	}
	return failed
}

// refresh looks name up, after the look-up that may be under way.
func (c *cache) refresh(ctx context.Context, name string) error {
	for {
		f, started := c.board(ctx, name)
		if f == nil {
			return ctx.Err()
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		switch {
		case !started:
			continue
		case errors.Is(f.err, registry.ErrNotFound):
			return nil
		default:
			return f.err
		}
	}
}

// forgetIdle drops what nobody asked for in the last rounds.
func (c *cache) forgetIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, e := range *c.entries.Load() {
		if e.used.Swap(false) {
			e.idle = 0
			continue
		}
		if e.idle++; e.idle >= idleRounds {
			c.set(name, nil)
		}
	}
}

// fold returns services as they are after the event. It changes nothing it is given.
func fold(services []*registry.Service, result *registry.Result) []*registry.Service {
	event := result.Service
	if result.Action == registry.Delete.String() {
		return without(services, event)
	}
	i := slices.IndexFunc(services, func(s *registry.Service) bool { return s.Version == event.Version })
	if i < 0 {
		if len(event.Nodes) == 0 {
			return services
		}
		return append(slices.Clip(services), event)
	}
	updated := *services[i]
	if event.Endpoints != nil {
		updated.Endpoints = event.Endpoints
	}
	if event.Metadata != nil {
		updated.Metadata = event.Metadata
	}
	updated.Nodes = slices.Clone(updated.Nodes)
	for _, n := range event.Nodes {
		if at := slices.IndexFunc(updated.Nodes, func(known *registry.Node) bool { return known.Id == n.Id }); at >= 0 {
			updated.Nodes[at] = n
		} else {
			updated.Nodes = append(updated.Nodes, n)
		}
	}
	services = slices.Clone(services)
	services[i] = &updated
	return services
}

// without drops the event's nodes; an event without nodes drops the whole version, one without version counts for all.
func without(services []*registry.Service, event *registry.Service) []*registry.Service {
	var left []*registry.Service
	for _, s := range services {
		if event.Version != "" && event.Version != s.Version {
			left = append(left, s)
			continue
		}
		rest := *s
		rest.Nodes = slices.DeleteFunc(slices.Clone(s.Nodes), func(n *registry.Node) bool {
			return slices.ContainsFunc(event.Nodes, func(gone *registry.Node) bool { return gone.Id == n.Id })
		})
		if len(event.Nodes) > 0 && len(rest.Nodes) > 0 {
			left = append(left, &rest)
		}
	}
	return left
}
