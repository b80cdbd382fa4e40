package client_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// A call ends with its context, whenever that is, and the next call on the client does not end with it.
func TestACancelledCallEndsAtOnce(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	w.serve()
	c := w.client(client.ContentType("application/json"))
	slow := func(ctx context.Context) error {
		return c.Call(ctx, c.NewRequest(fleet.Service, "Greeter.Slow", &fleet.FailRequest{DelayMs: 20_000}), nil)
	}
	for _, after := range []time.Duration{0, time.Millisecond, 6 * time.Millisecond, 30 * time.Millisecond} {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(after, cancel)
		began := time.Now()
		if err := slow(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled after %v: %v", after, err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("cancelled after %v: it took %v", after, took)
		}
		if err := hello(t, c); err != nil {
			t.Errorf("the call after: %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	req := c.NewRequest(fleet.Service, "Greeter.Hello", &fleet.HelloRequest{Name: "Ada"})
	if err := c.Call(ctx, req, nil); err != nil {
		t.Fatal(err)
	}
	cancel() // of a call that is over: its connection goes on
	var reused bool
	err := c.Call(t.Context(), c.NewRequest(fleet.Service, "Greeter.Slow", &fleet.FailRequest{DelayMs: 20}), nil,
		client.OnAttempt(func(a client.Attempt) { reused = a.Reused }))
	if err != nil || !reused {
		t.Errorf("after the context of an earlier call was cancelled: %v, on a kept connection: %v", err, reused)
	}
}
