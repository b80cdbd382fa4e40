package gobreaker_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	breaker "github.com/sony/gobreaker/v2"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/wrapper/breaker/gobreaker"
	"github.com/microtop/microtop/framework/wrapper/wrappertest"
)

func TestConformance(t *testing.T) {
	for name, wrappers := range map[string]func() wrappertest.Wrappers{
		"client": func() wrappertest.Wrappers { return wrappertest.Wrappers{Client: gobreaker.NewClientWrapper()} },
		"call": func() wrappertest.Wrappers {
			return wrappertest.Wrappers{Call: gobreaker.NewCallWrapper(breaker.Settings{})}
		},
	} {
		t.Run(name, func(t *testing.T) {
			wrappertest.Run(t, func(*testing.T) wrappertest.Wrappers { return wrappers() })
		})
	}
}

// after is settings that open after n failures in a row.
func after(n uint32) breaker.Settings {
	return breaker.Settings{Timeout: time.Minute, ReadyToTrip: func(c breaker.Counts) bool { return c.ConsecutiveFailures >= n }}
}

func TestA293_AServiceThatFailsIsLeftAlone(t *testing.T) {
	for _, c := range []struct {
		name     string
		method   gobreaker.BreakerMethod
		othersOK bool
	}{{"by service", gobreaker.BreakService, false}, {"by endpoint", gobreaker.BreakServiceEndpoint, true}} {
		t.Run(c.name, func(t *testing.T) {
			w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{Client: gobreaker.NewCustomClientWrapper(after(3), c.method)}})
			for range 3 {
				if e := errs.FromError(w.Fail(t.Context(), &fleet.FailRequest{Kind: "panic"})); e.GetCode() != 500 {
					t.Errorf("error %v", e)
				}
			}
			err := w.Fail(t.Context(), &fleet.FailRequest{})
			if e := errs.FromError(err); e.GetCode() != 502 || e.GetId() != fleet.Service || !errors.Is(err, breaker.ErrOpenState) || !client.NotRun(err) {
				t.Errorf("an open breaker: %v", err)
			}
			if _, err := w.Hello(t.Context(), "x"); (err == nil) != c.othersOK {
				t.Errorf("another endpoint: %v", err)
			}
		})
	}
}

func TestWhatCounts(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		open bool
	}{
		{"success", nil, false},
		{"404", errs.NotFound("x", "no"), false},
		{"429", errs.New("x", "busy", 429), false},
		{"408", errs.Timeout("x", "late"), true},
		{"500", errs.InternalServerError("x", "broken"), true},
		{"no code", errors.New("broken"), true},
		{"given up by the caller", context.Canceled, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			wrapped := gobreaker.NewCustomClientWrapper(after(1), gobreaker.BreakService)(&stub{err: c.err})
			call := func() error { return wrapped.Call(t.Context(), client.NewRequest("shop", "A.B", nil), nil) }
			if err := call(); !errors.Is(err, c.err) {
				t.Errorf("error %v, want %v", err, c.err)
			}
			if err := call(); errors.Is(err, breaker.ErrOpenState) != c.open {
				t.Errorf("the next call: %v, want open %v", err, c.open)
			}
		})
	}
}

func TestAPanicCountsAndLeavesTheBreakerUsable(t *testing.T) {
	s := &stub{panics: true}
	wrapped := gobreaker.NewCustomClientWrapper(after(2), gobreaker.BreakService)(s)
	call := func() (err error) {
		defer func() {
			if recover() != nil {
				err = errors.New("panicked")
			}
		}()
		return wrapped.Call(t.Context(), client.NewRequest("shop", "A.B", nil), nil)
	}
	_, _ = call(), call()
	if err := call(); !errors.Is(err, breaker.ErrOpenState) {
		t.Errorf("after two panics: %v", err)
	}
}

func TestItClosesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{err: errs.InternalServerError("x", "broken")}
		wrap := gobreaker.NewCustomClientWrapper(after(1), gobreaker.BreakService)
		call := func() error { // wrapped anew, as a service does after Init: the state stays
			return wrap(s).Call(t.Context(), client.NewRequest("shop", "A.B", nil), nil)
		}
		_ = call()
		s.err = nil
		if err := call(); !errors.Is(err, breaker.ErrOpenState) {
			t.Errorf("open: %v", err)
		}
		time.Sleep(time.Minute + time.Second)
		for range 3 {
			if err := call(); err != nil {
				t.Errorf("after a minute: %v", err)
			}
		}
	})
}

// One node that fails is left out; the calls go to the other, also when they may not run twice.
func TestANodeThatFailsIsLeftAlone(t *testing.T) {
	w := wrappertest.New(t, wrappertest.Config{
		Wrappers: wrappertest.Wrappers{Call: gobreaker.NewCallWrapper(after(1))},
		Client:   []client.Option{client.Retries(3), client.WrapCall(failing("sick"))},
	})
	sick := &registry.Service{Name: fleet.Service, Version: "latest", Nodes: []*registry.Node{{Id: "sick", Address: w.Server.Options().Address, Metadata: map[string]string{"protocol": "mucp"}}}}
	if err := w.Registry.Register(sick); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for range 50 {
		// Round robin, and marks forgotten, so that the selector alone would keep calling it.
		if _, err := w.Hello(t.Context(), "x", client.WithSelectOption(selector.WithStrategy(selector.RoundRobin))); err != nil {
			failed++
		}
		w.Client.Options().Selector.Reset(fleet.Service)
	}
	if failed != 1 {
		t.Errorf("%d calls of 50 failed, want the one that opened the breaker", failed)
	}
}

// failing is a call wrapper that fails a node's calls.
func failing(node string) client.CallWrapper {
	return func(next client.CallFunc) client.CallFunc {
		return func(ctx context.Context, n *registry.Node, req client.Request, rsp any, opts client.CallOptions) error {
			if n.Id == node {
				return errs.InternalServerError(node, "sick")
			}
			return next(ctx, n, req, rsp, opts)
		}
	}
}

func TestBreakersAreBounded(t *testing.T) {
	call := gobreaker.NewCallWrapper(after(1))(func(context.Context, *registry.Node, client.Request, any, client.CallOptions) error {
		return errs.InternalServerError("x", "broken")
	})
	req := client.NewRequest("shop", "A.B", nil)
	try := func(node string) error {
		return call(t.Context(), &registry.Node{Id: node}, req, nil, client.CallOptions{})
	}
	_ = try("first")
	for i := range 4096 {
		_ = try(fmt.Sprint(i))
	}
	if err := try("4095"); !errors.Is(err, breaker.ErrOpenState) {
		t.Errorf("a node just called was forgotten: %v", err)
	}
	if err := try("first"); errors.Is(err, breaker.ErrOpenState) {
		t.Error("the node called longest ago was not forgotten")
	}
}

// stub is a client that ends each call the same way.
type stub struct {
	client.Client
	err    error
	panics bool
}

func (s *stub) Call(context.Context, client.Request, any, ...client.CallOption) error {
	if s.panics {
		panic("stub")
	}
	return s.err
}

func Example() {
	// In a service: micro.NewService(micro.WrapCall(gobreaker.NewCallWrapper(breaker.Settings{})))
	c := gobreaker.NewClientWrapper()(&stub{err: errors.New("connection refused")})
	for range 7 {
		fmt.Println(c.Call(context.Background(), client.NewRequest("shop", "Orders.Place", nil), nil))
	}
	// Output:
	// connection refused
	// connection refused
	// connection refused
	// connection refused
	// connection refused
	// connection refused
	// {"id":"shop","code":502,"detail":"circuit breaker is open","status":"Bad Gateway"}
}
