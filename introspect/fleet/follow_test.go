package fleet_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect/fleet"
)

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
			if wait := time.Until(s.Retry); wait <= 0 || wait > 5*time.Second {
				t.Errorf("asked again in %v", wait)
			}
			if s.Service("shop") == nil || s.Taken.Sub(taken) > 5*time.Second {
				t.Errorf("the last snapshot is gone, or pretends to be new: %v", s.Taken.Sub(taken))
			}
			r.set(nil, nil)
			time.Sleep(6 * time.Second)
			if s := f.Snapshot(); s.Problem != "" || !s.Retry.IsZero() || !s.Taken.After(taken) {
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

// A re-list that finds what was known moves on when nodes were seen, and makes no snapshot's services anew.
func TestAConfirmationIsNoChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := registry.NewMemoryRegistry()
		s := service("shop", "1", "a")
		s.Endpoints = []*registry.Endpoint{{Name: "Shop.Buy", Request: &registry.Value{Name: "Order", Type: "Order"}}}
		register(t, r, s)
		f := start(t, r, fleet.Options{Probe: -1})
		time.Sleep(time.Second)
		before := f.Snapshot()
		seen := before.Nodes()[0].LastSeen.Time()
		time.Sleep(5 * time.Second)
		after := f.Snapshot()
		if after.Generation != before.Generation || after.Services[0] != before.Services[0] || !after.Taken.After(before.Taken) {
			t.Errorf("generation %d became %d, taken %v %v", before.Generation, after.Generation, before.Taken, after.Taken)
		}
		if now := after.Nodes()[0].LastSeen.Time(); now.Sub(seen) != 5*time.Second {
			t.Errorf("seen at %v, then at %v", seen, now)
		}
		s.Endpoints = []*registry.Endpoint{{Name: "Shop.Sell"}}
		register(t, r, s)
		time.Sleep(time.Second)
		if now := f.Snapshot(); now.Generation == after.Generation || now.Services[0].Endpoints[0].Name != "Shop.Sell" {
			t.Errorf("other endpoints are no change: %+v", now.Services[0])
		}
	})
}
