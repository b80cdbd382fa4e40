package services_test

import (
	"context"
	"errors"
	"testing"
	"time"

	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/services"
	"github.com/microtop/microtop/views/show/showtest"
)

// deaf is a registry that tells nobody of changes.
type deaf struct{ registry.Registry }

func (deaf) Watch(...registry.WatchOption) (registry.Watcher, error) {
	return nil, errors.New("not watched")
}

func cart(id string) *registry.Service {
	return &registry.Service{Name: "cart", Version: "1.1.0", Nodes: []*registry.Node{{Id: id, Address: "10.0.0.1:1"}}}
}

func register(t *testing.T, r registry.Registry, id string) {
	t.Helper()
	if err := r.Register(cart(id)); err != nil {
		t.Fatal(err)
	}
}

func well(context.Context, fleet.Node) (*pb.StatsResponse, error) {
	return &pb.StatsResponse{Memory: 38 << 20, Threads: 112, Uptime: 8040}, nil
}

func TestAServiceComesAndGoes(t *testing.T) {
	r := registry.NewMemoryRegistry()
	session := showtest.Session(t, r)
	f := fleet.Start(t.Context(), session, fleet.Options{Probe: 20 * time.Millisecond, Prober: well})
	t.Cleanup(f.Close)
	x, _ := showtest.Start(t, services.Route(t.Context(), session, f, theme.Default()), nil, 160, 24)
	x.WaitFor("no services in mdns")
	register(t, r, "cart-1")
	x.WaitFor("38 MB")
	x.WaitFor("2h14m")
	register(t, r, "cart-2")
	x.WaitFor("●●")
	if err := r.Deregister(cart("cart-2")); err != nil {
		t.Fatal(err)
	}
	x.WaitFor("●○ 1 down")
	x.WaitFor("cart 2 down just now: left the registry")
}

func TestRefreshReadsARegistryThatTellsNothing(t *testing.T) {
	r := deaf{registry.NewMemoryRegistry()}
	session := showtest.Session(t, r)
	f := fleet.Start(t.Context(), session, fleet.Options{Relist: time.Hour, Probe: -1})
	t.Cleanup(f.Close)
	x, _ := showtest.Start(t, services.Route(t.Context(), session, f, theme.Default()), nil, 160, 24)
	if err := f.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	register(t, r, "cart-1")
	x.Keys("r")
	x.WaitFor("cart")
}
