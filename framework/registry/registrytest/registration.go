package registrytest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/microtop/microtop/framework/registry"
)

func (s *suite) get() []*registry.Service {
	s.Helper()
	services, err := s.reg.GetService(s.name)
	if err != nil && !errors.Is(err, registry.ErrNotFound) {
		s.Fatalf("GetService: %v", err)
	}
	return services
}

func found(s *suite) {
	want := s.service("1")
	if s.caps.ServiceMetadata {
		want.Metadata = map[string]string{"team": "shop"}
	}
	s.register(registry.Copy(want))
	s.eventually("the node", func() bool { return len(s.get()) == 1 })
	if diff := cmp.Diff([]*registry.Service{want}, s.get(), cmpopts.EquateEmpty()); diff != "" {
		s.Errorf("GetService (-want +got):\n%s", diff)
	}
}

func folded(s *suite) {
	other := s.service("3")
	other.Version = "2.0.0"
	s.register(s.service("1"))
	s.register(s.service("2"))
	s.register(other)
	s.eventually("three nodes", func() bool { return len(s.nodes()) == 3 })
	versions := map[string]int{}
	for _, service := range s.get() {
		if _, double := versions[service.Version]; double {
			s.Errorf("version %s appears twice", service.Version)
		}
		versions[service.Version] = len(service.Nodes)
	}
	if diff := cmp.Diff(map[string]int{"1.0.0": 2, "2.0.0": 1}, versions); diff != "" {
		s.Errorf("nodes per version (-want +got):\n%s", diff)
	}
}

func notAliased(s *suite) {
	mine := s.service("1")
	s.register(mine)
	mine.Nodes[0].Address = "10.9.9.9:9"
	mine.Nodes[0].Metadata["protocol"] = "changed"
	mine.Endpoints[0].Name = "Changed.Changed"
	mine.Endpoints[0].Request.Values[0].Name = "changed"
	s.eventually("the node", func() bool { return len(s.get()) == 1 })
	if diff := cmp.Diff([]*registry.Service{s.service("1")}, s.get(), cmpopts.EquateEmpty()); diff != "" {
		s.Errorf("the caller's change got through (-want +got):\n%s", diff)
	}
}

func replaced(s *suite) {
	s.register(s.service("1"))
	s.eventually("the node", func() bool { return len(s.nodes()) == 1 })
	want := s.service("1")
	want.Nodes[0].Address = "127.0.0.1:8081"
	want.Nodes[0].Metadata["zone"] = "b"
	want.Endpoints = append(want.Endpoints, &registry.Endpoint{Name: "Greeter.Bye", Metadata: map[string]string{}})
	s.register(registry.Copy(want))
	s.eventually("the new record", func() bool {
		return cmp.Equal([]*registry.Service{want}, s.get(), cmpopts.EquateEmpty())
	})
}

func twice(s *suite) {
	for range 3 {
		s.register(s.service("1"))
	}
	s.eventually("the node", func() bool { return len(s.get()) == 1 })
	if got := s.get(); len(got[0].Nodes) != 1 {
		s.Errorf("%d nodes after registering one three times", len(got[0].Nodes))
	}
}

func deregistered(s *suite) {
	s.register(s.service("1"))
	s.register(s.service("2"))
	s.eventually("two nodes", func() bool { return len(s.nodes()) == 2 })
	s.deregister(s.service("1"))
	s.eventually("one node", func() bool { return len(s.nodes()) == 1 })
	if s.nodes()[s.name+"-2"] == nil {
		s.Errorf("the wrong node went: %v", s.nodes())
	}
	s.deregister(s.service("2"))
	s.eventually("no node", func() bool { return len(s.nodes()) == 0 })
}

func deregisteredByID(s *suite) {
	s.deregister(s.service("never"))
	s.register(s.service("1"))
	s.eventually("the node", func() bool { return len(s.nodes()) == 1 })
	s.deregister(&registry.Service{Name: s.name, Version: "1.0.0", Nodes: []*registry.Node{{Id: s.name + "-1", Address: "127.0.0.1:8080"}}})
	s.eventually("no node", func() bool { return len(s.nodes()) == 0 })
	s.deregister(s.service("1"))
}

func unknown(s *suite) {
	services, err := s.reg.GetService(s.name)
	if len(services) > 0 {
		s.Errorf("found %v", services)
	}
	switch {
	case s.caps.Silent && err != nil:
		s.Errorf("GetService: %v, want silence", err)
	case !s.caps.Silent && !errors.Is(err, registry.ErrNotFound):
		s.Errorf("GetService: %v, want %v", err, registry.ErrNotFound)
	}
}

func listed(s *suite) {
	second := s.service("2")
	s.register(s.service("1"))
	s.register(second)
	var mine []*registry.Service
	s.eventually("the service in the listing", func() bool {
		all, err := s.reg.ListServices()
		if err != nil {
			s.Fatalf("ListServices: %v", err)
		}
		mine = slices.DeleteFunc(slices.Clone(all), func(x *registry.Service) bool { return x.Name != s.name })
		return len(mine) > 0 && (s.caps.NamesOnly || len(mine[0].Nodes) == 2)
	})
	if len(mine) != 1 {
		s.Errorf("listed %d times", len(mine))
	}
	if !s.caps.NamesOnly && mine[0].Version != "1.0.0" {
		s.Errorf("listed with version %q", mine[0].Version)
	}
}

func refused(s *suite) {
	noNodes, noName, noID, noAddress, control := s.service("1"), s.service("1"), s.service("1"), s.service("1"), s.service("1")
	noNodes.Nodes = nil
	noName.Name = ""
	noID.Nodes[0].Id = ""
	noAddress.Nodes[0].Address = ""
	control.Nodes[0].Address = "127.0.0.1:80\r\n"
	for what, service := range map[string]*registry.Service{
		"nil": nil, "no nodes": noNodes, "no name": noName, "a node without id": noID,
		"a node without address": noAddress, "an address with control characters": control,
	} {
		if err := s.reg.Register(service); !errors.Is(err, registry.ErrInvalid) {
			s.Errorf("Register of %s: %v, want %v", what, err, registry.ErrInvalid)
		}
	}
	if len(s.nodes()) != 0 {
		s.Errorf("found %v", s.nodes())
	}
}

func concurrent(s *suite) {
	const callers = 100
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			id := fmt.Sprint(i % 10)
			if err := s.reg.Register(s.service(id), registry.RegisterTTL(time.Minute)); err != nil {
				s.Errorf("Register: %v", err)
			}
			if _, err := s.reg.GetService(s.name); err != nil {
				s.Errorf("GetService: %v", err)
			}
			if _, err := s.reg.ListServices(); err != nil {
				s.Errorf("ListServices: %v", err)
			}
		})
	}
	group.Wait()
	s.eventually("ten nodes", func() bool { return len(s.nodes()) == 10 })
	for i := range callers {
		group.Go(func() {
			if err := s.reg.Deregister(s.service(fmt.Sprint(i % 10))); err != nil {
				s.Errorf("Deregister: %v", err)
			}
		})
	}
	group.Wait()
	s.eventually("no node", func() bool { return len(s.nodes()) == 0 })
}

func options(s *suite) {
	if err := s.reg.Init(registry.Timeout(time.Second)); err != nil {
		s.Errorf("Init: %v", err)
	}
	if got := s.reg.Options().Timeout; got != time.Second {
		s.Errorf("Options().Timeout = %v after Init", got)
	}
	if s.reg.String() == "" {
		s.Error("String is empty")
	}
}
