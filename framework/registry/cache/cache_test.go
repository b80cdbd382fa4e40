package cache_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/cache"
	"github.com/microtop/microtop/framework/registry/registrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	registrytest.Run(t, func(t *testing.T) registry.Registry {
		c := cache.New(registry.NewMemoryRegistry())
		t.Cleanup(c.Stop)
		return c
	}, registrytest.Caps{TTL: true, ServiceMetadata: true, Updates: true})
}

// backend is a memory registry whose look-ups count, take time, fail and hide nodes.
type backend struct {
	registry.Registry
	lookups  atomic.Int64
	watches  atomic.Int64
	slow     time.Duration
	failing  atomic.Bool
	deaf     atomic.Bool  // no events
	hide     atomic.Int64 // so many look-ups find nothing
	hideNode atomic.Int64 // so many look-ups miss the last node
}

var errDown = errors.New("down")

func newBackend() *backend { return &backend{Registry: registry.NewMemoryRegistry()} }

func (b *backend) GetService(name string, opts ...registry.GetOption) ([]*registry.Service, error) {
	b.lookups.Add(1)
	var o registry.GetOptions
	for _, set := range opts {
		set(&o)
	}
	services, err := b.Registry.GetService(name)
	if b.slow > 0 {
		timer := time.NewTimer(b.slow)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-o.Context.Done():
			return nil, o.Context.Err()
		}
	}
	switch {
	case b.failing.Load():
		return nil, errDown
	case b.hide.Add(-1) >= 0:
		return nil, nil // as mDNS says it
	case len(services) > 0 && b.hideNode.Add(-1) >= 0:
		less := registry.Copy(services[0])
		less.Nodes = less.Nodes[:len(less.Nodes)-1]
		return []*registry.Service{less}, nil
	}
	return services, err
}

func (b *backend) Watch(opts ...registry.WatchOption) (registry.Watcher, error) {
	b.watches.Add(1)
	if b.failing.Load() {
		return nil, errDown
	}
	if b.deaf.Load() {
		opts = append(opts, registry.WatchService("nobody"))
	}
	return b.Registry.Watch(opts...)
}

func TestLookUpsAreSharedAndKept(t *testing.T) {
	run(t, func(t *testing.T, b *backend, c cache.Cache) {
		b.slow = 100 * time.Millisecond
		register(t, b, "shop", "a")
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() { expect(t, c, "shop", "a") })
		}
		callers.Wait()
		if n := b.lookups.Load(); n > 2 { // one, and one when the watch began
			t.Errorf("50 callers made %d look-ups", n)
		}
		time.Sleep(time.Second)
		before, start := b.lookups.Load(), time.Now()
		expect(t, c, "shop", "a")
		if b.lookups.Load() != before || time.Since(start) > 0 {
			t.Error("a known service was looked up")
		}
	})
}

func TestEventsReachCallersAtOnce(t *testing.T) {
	run(t, func(t *testing.T, b *backend, c cache.Cache) {
		register(t, b, "shop", "a")
		register(t, b, "cart", "x")
		expect(t, c, "shop", "a")
		expect(t, c, "cart", "x")
		time.Sleep(time.Second)
		before := b.lookups.Load()
		register(t, b, "shop", "b")
		synctest.Wait()
		expect(t, c, "shop", "a", "b")
		_ = b.Deregister(service("shop", "a"))
		synctest.Wait()
		expect(t, c, "shop", "b")
		if n := b.lookups.Load() - before; n != 0 {
			t.Errorf("%d look-ups for what events told", n)
		}
		if n := b.watches.Load(); n != 1 {
			t.Errorf("%d watchers for two services", n)
		}
		_ = b.Deregister(service("shop", "b"))
		synctest.Wait()
		if got, err := c.GetService("shop"); !errors.Is(err, registry.ErrNotFound) {
			t.Errorf("after the last node went: %v, %v", got, err)
		}
	})
}

func TestLostEventsHeal(t *testing.T) {
	run(t, func(t *testing.T, b *backend, c cache.Cache) {
		b.deaf.Store(true)
		register(t, b, "shop", "a")
		expect(t, c, "shop", "a")
		synctest.Wait()
		register(t, b, "shop", "b")
		_ = b.Deregister(service("shop", "a"))
		time.Sleep(30 * time.Second)
		expect(t, c, "shop", "a")
		time.Sleep(37 * time.Second)
		expect(t, c, "shop", "b")
	})
}

// an outage of any length costs no call between nodes that are known, and its age shows.
func TestAnOutageServesWhatWasKnown(t *testing.T) {
	run(t, func(t *testing.T, b *backend, c cache.Cache) {
		register(t, b, "shop", "a")
		expect(t, c, "shop", "a")
		time.Sleep(time.Second)
		b.failing.Store(true)
		time.Sleep(time.Hour)
		expect(t, c, "shop", "a")
		if age, ok := c.(cache.Ager).Age("shop"); !ok || age < time.Hour || age > time.Hour+time.Second {
			t.Errorf("Age = %v, %v", age, ok)
		}
		if _, err := c.GetService("never seen"); !errors.Is(err, errDown) {
			t.Errorf("an unknown service: %v", err)
		}
		b.failing.Store(false)
		time.Sleep(67 * time.Second)
		if age, ok := c.(cache.Ager).Age("shop"); !ok || age > 67*time.Second {
			t.Errorf("Age after the outage = %v, %v", age, ok)
		}
		if _, ok := c.(cache.Ager).Age("never seen"); ok {
			t.Error("an age of what is not known")
		}
	})
}

