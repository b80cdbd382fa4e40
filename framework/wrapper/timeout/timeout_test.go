package timeout_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/wrapper/timeout"
	"github.com/microtop/microtop/framework/wrapper/wrappertest"
)

func TestConformance(t *testing.T) {
	wrappertest.Run(t, func(*testing.T) wrappertest.Wrappers {
		return wrappertest.Wrappers{Client: timeout.NewClientWrapper(timeout.Default(time.Minute)), Handler: timeout.NewHandlerWrapper(timeout.Default(time.Minute))}
	})
}

func slow(ctx context.Context, w *wrappertest.World, opts ...client.CallOption) (int32, time.Duration) {
	began := time.Now()
	err := w.Client.Call(ctx, w.Client.NewRequest(fleet.Service, "Greeter.Slow", &fleet.FailRequest{DelayMs: 600}), new(fleet.Empty), opts...)
	return errs.FromError(err).GetCode(), time.Since(began)
}

func TestCallsAreBounded(t *testing.T) {
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{
		Client: timeout.NewClientWrapper(timeout.Default(time.Minute), timeout.Endpoint("Greeter.Slow", 100*time.Millisecond)),
	}})
	long, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for _, c := range []struct {
		name     string
		ctx      context.Context
		opts     []client.CallOption
		code     int32
		at, most time.Duration
	}{
		{"no deadline of the caller's", t.Context(), nil, 408, 90 * time.Millisecond, 550 * time.Millisecond},
		{"a later one of the caller's", long, nil, 408, 90 * time.Millisecond, 550 * time.Millisecond},
		{"an earlier one of the caller's", short, nil, 408, 0, 90 * time.Millisecond},
		{"the call's own option", t.Context(), []client.CallOption{client.WithRequestTimeout(time.Minute)}, 0, 600 * time.Millisecond, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			if code, took := slow(c.ctx, w, c.opts...); code != c.code || took < c.at || took > c.most {
				t.Errorf("code %d after %v", code, took)
			}
		})
	}
}

func TestStreamsAreBounded(t *testing.T) {
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{Client: timeout.NewClientWrapper(timeout.Endpoint("Streamer.Count", 200*time.Millisecond))}})
	began := time.Now()
	_, err := w.Count(t.Context(), &fleet.CountRequest{From: 1, To: 1 << 40, DelayMs: 10})
	if took := time.Since(began); err == nil || errors.Is(err, io.EOF) || took < 150*time.Millisecond || took > 2*time.Second {
		t.Errorf("after %v: %v", took, err)
	}
}

func TestHandlersAreBounded(t *testing.T) {
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{Handler: timeout.NewHandlerWrapper(timeout.Endpoint("Greeter.Slow", 50*time.Millisecond))}})
	if code, took := slow(t.Context(), w); code != 408 || took > 550*time.Millisecond {
		t.Errorf("code %d after %v", code, took)
	}
}

func TestAnEndpointMayHaveNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		serve := timeout.NewHandlerWrapper(timeout.Default(time.Second), timeout.Endpoint("A.B", 0))(
			func(ctx context.Context, _ server.Request, _ any) error {
				if _, ok := ctx.Deadline(); ok {
					return errors.New("a deadline")
				}
				return nil
			})
		if err := serve(t.Context(), request{endpoint: "A.B"}, nil); err != nil {
			t.Error(err)
		}
	})
}

func Example() {
	// In a service: micro.NewService(micro.WrapHandler(timeout.NewHandlerWrapper(…)), micro.WrapClient(timeout.NewClientWrapper(…)))
	serve := timeout.NewHandlerWrapper(timeout.Default(time.Minute), timeout.Endpoint("Report.Make", time.Millisecond))(
		func(ctx context.Context, _ server.Request, _ any) error {
			<-ctx.Done()
			return ctx.Err()
		})
	fmt.Println(serve(context.Background(), request{endpoint: "Report.Make"}, nil))
	// Output: context deadline exceeded
}

// request is a request for an endpoint.
type request struct {
	server.Request
	endpoint string
}

func (r request) Endpoint() string { return r.endpoint }
