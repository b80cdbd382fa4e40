package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect/fleet"
)

func TestTheLifeOfANode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := registry.NewMemoryRegistry(), newPatient()
		f := start(t, r, fleet.Options{Prober: p.probe})
		if err := f.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		step := func(what string, state fleet.State, want ...string) {
			t.Helper()
			time.Sleep(1100 * time.Millisecond) // a probe round
			synctest.Wait()
			if diff := cmp.Diff(want, kinds(f)); diff != "" {
				t.Fatalf("%s: events (-want +got):\n%s", what, diff)
			}
			if n := node(f, "shop", "a"); n == nil || n.State != state {
				t.Fatalf("%s: node %+v, want %v", what, n, state)
			}
		}
		register(t, r, service("shop", "1", "a"))
		step("registered", fleet.Up, "joined a")
		p.says("a", func(context.Context) (*pb.StatsResponse, error) { return nil, errors.New("connection refused") })
		step("refuses", fleet.Down, "joined a", "down a")
		if n := node(f, "shop", "a"); n.Problem != "connection refused" {
			t.Errorf("problem = %q", n.Problem)
		}
		p.says("a", nil)
		step("answers again", fleet.Up, "joined a", "down a", "up a")
		moved := service("shop", "1", "a")
		moved.Nodes[0].Address = "127.0.0.1:81"
		register(t, r, moved)
		step("moved", fleet.Up, "joined a", "down a", "up a", "changed a")
		if events, _ := f.Events(); events[3].Before == nil || events[3].Before.Address != "127.0.0.1:80" || events[3].Node.Address != "127.0.0.1:81" {
			t.Errorf("changed = %+v", events[3])
		}
		deregister(t, r, moved)
		step("left", fleet.Down, "joined a", "down a", "up a", "changed a", "left a")
		if n := node(f, "shop", "a"); n.Problem != "left the registry" {
			t.Errorf("problem = %q", n.Problem)
		}
		register(t, r, moved)
		step("came again", fleet.Up, "joined a", "down a", "up a", "changed a", "left a", "joined a")
		deregister(t, r, moved)
		time.Sleep(29 * time.Second)
		if node(f, "shop", "a") == nil {
			t.Error("the row went before KeepDown")
		}
		time.Sleep(8 * time.Second)
		if f.Snapshot().Service("shop") != nil {
			t.Error("the row stays")
		}
	})
}

func TestASilentNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := registry.NewMemoryRegistry(), newPatient()
		register(t, r, service("shop", "1", "a", "b"))
		f := start(t, r, fleet.Options{Prober: p.probe})
		time.Sleep(1500 * time.Millisecond)
		p.says("a", silent)
		began := time.Now()
		var suspect, down time.Duration
		for down == 0 && time.Since(began) < 10*time.Second {
			time.Sleep(50 * time.Millisecond)
			switch n := node(f, "shop", "a"); {
			case n.State == fleet.Suspect && suspect == 0:
				suspect = time.Since(began)
				if n.Problem != "no answer within 1s" {
					t.Errorf("problem = %q", n.Problem)
				}
			case n.State == fleet.Down:
				down = time.Since(began)
			}
		}
		if suspect == 0 || suspect > 3*time.Second || down <= suspect || down > 5*time.Second {
			t.Errorf("suspect after %v, down after %v", suspect, down)
		}
		if n := node(f, "shop", "b"); n.State != fleet.Up {
			t.Errorf("the other node is %v", n.State)
		}
		p.says("a", nil)
		time.Sleep(2500 * time.Millisecond)
		if n := node(f, "shop", "a"); n.State != fleet.Up || n.Problem != "" {
			t.Errorf("back: %+v", n)
		}
		if diff := cmp.Diff([]string{"down a", "up a"}, kinds(f)[2:]); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// A timeout that the next probe makes good is no event.
func TestASuspicionIsNoEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := registry.NewMemoryRegistry(), newPatient()
		register(t, r, service("shop", "1", "a"))
		var n atomic.Int32
		p.says("a", func(ctx context.Context) (*pb.StatsResponse, error) {
			if n.Add(1)%2 == 0 {
				return silent(ctx)
			}
			return nil, nil //nolint:nilnil // well
		})
		f := start(t, r, fleet.Options{Prober: p.probe})
		time.Sleep(20 * time.Second)
		if diff := cmp.Diff([]string{"joined a"}, kinds(f)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestNodesThatTheRegistryNoLongerLists(t *testing.T) {
	for _, tt := range []struct {
		name  string
		probe time.Duration
		stays time.Duration
		goes  time.Duration
	}{
		{"not probed", -1, 4 * time.Second, 12 * time.Second},
		{"answers", 0, 24 * time.Second, 36 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inner := registry.NewMemoryRegistry()
				r := &faulty{Registry: inner, watch: newMute}
				register(t, inner, service("shop", "1", "a", "b"))
				f := start(t, r, fleet.Options{Probe: tt.probe, Prober: newPatient().probe})
				time.Sleep(4 * time.Second)
				deregister(t, inner, service("shop", "1", "b"))
				time.Sleep(tt.stays)
				if n := node(f, "shop", "b"); n == nil || n.State == fleet.Down {
					t.Errorf("gone too soon: %+v", n)
				}
				time.Sleep(tt.goes - tt.stays)
				if n := node(f, "shop", "b"); n == nil || n.State != fleet.Down || n.Problem != "no longer in the registry" {
					t.Errorf("not gone: %+v", n)
				}
				if diff := cmp.Diff("left b", kinds(f)[2]); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
				if n := node(f, "shop", "a"); n.State == fleet.Down {
					t.Errorf("the other went too: %+v", n)
				}
			})
		})
	}
}

// A listing that was begun before a node left may still show it.
func TestALateListingRevivesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := registry.NewMemoryRegistry()
		r := &faulty{Registry: inner}
		register(t, inner, service("shop", "1", "a", "b"))
		f := start(t, r, fleet.Options{Prober: newPatient().probe})
		time.Sleep(time.Second)
		r.set(func() ([]*registry.Service, error) {
			before, err := inner.ListServices()
			time.Sleep(2 * time.Second)
			return before, err
		}, nil)
		time.Sleep(5 * time.Second) // the listing is under way
		deregister(t, inner, service("shop", "1", "b"))
		time.Sleep(3 * time.Second)
		if diff := cmp.Diff([]string{"left b"}, kinds(f)[2:]); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestARegistryThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := registry.NewMemoryRegistry()
		r := &faulty{Registry: inner}
		register(t, inner, service("shop", "1", "a"))
		f := start(t, r, fleet.Options{Prober: newPatient().probe})
		time.Sleep(time.Second)
		taken := f.Snapshot().Taken
		for _, broken := range []func() ([]*registry.Service, error){
			func() ([]*registry.Service, error) { return nil, errors.New("no route") },
			func() ([]*registry.Service, error) { panic("no route") },
		} {
			r.set(broken, nil)
			time.Sleep(20 * time.Second)
			s := f.Snapshot()
			if !strings.Contains(s.Problem, "list here: ") || !strings.Contains(s.Problem, "no route") {
				t.Errorf("problem = %q", s.Problem)
			}
			if s.Service("shop") == nil || s.Taken.Sub(taken) > 5*time.Second {
				t.Errorf("the last snapshot is gone, or pretends to be new: %v", s.Taken.Sub(taken))
			}
			r.set(nil, nil)
			time.Sleep(6 * time.Second)
			if s := f.Snapshot(); s.Problem != "" || !s.Taken.After(taken) {
				t.Errorf("after it came back: %q, taken %v", s.Problem, s.Taken)
			}
			taken = f.Snapshot().Taken
		}
	})
}

func TestAWatchThatBreaksIsOpenedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := registry.NewMemoryRegistry()
		r := &faulty{Registry: inner}
		var opened atomic.Int32
		refuse := func() (registry.Watcher, error) { opened.Add(1); return nil, errors.New("watch refused") }
		r.set(nil, refuse)
		f := start(t, r, fleet.Options{Relist: time.Hour, Prober: newPatient().probe})
		time.Sleep(10500 * time.Millisecond)
		if n := opened.Load(); n < 9 || n > 12 {
			t.Errorf("opened %d times in 10 s", n)
		}
		if p := f.Snapshot().Problem; p != "watch here: watch refused" {
			t.Errorf("problem = %q", p)
		}
		register(t, inner, service("shop", "1", "a")) // nobody watches, and the re-list is an hour away
		r.set(nil, nil)
		time.Sleep(3 * time.Second)
		if p := f.Snapshot().Problem; p != "" {
			t.Errorf("problem = %q once the watch is back", p)
		}
		if node(f, "shop", "a") == nil {
			t.Error("what came while nobody watched stays unseen")
		}
		register(t, inner, service("shop", "1", "b"))
		time.Sleep(100 * time.Millisecond)
		if node(f, "shop", "b") == nil {
			t.Error("the new watch is not followed")
		}
	})
}

func TestAPanicOfTheProberIsAProblem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := registry.NewMemoryRegistry(), newPatient()
		register(t, r, service("shop", "1", "a", "b"))
		p.says("a", func(context.Context) (*pb.StatsResponse, error) { panic("nil map") })
		f := start(t, r, fleet.Options{Prober: p.probe})
		time.Sleep(3 * time.Second)
		if s := f.Snapshot(); s.Problem != "probe of nodes: panic: nil map" {
			t.Errorf("problem = %q", s.Problem)
		}
		if n := node(f, "shop", "b"); n.State != fleet.Up {
			t.Errorf("the other node is %v", n.State)
		}
		p.says("a", nil)
		time.Sleep(2 * time.Second)
		if s := f.Snapshot(); s.Problem != "" {
			t.Errorf("problem = %q afterwards", s.Problem)
		}
	})
}

func TestARegistryThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		inner := registry.NewMemoryRegistry()
		r := &faulty{Registry: inner}
		register(t, inner, service("shop", "1", "a"))
		f := start(t, r, fleet.Options{Prober: newPatient().probe})
		time.Sleep(time.Second)
		r.set(func() ([]*registry.Service, error) { <-release; return nil, errors.New("late") }, nil)
		time.Sleep(20 * time.Second)
		s := f.Snapshot()
		if s.Problem != "list here: no answer for over 10s" || s.Service("shop") == nil {
			t.Errorf("snapshot: problem %q", s.Problem)
		}
		if n := node(f, "shop", "a"); n.State != fleet.Up || time.Since(n.Vitals.Taken) > 2*time.Second {
			t.Errorf("probes wait for the registry: %+v", n)
		}
		began := time.Now()
		f.Close()
		f.Close()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("Close took %v", took)
		}
	})
}

func TestSnapshotsDoNotChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := registry.NewMemoryRegistry(), newPatient()
		register(t, r, service("shop", "1", "a", "b"))
		p.says("a", func(context.Context) (*pb.StatsResponse, error) {
			return &pb.StatsResponse{Requests: uint64(time.Now().Unix())}, nil //nolint:gosec // a time of now
		})
		f := start(t, r, fleet.Options{Prober: p.probe})
		time.Sleep(3 * time.Second)
		held := f.Snapshot()
		before := fmt.Sprintf("%+v %+v %+v", *held.Services[0], *held.Services[0].Nodes[0], *held.Services[0].Nodes[0].Vitals)
		changed := service("shop", "1", "a")
		changed.Nodes[0].Metadata["x"] = "y"
		register(t, r, changed)
		deregister(t, r, service("shop", "1", "b"))
		register(t, r, service("shop", "0", "c"))
		p.says("a", silent)
		time.Sleep(10 * time.Second)
		if now := f.Snapshot(); now == held || now.Generation <= held.Generation || len(now.Nodes()) != 3 {
			t.Errorf("there is no new snapshot: %+v", now)
		}
		if after := fmt.Sprintf("%+v %+v %+v", *held.Services[0], *held.Services[0].Nodes[0], *held.Services[0].Nodes[0].Vitals); after != before {
			t.Errorf("a snapshot changed:\n%s\n%s", before, after)
		}
	})
}

