package runtimetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/microtop/microtop/framework/runtime"
)

func shop(version string) *runtime.Service { return &runtime.Service{Name: "shop", Version: version} }

func startedByStart(s *suite) {
	service := s.serve(shop("1"))
	if got := s.status(service); got != "stopped" {
		s.Errorf("status %q before Start, want stopped", got)
	}
	s.start()
	s.wantStatus(service, "running")
}

func startedByCreate(s *suite) {
	s.start()
	s.wantStatus(s.serve(shop("1")), "running")
}

func versions(s *suite) {
	s.serve(shop("1"))
	if err := s.runtime.Create(shop("1"), s.programs.Serve...); !errors.Is(err, runtime.ErrAlreadyExists) {
		s.Errorf("Create = %v, want %v", err, runtime.ErrAlreadyExists)
	}
	s.serve(shop("2"))
	s.wantNames([]string{"shop 1", "shop 2"})
}

func createEnded(s *suite) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	err := s.runtime.Create(shop("1"), slices.Concat(s.programs.Serve, []runtime.CreateOption{runtime.CreateContext(ended)})...)
	if !errors.Is(err, context.Canceled) {
		s.Errorf("Create = %v, want %v", err, context.Canceled)
	}
	s.wantNames(nil)
}

func reads(s *suite) {
	s.serve(shop("1"), runtime.CreateType("web"))
	s.serve(shop("2"), runtime.CreateType("job"))
	s.serve(&runtime.Service{Name: "cart", Version: "1"}, runtime.CreateType("web"))
	s.wantNames([]string{"shop 1", "shop 2", "cart 1"})
	s.wantNames([]string{"shop 1", "shop 2"}, runtime.ReadService("shop"))
	s.wantNames([]string{"shop 1", "cart 1"}, runtime.ReadVersion("1"))
	s.wantNames([]string{"shop 1", "cart 1"}, runtime.ReadType("web"))
	s.wantNames([]string{"shop 2"}, runtime.ReadService("shop"), runtime.ReadType("job"))
}

func readsNothing(s *suite) {
	s.wantNames(nil)
	s.serve(shop("1"))
	s.wantNames(nil, runtime.ReadService("cart"))
}

func notAliased(s *suite) {
	mine := &runtime.Service{Name: "shop", Version: "1", Metadata: map[string]string{"team": "blue"}}
	s.serve(mine)
	mine.Name, mine.Metadata["team"] = "changed", "changed"
	for range 2 {
		got := s.read()
		if len(got) != 1 || got[0].Name != "shop" || got[0].Metadata["team"] != "blue" || got[0].Metadata["status"] == "" {
			s.Fatalf("Read = %+v, want shop of team blue, with a status", got)
		}
		got[0].Name, got[0].Metadata["team"] = "changed", "changed"
	}
}

func updates(s *suite) {
	s.start()
	service := s.serve(shop("1"))
	s.eventually("its line is printed", func() bool { return len(s.printed(service)) == 1 })
	if err := s.runtime.Update(service); err != nil {
		s.Fatalf("Update: %v", err)
	}
	s.eventually("it prints its line again", func() bool { return len(s.printed(service)) == 2 })
	s.wantStatus(service, "running")
}

func updatesNothing(s *suite) {
	service := s.serve(shop("1"))
	if err := s.runtime.Update(service); err != nil {
		s.Errorf("Update: %v", err)
	}
	if got := s.status(service); got != "stopped" {
		s.Errorf("status %q, want stopped", got)
	}
}

func deletes(s *suite) {
	s.start()
	for range 2 {
		service := s.serve(shop("1"))
		s.wantStatus(service, "running")
		if err := s.runtime.Delete(service); err != nil {
			s.Fatalf("Delete: %v", err)
		}
		s.wantNames(nil)
	}
}

func unknown(s *suite) {
	s.serve(shop("1"))
	_, logs := s.runtime.Logs(shop("2"))
	for call, err := range map[string]error{"Update": s.runtime.Update(shop("2")), "Delete": s.runtime.Delete(shop("2")), "Logs": logs} {
		if !errors.Is(err, runtime.ErrNotFound) {
			s.Errorf("%s = %v, want %v", call, err, runtime.ErrNotFound)
		}
	}
}

func namespaces(s *suite) {
	for _, namespace := range []string{"", "east", "west"} {
		s.serve(shop("1"), runtime.CreateNamespace(namespace))
	}
	if err := s.runtime.Delete(shop("1"), runtime.DeleteNamespace("west")); err != nil {
		s.Fatalf("Delete: %v", err)
	}
	if err := s.runtime.Update(shop("1"), runtime.UpdateNamespace("west")); !errors.Is(err, runtime.ErrNotFound) {
		s.Errorf("Update where it was deleted = %v, want %v", err, runtime.ErrNotFound)
	}
	s.wantNames(nil, runtime.ReadNamespace("west"))
	s.wantNames([]string{"shop 1"}, runtime.ReadNamespace("east"))
	s.wantNames([]string{"shop 1"})
	if got := s.read(runtime.ReadNamespace("east"))[0].Metadata["namespace"]; got != "east" {
		s.Errorf("namespace %q in the metadata, want east", got)
	}
}

func concurrent(s *suite) {
	s.start()
	var callers sync.WaitGroup
	for n := range 8 {
		service := &runtime.Service{Name: "shop", Version: fmt.Sprint(n)}
		callers.Go(func() {
			if err := s.runtime.Create(service, s.programs.Serve...); err != nil {
				s.Errorf("Create: %v", err)
			}
			if _, err := s.runtime.Read(); err != nil {
				s.Errorf("Read: %v", err)
			}
			if n%2 == 1 {
				if err := s.runtime.Delete(service); err != nil {
					s.Errorf("Delete: %v", err)
				}
			} else if err := s.runtime.Update(service); err != nil {
				s.Errorf("Update: %v", err)
			}
		})
	}
	callers.Wait()
	s.wantNames([]string{"shop 0", "shop 2", "shop 4", "shop 6"})
	for _, version := range []string{"0", "2", "4", "6"} {
		s.wantStatus(shop(version), "running")
	}
}

func options(s *suite) {
	if err := s.runtime.Init(runtime.WithType("job")); err != nil {
		s.Fatalf("Init: %v", err)
	}
	s.serve(shop("1"))
	s.wantNames([]string{"shop 1"}, runtime.ReadType("job"))
	if s.runtime.String() == "" {
		s.Error("String is empty")
	}
}
