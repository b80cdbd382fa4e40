package registrytest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/registry"
)

// expect fetches results until one is not a repetition of the last action, and holds it against action and node.
func (s *suite) expect(w registry.Watcher, last, action, id string) {
	s.Helper()
	result := s.next(w)
	for last != "" && result.Action == last {
		result = s.next(w)
	}
	alike := result.Action == action || !s.caps.Updates && action == "update" && result.Action == "create"
	if !alike || result.Service == nil || result.Service.Name != s.name || len(result.Service.Nodes) != 1 || result.Service.Nodes[0].Id != s.name+"-"+id {
		s.Fatalf("got %s of %+v, want %s of node %s", result.Action, result.Service, action, id)
	}
}

func watched(s *suite) {
	w := s.watch(registry.WatchService(s.name))
	s.register(s.service("1"))
	s.expect(w, "", "create", "1")
	if s.caps.Updates {
		changed := s.service("1")
		changed.Nodes[0].Metadata["zone"] = "b"
		s.register(changed)
		s.expect(w, "create", "update", "1")
		s.deregister(s.service("1"))
		s.expect(w, "update", "delete", "1")
		return
	}
	s.deregister(s.service("1"))
	s.expect(w, "create", "delete", "1")
}

func watchedOne(s *suite) {
	w := s.watch(registry.WatchService(s.name))
	everything := s.watch()
	other := s.service("1")
	other.Name += ".other"
	s.register(other)
	for s.next(everything).Service.Name != other.Name { // so the other one's event is out
	}
	s.register(s.service("1"))
	s.expect(w, "", "create", "1")
}

func watchedTTL(s *suite) {
	s.needsTTL()
	w := s.watch(registry.WatchService(s.name))
	s.register(s.service("1"), registry.RegisterTTL(shortTTL))
	s.expect(w, "", "create", "1")
	s.expect(w, "create", "delete", "1")
}

func watcherStops(s *suite) {
	w := s.watch()
	ended := make(chan error, 1)
	go func() {
		for {
			if _, err := w.Next(); err != nil {
				ended <- err
				return
			}
		}
	}()
	var group sync.WaitGroup
	for range 4 {
		group.Go(w.Stop)
	}
	group.Wait()
	w.Stop()
	s.ends(ended)
	if _, err := w.Next(); !errors.Is(err, registry.ErrWatcherStopped) {
		s.Errorf("Next after Stop: %v, want %v", err, registry.ErrWatcherStopped)
	}
}

func watcherContext(s *suite) {
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	w := s.watch(registry.WatchContext(ctx))
	ended := make(chan error, 1)
	go func() {
		for {
			if _, err := w.Next(); err != nil {
				ended <- err
				return
			}
		}
	}()
	cancel()
	s.ends(ended)
}

func (s *suite) ends(ended <-chan error) {
	s.Helper()
	select {
	case err := <-ended:
		if !errors.Is(err, registry.ErrWatcherStopped) {
			s.Errorf("Next: %v, want %v", err, registry.ErrWatcherStopped)
		}
	case <-time.After(s.caps.Within):
		s.Fatalf("Next did not end within %v", s.caps.Within)
	}
}
