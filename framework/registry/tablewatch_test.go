package registry_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
)

func TestASlowWatcherGetsTheLastState(t *testing.T) {
	moved := service("shop", "1", "a")
	moved.Nodes[0].Address = "127.0.0.1:81"
	put := func(s *registry.Service) func(*registry.Table) {
		return func(table *registry.Table) { _ = table.Put(s, 0) }
	}
	remove := func(table *registry.Table) { table.Remove(service("shop", "1", "a")) }
	add := put(service("shop", "1", "a"))
	for name, tc := range map[string]struct {
		before, after []func(*registry.Table)
		want          []string
	}{
		"create and update are one create":          {nil, []func(*registry.Table){add, put(moved)}, []string{"create 127.0.0.1:81"}},
		"create and delete are nothing":             {nil, []func(*registry.Table){add, remove, add, remove}, nil},
		"updates are one update":                    {[]func(*registry.Table){add}, []func(*registry.Table){put(moved), add, put(moved)}, []string{"update 127.0.0.1:81"}},
		"update and delete are a delete":            {[]func(*registry.Table){add}, []func(*registry.Table){put(moved), remove}, []string{"delete 127.0.0.1:81"}},
		"delete and create stay two":                {[]func(*registry.Table){add}, []func(*registry.Table){remove, add}, []string{"delete 127.0.0.1:80", "create 127.0.0.1:80"}},
		"delete, and one that came and went unseen": {[]func(*registry.Table){add}, []func(*registry.Table){remove, add, remove}, []string{"delete 127.0.0.1:80"}},
		"the same again is nothing":                 {[]func(*registry.Table){add}, []func(*registry.Table){add, add}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			table := registry.NewTable(limits.Default())
			for _, do := range tc.before {
				do(table)
			}
			w := table.Watch()
			defer w.Stop()
			for _, do := range tc.after {
				do(table)
			}
			_ = table.Put(service("last", "1", "a"), 0)
			var got []string
			for {
				result, err := w.Next()
				if err != nil {
					t.Fatal(err)
				}
				if result.Service.Name == "last" {
					break
				}
				got = append(got, result.Action+" "+result.Service.Nodes[0].Address)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
		})
	}
}

// A burst of 5,000 changes to watchers that read and watchers that sleep: every one ends with the true picture.
func TestL09_ABurstLosesNothing(t *testing.T) {
	table := registry.NewTable(limits.Default())
	pictures := make([]map[string]string, 20)
	var readers sync.WaitGroup
	for i := range pictures {
		pictures[i] = map[string]string{}
		w := table.Watch(registry.WatchService("shop"))
		readers.Go(func() {
			defer w.Stop()
			for {
				result, err := w.Next()
				if err != nil || result.Service.Version == "end" {
					return
				}
				if node := result.Service.Nodes[0]; result.Action == "delete" {
					delete(pictures[i], node.Id)
				} else {
					pictures[i][node.Id] = node.Address
				}
			}
		})
	}
	want := map[string]string{}
	for i := range 5000 {
		s := service("shop", "1", fmt.Sprint(i%100))
		s.Nodes[0].Address = fmt.Sprintf("127.0.0.1:%d", i+1)
		if i%7 == 0 {
			table.Remove(s)
			delete(want, s.Nodes[0].Id)
			continue
		}
		_ = table.Put(s, 0)
		want[s.Nodes[0].Id] = s.Nodes[0].Address
	}
	_ = table.Put(service("shop", "end", "end"), 0)
	readers.Wait()
	for i, got := range pictures {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("watcher %d (-want +got):\n%s", i, diff)
		}
	}
}

// L-06: what nobody fetches does not pile up: ever new nodes come and go behind one pending change.
func TestL06_ASleepingWatcherStaysSmall(t *testing.T) {
	table := registry.NewTable(limits.Default())
	w := table.Watch()
	defer w.Stop()
	_ = table.Put(service("first", "1", "a"), 0)
	for i := range 100_000 {
		s := service("shop", "1", fmt.Sprint(i))
		_ = table.Put(s, 0)
		table.Remove(s)
	}
	if n := registry.Pending(w); n > 200 {
		t.Errorf("%d changes held for a watcher that has one to hear", n)
	}
}

func TestNextWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := registry.NewMemoryRegistry()
		w, err := reg.Watch()
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { _ = reg.Register(service("shop", "1", "a"), registry.RegisterTTL(time.Minute)) })
		start := time.Now()
		for _, want := range []struct {
			action string
			at     time.Duration
		}{{"create", time.Second}, {"delete", time.Second + time.Minute}} {
			if result, err := w.Next(); err != nil || result.Action != want.action || time.Since(start) != want.at {
				t.Errorf("after %v: %+v, %v, want %s after %v", time.Since(start), result, err, want.action, want.at)
			}
		}
		w.Stop()
	})
}

func BenchmarkTableChange(b *testing.B) { // 10,000 nodes known, 100 watchers asleep
	table := crowd(b)
	for range 100 {
		w := table.Watch()
		defer w.Stop()
	}
	here, there := service("service-7", "1", "42"), service("service-7", "1", "42")
	there.Nodes[0].Address = "127.0.0.1:81"
	b.ReportAllocs()
	for b.Loop() {
		_ = table.Put(here, 0)
		here, there = there, here
	}
}

func BenchmarkTableListAfterChange(b *testing.B) {
	table := crowd(b)
	here, there := service("service-7", "1", "42"), service("service-7", "1", "42")
	there.Nodes[0].Address = "127.0.0.1:81"
	b.ReportAllocs()
	for b.Loop() {
		_ = table.Put(here, 0)
		here, there = there, here
		table.List()
	}
}

func BenchmarkMemoryGetService(b *testing.B) {
	reg := registry.NewMemoryRegistry()
	_ = reg.Register(service("shop", "1", "a"))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = reg.GetService("shop")
	}
}

func crowd(b *testing.B) *registry.Table {
	table := registry.NewTable(limits.Default())
	for i := range 10_000 {
		if err := table.Put(service(fmt.Sprintf("service-%d", i/100), "1", fmt.Sprint(i%100)), 0); err != nil {
			b.Fatal(err)
		}
	}
	return table
}

// L-09: what 10,000 nodes with a TTL cost.
func TestL09_MemoryPerNode(t *testing.T) {
	before := heap()
	table := registry.NewTable(limits.Default())
	for i := range 10_000 {
		s := service(fmt.Sprintf("service-%d", i/100), "1", fmt.Sprint(i%100))
		s.Endpoints = []*registry.Endpoint{{Name: "Greeter.Hello", Request: &registry.Value{Name: "Request"}}}
		if err := table.Put(s, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	table.List()
	perNode := (heap() - before) / 10_000
	t.Logf("%d bytes a node, limit 1,536", perNode)
	if perNode > 1536 {
		t.Errorf("%d bytes a node", perNode)
	}
	for i := range 100 {
		for _, s := range table.Get(fmt.Sprintf("service-%d", i)) {
			table.Remove(s)
		}
	}
	if left := table.List(); len(left) != 0 {
		t.Errorf("%d services left", len(left))
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
