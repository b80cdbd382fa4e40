package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect/fleet"
)

// A large fleet is probed in turns, by a bounded number of goroutines, and no node is left out.
func TestTenThousandNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := registry.NewMemoryRegistry()
		for i := range 100 {
			s := service(fmt.Sprintf("shop.%d", i), "1")
			for j := range 100 {
				s.Nodes = append(s.Nodes, &registry.Node{Id: fmt.Sprintf("%d-%d", i, j), Address: "127.0.0.1:80"})
			}
			register(t, r, s)
		}
		p := newPatient()
		var now, most atomic.Int32
		f := start(t, r, fleet.Options{Prober: func(ctx context.Context, n fleet.Node) (*pb.StatsResponse, error) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			return p.probe(ctx, n)
		}})
		time.Sleep(22 * time.Second)
		if got := len(f.Snapshot().Nodes()); got != 10_000 {
			t.Errorf("%d nodes", got)
		}
		counts := p.counts()
		for _, n := range f.Snapshot().Nodes() {
			if counts[n.ID] == 0 || counts[n.ID] > 2 {
				t.Fatalf("%s was probed %d times in 21 rounds of 500", n.ID, counts[n.ID])
			}
		}
		if most.Load() > fleet.ProbesAtOnce {
			t.Errorf("%d probes at once", most.Load())
		}
	})
}

func TestTheTimelineIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := registry.NewMemoryRegistry()
		f := start(t, r, fleet.Options{Probe: -1})
		for i := range fleet.TimelineSize {
			register(t, r, service("shop", "1", fmt.Sprint(i)))
			synctest.Wait()
			if i%2 == 0 {
				deregister(t, r, service("shop", "1", fmt.Sprint(i)))
			}
			synctest.Wait()
		}
		events, dropped := f.Events()
		if len(events) != fleet.TimelineSize || dropped != fleet.TimelineSize/2 {
			t.Errorf("%d events, %d dropped", len(events), dropped)
		}
		if last := events[len(events)-1]; last.Node.ID != fmt.Sprint(fleet.TimelineSize-1) {
			t.Errorf("the last event is of %s", last.Node.ID)
		}
	})
}

func TestTheFleetIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &faulty{Registry: registry.NewMemoryRegistry(), watch: newMute, list: func() ([]*registry.Service, error) {
			var out []*registry.Service
			for i := range fleet.MaxNodes + 10 {
				out = append(out, service(fmt.Sprint(i), "1", "a"))
			}
			return out, nil
		}}
		f := start(t, r, fleet.Options{Probe: -1})
		time.Sleep(time.Second)
		s := f.Snapshot()
		if len(s.Nodes()) != fleet.MaxNodes || s.Problem != "over 50000 nodes: the others are left out" {
			t.Errorf("%d nodes, problem %q", len(s.Nodes()), s.Problem)
		}
	})
}

func BenchmarkSnapshotOf10000Nodes(b *testing.B) {
	r := registry.NewMemoryRegistry()
	for i := range 100 {
		s := service(fmt.Sprintf("shop.%d", i), "1")
		for j := range 100 {
			s.Nodes = append(s.Nodes, &registry.Node{Id: fmt.Sprintf("%d-%d", i, j), Address: "127.0.0.1:80"})
		}
		register(b, r, s)
	}
	f := start(b, r, fleet.Options{Probe: -1})
	if err := f.Ready(b.Context()); err != nil {
		b.Fatal(err)
	}
	for name, changed := range map[string][]string{"all changed": nil, "one service changed": {"shop.7"}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.Spoil(changed...)
				if s := f.Build(); len(s.Services) != 100 {
					b.Fatal(len(s.Services))
				}
			}
		})
	}
}

// A snapshot that takes over what did not change is the one that is made anew.
func TestSnapshotsTakeOverWhatDidNotChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := registry.NewMemoryRegistry()
		f := start(t, r, fleet.Options{KeepDown: 3 * time.Second, Prober: func(_ context.Context, n fleet.Node) (*pb.StatsResponse, error) {
			if n.ID == "2" {
				return nil, errors.New("refused")
			}
			return &pb.StatsResponse{Requests: uint64(time.Now().Unix())}, nil
		}})
		random := rand.New(rand.NewPCG(1, 2))
		for range 300 {
			s := service(fmt.Sprintf("shop.%d", random.IntN(5)), fmt.Sprint(random.IntN(3)), fmt.Sprint(random.IntN(4)))
			if random.IntN(3) == 0 {
				s.Endpoints = []*registry.Endpoint{{Name: fmt.Sprint(random.IntN(9))}}
			}
			if random.IntN(2) == 0 {
				register(t, r, s)
			} else {
				_ = r.Deregister(s) // it may not be there
			}
			time.Sleep(time.Duration(random.IntN(400)+51) * time.Millisecond)
			got := f.Build().Services
			f.Spoil()
			if diff := cmp.Diff(f.Build().Services, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
