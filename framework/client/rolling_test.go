package client_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// Three servers are restarted one after the other, twice, under 200 calls a second that may not run twice.
func TestR05_RollingRestartCostsNoCall(t *testing.T) {
	for name, tr := range map[string]transport.Transport{"http": transport.NewHTTPTransport(), "memory": transport.NewMemoryTransport()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tr)
			roll(t, w.client(), []server.Server{w.serve(), w.serve(), w.serve()})
		})
	}
}

// A caller whose view of the registry is old goes on calling nodes that stop: it is refused, or finds nobody there, and
// goes elsewhere.
func TestR05_AnOldViewOfTheRegistryCostsNoCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, transport.NewHTTPTransport())
	view := registry.NewMemoryRegistry()
	var servers []server.Server
	for range 3 {
		s := w.serve()
		servers = append(servers, s)
		if err := s.Init(server.Address(s.Options().Address)); err != nil {
			t.Fatal(err)
		}
	}
	found, err := w.registry.GetService(fleet.Service)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if err := view.Register(f); err != nil {
			t.Fatal(err)
		}
	}
	w.registry = view
	roll(t, w.client(), servers)
}

func roll(t *testing.T, c client.Client, servers []server.Server) {
	var calls, failed atomic.Int64
	done := make(chan struct{})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			tick := time.NewTicker(40 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-done:
					return
				case <-tick.C:
				}
				calls.Add(1)
				if err := hello(t, c); err != nil {
					failed.Add(1)
					t.Errorf("after %d calls: %v", calls.Load(), err)
				}
			}
		})
	}
	for range 2 {
		for _, s := range servers {
			time.Sleep(50 * time.Millisecond)
			if err := s.Stop(); err != nil {
				t.Errorf("stop: %v", err)
			}
			if err := s.Start(); err != nil {
				t.Errorf("start: %v", err)
			}
		}
	}
	close(done)
	group.Wait()
	t.Logf("%d calls, %d failed", calls.Load(), failed.Load())
}
