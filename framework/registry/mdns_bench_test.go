package registry_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/registrytest"
)

// percentiles reports durations as a benchmark's own figures.
func percentiles(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/1e6, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
}

func BenchmarkMDNSGetService(b *testing.B) {
	registrytest.Multicast(b)
	in := domain()
	there := registry.NewRegistry(in)
	s := service("shop", "1", "a")
	register(b, there, s)
	defer deregister(b, there, s)
	here := registry.NewRegistry(in)
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		if got, err := here.GetService("shop"); err != nil || len(got) != 1 {
			b.Fatal(got, err)
		}
		took = append(took, time.Since(start))
	}
	percentiles(b, took)
}

// BenchmarkMDNSToWatcher is the way from Register, and from Deregister, to the watcher of a peer.
func BenchmarkMDNSToWatcher(b *testing.B) {
	registrytest.Multicast(b)
	in := domain()
	here, there := registry.NewRegistry(in), registry.NewRegistry(in)
	w, err := there.Watch()
	if err != nil {
		b.Fatal(err)
	}
	defer w.Stop()
	s := service("shop", "1", "a")
	var took []time.Duration
	for b.Loop() {
		for _, do := range []func() error{func() error { return here.Register(s) }, func() error { return here.Deregister(s) }} {
			start := time.Now()
			if err := do(); err != nil {
				b.Fatal(err)
			}
			if _, err := w.Next(); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
	}
	percentiles(b, took)
}

// BenchmarkMDNSCrowd is what 200 services in one process cost: registering them, and one listing.
func BenchmarkMDNSCrowd(b *testing.B) {
	registrytest.Multicast(b)
	var registering, listing time.Duration
	for b.Loop() {
		more, each := crowd200(b)
		registering, listing = registering+more, listing+each
	}
	b.ReportMetric(float64(registering)/1e6/float64(b.N), "ms-cpu/200-registered")
	b.ReportMetric(float64(listing)/1e6/float64(b.N), "ms-cpu/listing") // asking and answering
}

func crowd200(b *testing.B) (registering, listing time.Duration) {
	b.Helper()
	in := domain()
	reg := registry.NewRegistry(in)
	before := used(b)
	for i := range 200 {
		s := service(fmt.Sprint("shop", i), "1", "a")
		register(b, reg, s)
		defer deregister(b, reg, s)
	}
	registering = used(b) - before
	before = used(b)
	const times = 10
	for range times {
		if list, err := registry.NewRegistry(in).ListServices(); err != nil || len(list) != 200 {
			b.Errorf("%d listed: %v", len(list), err)
		}
	}
	return registering, (used(b) - before) / times
}

// However many services a process has, its registry has one set of sockets and few goroutines, and none afterwards.
func TestMDNSCrowd(t *testing.T) {
	registrytest.Multicast(t)
	in := domain()
	before := runtime.NumGoroutine()
	reg := registry.NewRegistry(in)
	for i := range 200 {
		register(t, reg, service(fmt.Sprint("shop", i), "1", "a"))
	}
	if more := runtime.NumGoroutine() - before; more > 20 {
		t.Errorf("%d goroutines for 200 services", more)
	}
	eventually(t, "200 services in a listing", func() bool {
		list, err := registry.NewRegistry(in).ListServices()
		return err == nil && len(list) == 200
	})
	for i := range 200 {
		deregister(t, reg, service(fmt.Sprint("shop", i), "1", "a"))
	}
	eventually(t, "no goroutine left", func() bool { return runtime.NumGoroutine() <= before })
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 5 s: %s", what)
		}
	}
}
