package registry_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/cache"
)

// 10,000 nodes in 100 services, and 1,000 changes a second for a second (30 nightly): listings and look-ups stay quick,
// and a watcher misses nothing.
func TestL09_TenThousandNodes(t *testing.T) {
	reg := registry.NewMemoryRegistry()
	node := func(i, port int) *registry.Service {
		s := service(fmt.Sprint("shop", i%100), "1", fmt.Sprint(i))
		s.Nodes[0].Address = fmt.Sprint("127.0.0.1:", port)
		return s
	}
	for i := range 10_000 {
		register(t, reg, node(i, 80))
	}
	c := cache.New(reg)
	defer c.Stop()
	w, err := reg.Watch()
	if err != nil {
		t.Fatal(err)
	}
	changes := 1000
	if os.Getenv("NIGHTLY") == "1" {
		changes = 30_000
	}
	var hearing sync.WaitGroup
	heard := 0
	hearing.Go(func() {
		for last := fmt.Sprint("127.0.0.1:", 1000+changes-1); ; heard++ {
			if result, err := w.Next(); err != nil || result.Service.Nodes[0].Address == last {
				return
			}
		}
	})
	defer w.Stop()
	var lists, gets []time.Duration
	begin := time.Now()
	for i := range changes {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Millisecond)))
		register(t, reg, node(i%10_000, 1000+i))
		start := time.Now()
		all, err := reg.ListServices()
		lists = append(lists, time.Since(start))
		if err != nil || len(all) != 100 {
			t.Fatalf("%d listed: %v", len(all), err)
		}
		start = time.Now()
		_, _ = c.GetService("shop7")
		gets = append(gets, time.Since(start))
	}
	hearing.Wait()
	slices.Sort(lists)
	slices.Sort(gets)
	list, get := lists[len(lists)*99/100], gets[len(gets)*99/100]
	t.Logf("p99 of a listing %v (limit 200 ms), of a cached look-up %v (limit 1 ms), %d of %d changes heard", list, get, heard+1, changes)
	if list > 200*time.Millisecond || get > time.Millisecond {
		t.Error("too slow")
	}
	if heard+1 != changes && changes <= 10_000 { // later ones may be folded into one of the same node
		t.Errorf("%d of %d changes heard", heard+1, changes)
	}
}

// Starting and stopping leaves nothing: 10 times, 200 nightly.
func TestL06_WatchersAndCachesLeaveNothing(t *testing.T) {
	times := 10
	if os.Getenv("NIGHTLY") == "1" {
		times = 200
	}
	round := func() {
		reg := registry.NewMemoryRegistry()
		register(t, reg, service("shop", "1", "a"), registry.RegisterTTL(time.Hour))
		w, err := reg.Watch()
		if err != nil {
			t.Fatal(err)
		}
		c := cache.New(reg)
		if _, err := c.GetService("shop"); err != nil {
			t.Fatal(err)
		}
		c.Stop()
		w.Stop()
		_ = reg.Deregister(service("shop", "1", "a"))
	}
	round()
	before := runtime.NumGoroutine()
	for range times {
		round()
	}
	eventually(t, "no goroutine left", func() bool { return runtime.NumGoroutine() <= before })
}
