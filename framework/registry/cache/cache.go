// Package cache keeps what was looked up in a registry at hand, so that a call does not wait for the registry and does
// not fail with it. Start with [New].
//
// One watcher keeps everything that was looked up current, and every TTL it is all looked up again in the background, so
// that lost events heal. While the registry fails, what was known is served; [Ager] tells how old it is.
package cache

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
)

// DefaultTTL is how often what was looked up is looked up again when WithTTL does not say.
var DefaultTTL = time.Minute

// Cache is a registry whose GetService answers from memory. Everything else goes to the registry behind it.
type Cache interface {
	registry.Registry
	// Stop forgets everything and waits for the cache's goroutines. It may be called more than once. Afterwards
	// GetService asks the registry each time.
	Stop()
}

// Ager is implemented by the caches that New returns.
type Ager interface {
	// Age is how long ago the registry last confirmed what the cache knows of the service, by a look-up or an event;
	// false if the cache does not know the service.
	Age(service string) (time.Duration, bool)
}

// Options configure a cache.
type Options struct {
	TTL    time.Duration
	Logger logger.Logger
}

// Option sets a field of Options.
type Option func(*Options)

// WithTTL sets how often what was looked up is looked up again. Zero or less means DefaultTTL.
func WithTTL(t time.Duration) Option { return func(o *Options) { o.TTL = t } }

// WithLogger sets where the cache says that the registry fails.
func WithLogger(l logger.Logger) Option { return func(o *Options) { o.Logger = l } }

// New returns a cache of r. It does nothing until the first GetService; from then on until Stop it runs two goroutines,
// whatever the number of services. Stop does not touch r.
func New(r registry.Registry, opts ...Option) Cache {
	o := Options{}
	for _, set := range opts {
		set(&o)
	}
	if o.TTL <= 0 {
		o.TTL = DefaultTTL
	}
	c := &cache{Registry: r, ttl: o.TTL, log: logger.Slog(o.Logger), flights: make(map[string]*flight), resync: make(chan struct{}, 1)}
	c.entries.Store(&map[string]*entry{})
	return c
}

type cache struct {
	registry.Registry
	ttl time.Duration
	log *slog.Logger

	entries atomic.Pointer[map[string]*entry] // replaced under mu, never changed

	mu      sync.Mutex
	flights map[string]*flight // look-ups under way, at most one per name
	cancel  context.CancelFunc // ends the goroutines; nil before the first look-up
	watcher registry.Watcher   // the one that is read from; nil while there is none
	stopped bool

	resync chan struct{} // asks for everything to be looked up again
	group  sync.WaitGroup
}

// entry is a service that is known.
type entry struct {
	view atomic.Pointer[view]
	used atomic.Bool // since the last round
	idle int         // rounds without use; of the goroutine that makes the rounds
}

// view is what is known of a service at one time. It never changes.
type view struct {
	services  []*registry.Service
	confirmed time.Time
}

var (
	_ Cache = (*cache)(nil)
	_ Ager  = (*cache)(nil)
)

// GetService implements registry.Registry. What it returns is shared. A service that is not known is looked up once for
// all who ask at that time; that it was not found is not kept.
func (c *cache) GetService(name string, opts ...registry.GetOption) ([]*registry.Service, error) {
	if e := (*c.entries.Load())[name]; e != nil {
		if !e.used.Load() {
			e.used.Store(true)
		}
		return e.view.Load().services, nil
	}
	return c.lookUp(name, opts)
}

// Age implements Ager.
func (c *cache) Age(service string) (time.Duration, bool) {
	e := (*c.entries.Load())[service]
	if e == nil {
		return 0, false
	}
	return time.Since(e.view.Load().confirmed), true
}

// String returns "cache".
func (c *cache) String() string { return "cache" }

// Stop implements Cache.
func (c *cache) Stop() {
	c.mu.Lock()
	c.stopped = true
	c.entries.Store(&map[string]*entry{})
	watcher := c.watcher
	c.watcher = nil
	if c.cancel != nil {
		c.cancel()
	}
	for _, f := range c.flights {
		f.cancel()
	}
	c.mu.Unlock()
	if watcher != nil {
		watcher.Stop()
	}
	c.group.Wait()
}

// start runs the goroutines from the first look-up on. mu is held.
func (c *cache) start() {
	if c.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	c.group.Go(func() { c.watch(ctx) })
	c.group.Go(func() { c.rounds(ctx) })
}

// set makes services what is known of name; none forgets it. mu is held.
func (c *cache) set(name string, services []*registry.Service) {
	if c.stopped {
		return
	}
	old := *c.entries.Load()
	e := old[name]
	if e != nil && len(services) > 0 {
		e.view.Store(&view{services, time.Now()})
		return
	}
	if e == nil && len(services) == 0 {
		return
	}
	entries := make(map[string]*entry, len(old)+1)
	for key, value := range old {
		entries[key] = value
	}
	delete(entries, name)
	if len(services) > 0 {
		e = new(entry)
		e.view.Store(&view{services, time.Now()})
		e.used.Store(true)
		entries[name] = e
	}
	c.entries.Store(&entries)
}
