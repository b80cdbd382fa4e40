package client_test

import (
	"context"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// Hop sleeps and calls on, as often as it is asked to.
type Hop struct{ client client.Client }

// Left tells how many milliseconds the last hop has.
func (h *Hop) Left(ctx context.Context, req *fleet.CountRequest, rsp *fleet.Total) error {
	if req.GetFrom() == req.GetTo() {
		at, ok := ctx.Deadline()
		if ok {
			rsp.N = time.Until(at).Milliseconds()
		}
		return nil
	}
	time.Sleep(200 * time.Millisecond)
	return h.client.Call(ctx, h.client.NewRequest(fleet.Service, "Hop.Left", &fleet.CountRequest{From: req.GetFrom() + 1, To: req.GetTo()}), rsp)
}

// A calls B with 300 ms, B sleeps 200 and calls C, which has at most 100 ms left.
func TestR20_ADeadlineShrinksOnItsWay(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	c := w.client()
	w.serve(&Hop{c})
	rsp := new(fleet.Total)
	err := c.Call(t.Context(), c.NewRequest(fleet.Service, "Hop.Left", &fleet.CountRequest{From: 0, To: 1}), rsp, client.WithRequestTimeout(300*time.Millisecond))
	if err != nil {
		t.Skipf("not run: the machine is too busy to keep 300 ms: %v", err)
	}
	t.Logf("left at the second hop: %d ms, limit 100", rsp.GetN())
	if rsp.GetN() <= 0 || rsp.GetN() > 100 {
		t.Errorf("the second hop has %d ms, want at most 100", rsp.GetN())
	}
	began := time.Now()
	err = c.Call(t.Context(), c.NewRequest(fleet.Service, "Hop.Left", &fleet.CountRequest{From: 0, To: 9}), rsp, client.WithRequestTimeout(300*time.Millisecond))
	if took := time.Since(began); err == nil || took > 2*time.Second {
		t.Errorf("nine hops ended after %v with %v", took, err)
	}
}
