package registry_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/registrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestA140_A143_MemoryConformance(t *testing.T) {
	registrytest.Run(t, func(*testing.T) registry.Registry { return registry.NewMemoryRegistry() },
		registrytest.Caps{TTL: true, ServiceMetadata: true, Updates: true})
}

func TestMemoryKnowsItsServicesFromTheStart(t *testing.T) {
	mine := map[string][]*registry.Service{"shop": {service("", "1", "a"), nil}}
	reg := registry.NewMemoryRegistry(registry.Services(mine))
	mine["shop"][0].Nodes[0].Address = "changed"
	got, err := reg.GetService("shop")
	if err != nil || got[0].Name != "shop" || got[0].Nodes[0].Address != "127.0.0.1:80" {
		t.Errorf("GetService = %+v, %v", got, err)
	}
}

func TestTTLToTheMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := registry.NewMemoryRegistry()
		register(t, reg, service("shop", "1", "a"), registry.RegisterTTL(time.Second))
		time.Sleep(900 * time.Millisecond)
		register(t, reg, service("shop", "1", "a"), registry.RegisterTTL(time.Second)) // refreshed
		register(t, reg, service("shop", "1", "b"), registry.RegisterTTL(10*time.Second))
		register(t, reg, service("shop", "1", "b")) // no TTL any more
		time.Sleep(999 * time.Millisecond)
		if got, err := reg.GetService("shop"); err != nil || len(got[0].Nodes) != 2 {
			t.Errorf("before the TTL: %v, %v", got, err)
		}
		time.Sleep(2 * time.Millisecond)
		if got, err := reg.GetService("shop"); err != nil || len(got[0].Nodes) != 1 || got[0].Nodes[0].Id != "b" {
			t.Errorf("after the TTL: %v, %v", got, err)
		}
		time.Sleep(time.Hour)
		if _, err := reg.GetService("shop"); err != nil {
			t.Errorf("without TTL: %v", err)
		}
	})
}

func TestTheLastNodeLeavesNothing(t *testing.T) {
	reg := registry.NewMemoryRegistry()
	register(t, reg, service("shop", "1", "a"))
	if err := reg.Deregister(&registry.Service{Name: "shop", Nodes: []*registry.Node{{Id: "a"}, nil}}); err != nil { // no version: all
		t.Fatal(err)
	}
	if _, err := reg.GetService("shop"); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("GetService: %v", err)
	}
	if all, err := reg.ListServices(); err != nil || len(all) != 0 {
		t.Errorf("ListServices = %v, %v", all, err)
	}
}

// R-11, S-11: a name has at most limits.NodesPerService nodes, and the one who registers more is told.
func TestR11_S11_NodesPerNameAreLimited(t *testing.T) {
	reg := registry.NewMemoryRegistry()
	crowd := service("shop", "1", "0")
	for i := range 10_000 {
		crowd.Nodes = append(crowd.Nodes, &registry.Node{Id: fmt.Sprint(i + 1), Address: "127.0.0.1:80"})
	}
	if err := reg.Register(crowd); err == nil {
		t.Error("the 10,001st node was taken")
	}
	if got, err := reg.GetService("shop"); err != nil || len(got[0].Nodes) != 10_000 {
		t.Errorf("GetService: %d nodes, %v", len(got[0].Nodes), err)
	}
}

func service(name, version, id string) *registry.Service {
	return &registry.Service{Name: name, Version: version, Nodes: []*registry.Node{{Id: id, Address: "127.0.0.1:80"}}}
}

func register(t testing.TB, reg registry.Registry, s *registry.Service, opts ...registry.RegisterOption) {
	t.Helper()
	if err := reg.Register(s, opts...); err != nil {
		t.Fatal(err)
	}
}