func TestWhatASnapshotShows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := registry.NewMemoryRegistry()
		register(t, r, service("shop", "1.9", "a"))
		register(t, r, service("shop", "1.10", "b"))
		register(t, r, service("micro.http.broker", "ff", "sub"))
		p := newPatient()
		f := start(t, r, fleet.Options{Prober: p.probe})
		time.Sleep(2500 * time.Millisecond)
		s := f.Snapshot()
		shop := s.Service("shop")
		if diff := cmp.Diff([]string{"1.9", "1.10"}, shop.Versions); diff != "" {
			t.Errorf("versions (-want +got):\n%s", diff)
		}
		if len(shop.Endpoints) != 2 || shop.Endpoints[0].Name != "H.A1.10" {
			t.Errorf("endpoints = %v", shop.Endpoints)
		}
		if shop.Count(fleet.Up) != 2 || len(s.Visible()) != 1 || len(s.Nodes()) != 2 || s.Service("micro.http.broker") == nil || s.Service("nope") != nil {
			t.Errorf("snapshot = %+v", s)
		}
		if p.counts()["sub"] != 0 {
			t.Error("the framework's own service was probed")
		}
	})
}

func TestRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := registry.NewMemoryRegistry(), newPatient()
		register(t, r, service("shop", "1", "a"))
		var requests, failures atomic.Uint64
		p.says("a", func(context.Context) (*pb.StatsResponse, error) {
			return &pb.StatsResponse{Requests: requests.Add(50), Errors: failures.Add(5), Memory: 7, Threads: 3, Gc: 1e6, Uptime: 9}, nil
		})
		f := start(t, r, fleet.Options{Prober: p.probe})
		time.Sleep(90*time.Second + 500*time.Millisecond)
		v := node(f, "shop", "a").Vitals
		if v.RequestRate != 50 || v.ErrorRate != 5 || v.Heap != 7 || v.Goroutines != 3 || v.GCPause != time.Millisecond || v.Uptime != 9*time.Second {
			t.Errorf("vitals = %+v", v)
		}
		if len(v.Recent) != 60 || v.Recent[59] != 50 {
			t.Errorf("recent = %v", v.Recent)
		}
		requests.Store(0) // another process
		time.Sleep(time.Second)
		if v := node(f, "shop", "a").Vitals; v.RequestRate != 0 || len(v.Recent) != 0 {
			t.Errorf("after a restart: %+v", v)
		}
	})
}

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

func TestUpdatesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := registry.NewMemoryRegistry()
		f := start(t, r, fleet.Options{Probe: -1})
		<-f.Updated()
		generation := f.Snapshot().Generation
		time.Sleep(time.Second)
		for i := range 100 {
			register(t, r, service("shop", "1", fmt.Sprint(i)))
		}
		time.Sleep(time.Second)
		<-f.Updated()
		s := f.Snapshot()
		if len(s.Nodes()) != 100 || s.Generation > generation+5 {
			t.Errorf("%d nodes, %d snapshots", len(s.Nodes()), s.Generation-generation)
		}
		began := time.Now()
		f.Relist()
		<-f.Updated()
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("the re-list came after %v", took)
		}
	})
}

func TestReadyEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r := &faulty{Registry: registry.NewMemoryRegistry(), list: func() ([]*registry.Service, error) { <-release; return nil, nil }}
		f := start(t, r, fleet.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := f.Ready(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Ready = %v", err)
		}
		close(release)
		if err := f.Ready(t.Context()); err != nil {
			t.Error(err)
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
	b.ReportAllocs()
	for b.Loop() {
		if s := f.Build(); len(s.Services) != 100 {
			b.Fatal(len(s.Services))
		}
	}
}
