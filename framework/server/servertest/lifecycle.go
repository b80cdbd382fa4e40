package servertest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

func events(t *testing.T, w *world) {
	got := make(chan string, 4)
	subscribe := func(_ context.Context, e *fleet.Event) error {
		got <- e.GetId()
		return nil
	}
	if err := w.server.Subscribe(w.server.NewSubscriber("fleet.events", subscribe)); err != nil {
		t.Fatal(err)
	}
	w.started(t)
	if err := w.client.Publish(t.Context(), w.client.NewMessage("fleet.events", &fleet.Event{Id: "e1"})); err != nil {
		t.Fatal(err)
	}
	select {
	case id := <-got:
		if id != "e1" {
			t.Errorf("event %q", id)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("no event within 5 s")
	}
}

// Gate is a handler whose calls last until it is open.
type Gate struct {
	entered chan struct{} // told of each call
	open    chan struct{}
}

// Pass waits until the gate is open.
func (g *Gate) Pass(context.Context, *fleet.Empty, *fleet.Empty) error {
	g.entered <- struct{}{}
	<-g.open
	return nil
}

func drains(t *testing.T, w *world) {
	gate := &Gate{entered: make(chan struct{}, 2), open: make(chan struct{})}
	open := sync.OnceFunc(func() { close(gate.open) })
	defer open()
	if err := w.server.Handle(w.server.NewHandler(gate)); err != nil {
		t.Fatal(err)
	}
	w.started(t)
	if err := w.call(t.Context(), "Greeter.Hello", &fleet.HelloRequest{}, &fleet.HelloResponse{}); err != nil {
		t.Fatal(err)
	}
	running := make(chan error, 1)
	go func() {
		running <- w.call(t.Context(), "Gate.Pass", &fleet.Empty{}, &fleet.Empty{})
	}()
	select {
	case <-gate.entered:
	case err := <-running:
		t.Fatalf("a call of a running server: %v", err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- w.server.Stop() }()
	until(t, "deregistered", func() bool {
		found, err := w.registry.GetService(fleet.Service)
		return errors.Is(err, registry.ErrNotFound) || len(found) == 0
	})
	open()
	if err := <-running; err != nil {
		t.Errorf("the call that ran when Stop was called: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
	if err := w.call(t.Context(), "Greeter.Hello", &fleet.HelloRequest{}, &fleet.HelloResponse{}, client.WithRetries(0)); err == nil {
		t.Error("a call to a stopped server: no error")
	}
	if err := w.server.Stop(); err != nil {
		t.Errorf("the second Stop: %v", err)
	}
}

func restarts(t *testing.T, w *world) {
	for i := range 20 {
		w.started(t)
		w.started(t)
		if i%5 == 0 {
			until(t, "a call", func() bool {
				return w.call(t.Context(), "Greeter.Hello", &fleet.HelloRequest{}, &fleet.HelloResponse{}) == nil
			})
			if c, ok := w.client.(interface{ Close() error }); ok {
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			}
		}
		if err := w.server.Stop(); err != nil {
			t.Fatalf("stop %d: %v", i, err)
		}
	}
}
