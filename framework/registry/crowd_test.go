package registry_test

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/internal/leaktest"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/cache"
	"github.com/microtop/microtop/framework/registry/registrytest"
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
	changes, slower := 1000, time.Duration(5) // for what else a busy machine does
	if os.Getenv("NIGHTLY") == "1" {
		changes, slower = 30_000, 1
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
	if list > slower*200*time.Millisecond || get > slower*time.Millisecond {
		t.Error("too slow")
	}
	if heard+1 != changes && changes <= 10_000 { // later ones may be folded into one of the same node
		t.Errorf("%d of %d changes heard", heard+1, changes)
	}
}

func TestL06_RegistriesLeaveNothing(t *testing.T) {
	for name, open := range map[string]func() registry.Registry{
		"memory": func() registry.Registry { return registry.NewMemoryRegistry() },
		"mdns":   func() registry.Registry { return registry.NewRegistry(domain(), registry.Timeout(20*time.Millisecond)) },
	} {
		t.Run(name, func(t *testing.T) {
			if name == "mdns" {
				registrytest.Multicast(t)
			}
			leaktest.Rounds(t, func() { registrytest.Round(t, open()) })
		})
	}
}
