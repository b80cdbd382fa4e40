package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/cache"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/internal/bench"
)

// The figures of what is known.
const (
	nanos   = "ns"
	allocs  = "allocs"
	list    = "list"
	change  = "change"
	perNode = "bytes a node"
	lost    = "lost"
	last    = "last"
)

// each runs a step so many times and returns its nanoseconds and allocations.
func each(times int, step func()) (ns, allocations float64) {
	var before, after runtime.MemStats
	step()
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	for range times {
		step()
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return float64(took) / float64(times), float64((after.Mallocs - before.Mallocs) / uint64(times)) //nolint:gosec // times is positive
}

func known() registry.Registry {
	nodes := make([]*registry.Node, 100)
	for i := range nodes {
		nodes[i] = &registry.Node{Id: fmt.Sprint(i), Address: "127.0.0.1:8080"}
	}
	return registry.NewMemoryRegistry(registry.Services(map[string][]*registry.Service{"shop": {{Version: "1", Nodes: nodes}}}))
}

const turns = 1_000_000

// probeCacheGet is GetService of what the cache knows.
func probeCacheGet(context.Context, string, bool) (bench.Figures, error) {
	c := cache.New(known())
	defer c.Stop()
	ns, n := each(turns, func() { _, _ = c.GetService("shop") })
	return bench.Figures{nanos: ns, allocs: n}, nil
}

// probeCacheSelect is Select, and the first node of it.
func probeCacheSelect(context.Context, string, bool) (bench.Figures, error) {
	s := selector.NewSelector(selector.Registry(known()))
	defer s.Close() //nolint:errcheck // the process ends
	if _, err := s.Select("shop"); err != nil {
		return nil, err
	}
	ns, n := each(turns, func() {
		next, _ := s.Select("shop")
		_, _ = next()
	})
	return bench.Figures{nanos: ns, allocs: n}, nil
}

const (
	names, nodesEach = 100, 100
	watchers         = 100
)

// node is one of 10,000.
func node(i int, port int) *registry.Service {
	s := shop(fmt.Sprintf("shop-%d", i%names), fmt.Sprintf("shop-%d-%d", i%names, i))
	s.Nodes[0].Address = fmt.Sprintf("10.0.%d.%d:%d", i/250, i%250, port)
	s.Nodes[0].Metadata = map[string]string{"zone": "a", "protocol": "mucp", "transport": "http"}
	return s
}

// probeTable is what 10,000 nodes cost: their memory, a change that a watcher is told of, and a listing after each.
func probeTable(context.Context, string, bool) (bench.Figures, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	t := registry.NewTable(limits.Default())
	for i := range names * nodesEach {
		if err := t.Put(node(i, 80), 0); err != nil {
			return nil, err
		}
	}
	t.List()
	runtime.GC()
	runtime.ReadMemStats(&after)
	w := t.Watch()
	defer w.Stop()
	go func() { // ends with the watcher
		for {
			if _, err := w.Next(); err != nil {
				return
			}
		}
	}()
	changes := make([]*registry.Service, 5000)
	for i := range changes {
		changes[i] = node(i, 81+i)
	}
	var changing, listing time.Duration
	for _, s := range changes {
		start := time.Now()
		_ = t.Put(s, 0) // there is room: it is known
		changing += time.Since(start)
		start = time.Now()
		t.List()
		listing += time.Since(start)
	}
	of := float64(len(changes)) * 1e3
	return bench.Figures{
		change: float64(changing) / of, list: float64(listing) / of,
		perNode: float64(after.HeapAlloc-before.HeapAlloc) / (names * nodesEach),
	}, nil
}

// probeBurst is 5,000 new nodes at once for 100 watchers that listen.
func probeBurst(context.Context, string, bool) (bench.Figures, error) {
	const events = 5000
	t := registry.NewTable(limits.Default())
	heard := make([]int, watchers)
	var group sync.WaitGroup
	for i := range heard {
		w := t.Watch()
		group.Go(func() {
			defer w.Stop()
			for heard[i] < events {
				if _, err := w.Next(); err != nil {
					return
				}
				heard[i]++
			}
		})
		defer w.Stop()
	}
	all := make([]*registry.Service, events)
	for i := range all {
		all[i] = node(i, 80)
	}
	for _, s := range all {
		if err := t.Put(s, 0); err != nil {
			return nil, err
		}
	}
	applied, done := time.Now(), make(chan struct{})
	go func() {
		defer close(done)
		group.Wait()
	}()
	patience := time.NewTimer(10 * time.Second)
	defer patience.Stop()
	select {
	case <-done:
	case <-patience.C:
		return nil, errors.New("after 10 s some watchers had not heard all")
	}
	missed := 0
	for _, n := range heard {
		missed += events - n
	}
	return bench.Figures{lost: float64(missed), last: float64(time.Since(applied)) / 1e6}, nil
}