// Registries that ask around miss answers; one missed answer costs nothing.
func TestAMissedAnswerRemovesNoNode(t *testing.T) {
	run(t, func(t *testing.T, b *backend, c cache.Cache) {
		b.deaf.Store(true)
		register(t, b, "shop", "a")
		register(t, b, "shop", "b")
		expect(t, c, "shop", "a", "b")
		synctest.Wait()
		b.hide.Store(1)
		time.Sleep(67 * time.Second)
		expect(t, c, "shop", "a", "b")
		b.hideNode.Store(1)
		time.Sleep(67 * time.Second)
		expect(t, c, "shop", "a", "b")
		if b.hide.Load() >= 0 || b.hideNode.Load() >= 0 {
			t.Error("nothing was hidden")
		}
	})
}

func TestNotFoundIsNotKept(t *testing.T) {
	run(t, func(t *testing.T, b *backend, c cache.Cache) {
		b.hide.Store(1)
		for range 2 { // silence, then ErrNotFound
			if got, err := c.GetService("shop"); !errors.Is(err, registry.ErrNotFound) {
				t.Errorf("GetService = %v, %v", got, err)
			}
		}
		register(t, b, "shop", "a")
		expect(t, c, "shop", "a")
	})
}

// An answer that was given before an event, and arrives after it, does not undo the event.
func TestAnEventDuringALookUpCounts(t *testing.T) {
	run(t, func(t *testing.T, b *backend, c cache.Cache) {
		register(t, b, "other", "x")
		expect(t, c, "other", "x") // the watch runs
		synctest.Wait()
		b.slow = 100 * time.Millisecond
		register(t, b, "shop", "a")
		time.AfterFunc(50*time.Millisecond, func() { _ = b.Register(service("shop", "b")) })
		expect(t, c, "shop", "a", "b")
	})
}

func TestACallerCanGiveUpAndTheOthersStillGetTheirAnswer(t *testing.T) {
	run(t, func(t *testing.T, b *backend, c cache.Cache) {
		b.slow = time.Second
		register(t, b, "shop", "a")
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var patient sync.WaitGroup
		start := time.Now()
		_, err := c.GetService("shop", registry.GetContext(ctx))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 100*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		patient.Go(func() { expect(t, c, "shop", "a") })
		patient.Wait()
		if time.Since(start) != time.Second {
			t.Errorf("the second caller got its answer after %v", time.Since(start))
		}
	})
}

func TestWhatNobodyAsksForIsForgotten(t *testing.T) {
	run(t, func(t *testing.T, b *backend, c cache.Cache) {
		register(t, b, "shop", "a")
		register(t, b, "used", "a")
		expect(t, c, "shop", "a")
		for range 30 {
			expect(t, c, "used", "a")
			time.Sleep(30 * time.Second)
		}
		if _, ok := c.(cache.Ager).Age("shop"); ok {
			t.Error("still kept after a quarter of an hour without use")
		}
		if _, ok := c.(cache.Ager).Age("used"); !ok {
			t.Error("what is used was forgotten")
		}
	})
}

func TestStop(t *testing.T) {
	run(t, func(t *testing.T, b *backend, c cache.Cache) {
		b.slow = time.Minute
		register(t, b, "shop", "a")
		var waiting sync.WaitGroup
		waiting.Go(func() {
			if _, err := c.GetService("shop"); !errors.Is(err, context.Canceled) {
				t.Errorf("a look-up that Stop ends: %v", err)
			}
		})
		time.Sleep(time.Second)
		start := time.Now()
		c.Stop()
		c.Stop()
		waiting.Wait()
		if time.Since(start) != 0 {
			t.Errorf("Stop took %v", time.Since(start))
		}
		b.slow = 0
		expect(t, c, "shop", "a") // from the registry itself
		if _, ok := c.(cache.Ager).Age("shop"); ok {
			t.Error("a stopped cache keeps something")
		}
		cache.New(b).Stop() // never used
	})
}

// L-09.
func TestL09_GetServiceAllocatesNothing(t *testing.T) {
	c := cache.New(registry.NewMemoryRegistry(registry.Services(map[string][]*registry.Service{"shop": {service("shop", "a")}})))
	defer c.Stop()
	expect(t, c, "shop", "a")
	if n := testing.AllocsPerRun(1000, func() { _, _ = c.GetService("shop") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkGetService(b *testing.B) {
	known := map[string][]*registry.Service{}
	for i := range 100 {
		name := fmt.Sprintf("service-%d", i)
		known[name] = []*registry.Service{service(name, "a")}
	}
	c := cache.New(registry.NewMemoryRegistry(registry.Services(known)))
	defer c.Stop()
	for name := range known {
		_, _ = c.GetService(name)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = c.GetService("service-50")
		}
	})
}

// run runs a test on a fake clock with a cache that is stopped at its end.
func run(t *testing.T, test func(*testing.T, *backend, cache.Cache)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBackend()
		c := cache.New(b, cache.WithLogger(logger.NewLogger(logger.WithOutput(t.Output()))))
		defer c.Stop()
		test(t, b, c)
	})
}

func expect(t *testing.T, reg registry.Registry, name string, want ...string) {
	t.Helper()
	services, err := reg.GetService(name)
	if err != nil {
		t.Errorf("GetService(%s): %v", name, err)
		return
	}
	var got []string
	for _, s := range services {
		for _, n := range s.Nodes {
			got = append(got, n.Id)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("nodes of %s (-want +got):\n%s", name, diff)
	}
}

func service(name, id string) *registry.Service {
	return &registry.Service{Name: name, Version: "1", Nodes: []*registry.Node{{Id: id, Address: "127.0.0.1:80"}}}
}

func register(t *testing.T, reg registry.Registry, name, id string) {
	t.Helper()
	if err := reg.Register(service(name, id)); err != nil {
		t.Fatal(err)
	}
}
