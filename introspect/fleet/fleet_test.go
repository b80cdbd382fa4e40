package fleet_test

import (
	"context"
	"errors"
	"fmt"
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

func TestSnapshotsDoNotChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := registry.NewMemoryRegistry(), newPatient()
		register(t, r, service("shop", "1", "a", "b"))
		p.says("a", func(context.Context) (*pb.StatsResponse, error) {
			return &pb.StatsResponse{Requests: uint64(time.Now().Unix())}, nil
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
		began, changed := time.Now(), f.Changed()
		f.Relist()
		<-f.Updated()
		<-changed
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("the re-list came after %v", took)
		}
	})
}
