package client_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// Moody fails while it is told to, and counts.
type Moody struct {
	failing atomic.Bool
	calls   atomic.Int64
}

// Ask answers, or fails with a 500.
func (m *Moody) Ask(context.Context, *fleet.HelloRequest, *fleet.HelloResponse) error {
	m.calls.Add(1)
	if m.failing.Load() {
		return errs.InternalServerError("moody", "not now")
	}
	return nil
}

func TestR18_AFailingFleetIsNotHitTwiceAsHard(t *testing.T) {
	w := newWorld(t, transport.NewMemoryTransport())
	var nodes [3]Moody
	for i := range nodes {
		nodes[i].failing.Store(true)
		w.serve(&nodes[i])
	}
	c := w.client(client.Retries(2), client.Backoff(func(context.Context, client.Request, int) (time.Duration, error) { return 0, nil }))
	ask := func() error {
		req := c.NewRequest(fleet.Service, "Moody.Ask", &fleet.HelloRequest{})
		return c.Call(t.Context(), req, new(fleet.HelloResponse), client.Idempotent())
	}
	const calls = 1000
	began := time.Now()
	for range calls {
		if ask() == nil {
			t.Fatal("it did not fail")
		}
	}
	seen := int64(0)
	for i := range nodes {
		seen += nodes[i].calls.Load()
	}
	most := 1.1*calls + 20 + 10*time.Since(began).Seconds() + 1
	t.Logf("%d calls, %d seen, at most %.0f are let", calls, seen, most)
	if float64(seen) > most {
		t.Errorf("the servers saw %d requests for %d calls", seen, calls)
	}
	for i := range nodes {
		nodes[i].failing.Store(false)
	}
	for range 100 {
		if err := ask(); err != nil {
			t.Errorf("after it: %v", err)
		}
	}
	if retried, err := client.RetrySafe(t.Context(), nil, 0, errs.InternalServerError("x", "y")); retried || err != nil {
		t.Errorf("without a mark: %v, %v", retried, err)
	}
}
