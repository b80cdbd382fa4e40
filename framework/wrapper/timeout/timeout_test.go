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

// slow calls an endpoint that answers after a delay.
func slow(ctx context.Context, w *wrappertest.World, delay time.Duration, opts ...client.CallOption) (int32, time.Duration) {
	began := time.Now()
	err := w.Client.Call(ctx, w.Client.NewRequest(fleet.Service, "Greeter.Slow", &fleet.FailRequest{DelayMs: delay.Milliseconds()}), new(fleet.Empty), opts...)
	return errs.FromError(err).GetCode(), time.Since(began)
}

// late is the delay of an answer that nobody waits for, and longer than a busy machine takes for anything.
const late = 20 * time.Second

func TestCallsAreBounded(t *testing.T) {
	const short, long = 100 * time.Millisecond, time.Minute
	for _, c := range []struct {
		name          string
		bound, caller time.Duration // zero: the caller has no deadline
		opts          []client.CallOption
		delay         time.Duration
		code          int32
	}{
		{"no deadline of the caller's", short, 0, nil, late, 408},
		{"a later one of the caller's", short, long, nil, late, 408},
		{"an earlier one of the caller's", long, short, nil, late, 408},
		{"the call's own option", short, 0, []client.CallOption{client.WithRequestTimeout(long)}, 3 * short, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{
				Client: timeout.NewClientWrapper(timeout.Default(2*long), timeout.Endpoint("Greeter.Slow", c.bound)),
			}})
			ctx := t.Context()
			if c.caller > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, c.caller)
				defer cancel()
			}
			if code, took := slow(ctx, w, c.delay, c.opts...); code != c.code || took < short*9/10 || took > late/2 {
				t.Errorf("code %d after %v", code, took)
			}
		})
	}
}

func TestStreamsAreBounded(t *testing.T) {
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{Client: timeout.NewClientWrapper(timeout.Endpoint("Streamer.Count", 200*time.Millisecond))}})
	began := time.Now()
	_, err := w.Count(t.Context(), &fleet.CountRequest{From: 1, To: 1 << 40, DelayMs: 10})
	if took := time.Since(began); err == nil || errors.Is(err, io.EOF) || took < 150*time.Millisecond || took > late/2 {
		t.Errorf("after %v: %v", took, err)
	}
}

func TestHandlersAreBounded(t *testing.T) {
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{Handler: timeout.NewHandlerWrapper(timeout.Endpoint("Greeter.Slow", 50*time.Millisecond))}})
	if code, took := slow(t.Context(), w, late, client.WithRequestTimeout(2*late)); code != 408 || took > late/2 {
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
