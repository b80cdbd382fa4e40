package retry_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/wrapper/retry"
	"github.com/microtop/microtop/framework/wrapper/wrappertest"
)

func TestConformance(t *testing.T) {
	wrappertest.Run(t, func(*testing.T) wrappertest.Wrappers {
		return wrappertest.Wrappers{Client: retry.NewClientWrapper()}
	})
}

// stub makes attempts as a client does: as often as the call's options allow.
type stub struct {
	client.Client
	err      error
	attempts int
}

func (s *stub) Call(ctx context.Context, req client.Request, _ any, opts ...client.CallOption) error {
	o := client.CallOptions{Retries: 3, Retry: client.RetryAlways}
	for _, set := range opts {
		set(&o)
	}
	for n := range o.Retries + 1 {
		s.attempts++
		if s.err == nil || o.Retry == nil || n == o.Retries {
			break
		}
		if again, err := o.Retry(ctx, req, n, s.err); !again || err != nil {
			break
		}
	}
	return s.err
}

// A service that is down for 30 s at 300 calls a second is asked 1.1 times as often, and ten times a second more.
func TestR18_RetryStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const seconds, rate = 30, 300
		s := &stub{err: errs.New("shop", "down", 503)}
		c := retry.NewClientWrapper()(s)
		for range seconds * rate {
			if err := c.Call(t.Context(), nil, nil); !errors.Is(err, s.err) {
				t.Fatal(err)
			}
			time.Sleep(time.Second / rate)
		}
		calls := seconds * rate
		most := int(1.1*float64(calls)) + 10*seconds + 10
		t.Logf("R-18: %d calls, %d attempts, %.2f a call (limit %d)", calls, s.attempts, float64(s.attempts)/float64(calls), most)
		if s.attempts > most || s.attempts < calls+10*seconds {
			t.Errorf("%d attempts, want between %d and %d", s.attempts, calls+10*seconds, most)
		}
	})
}

func TestWhatDidNotRunCostsNothing(t *testing.T) {
	s := &stub{err: kept{errors.New("draining")}}
	c := retry.NewClientWrapper(retry.Ratio(0), retry.PerSecond(0))(s)
	if err := c.Call(t.Context(), nil, nil); err == nil || s.attempts != 4 {
		t.Errorf("%d attempts, %v", s.attempts, err)
	}
}

type kept struct{ error }

func (kept) NotRun() bool { return true }

func TestTheCallsOwnRetryDecidesFirst(t *testing.T) {
	for name, opt := range map[string]client.CallOption{
		"never": client.WithRetry(func(context.Context, client.Request, int, error) (bool, error) { return false, nil }),
		"none":  client.WithRetry(nil),
		"fails": client.WithRetry(func(context.Context, client.Request, int, error) (bool, error) { return true, errors.New("no") }),
	} {
		s := &stub{err: errors.New("down")}
		_ = retry.NewClientWrapper()(s).Call(t.Context(), nil, nil, opt)
		if s.attempts != 1 {
			t.Errorf("%s: %d attempts", name, s.attempts)
		}
	}
}

func TestBudgetIsSavedUpForTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{}
		c := retry.NewClientWrapper()(s)
		_ = c.Call(t.Context(), nil, nil)
		time.Sleep(time.Hour)
		s.err, s.attempts = errors.New("down"), 0
		for range 200 {
			_ = c.Call(t.Context(), nil, nil)
		}
		if retries := s.attempts - 200; retries < 100 || retries > 121 { // 100 saved, 20 earned
			t.Errorf("%d retries", retries)
		}
	})
}

// Broken counts how often it is called, and fails.
type Broken struct{ calls atomic.Int64 }

// Call fails.
func (b *Broken) Call(context.Context, *fleet.Empty, *fleet.Empty) error {
	b.calls.Add(1)
	return errs.InternalServerError("broken", "down")
}

func TestWithTheRealClient(t *testing.T) {
	b := new(Broken)
	w := wrappertest.New(t, wrappertest.Config{
		Wrappers: wrappertest.Wrappers{Client: retry.NewClientWrapper(retry.PerSecond(1), retry.Ratio(0))},
		Handlers: []any{b}, Client: []client.Option{client.Retries(3), client.Backoff(nil)},
	})
	for range 20 {
		_ = w.Client.Call(t.Context(), w.Client.NewRequest(fleet.Service, "Broken.Call", &fleet.Empty{}), new(fleet.Empty), client.Idempotent())
	}
	if n := b.calls.Load(); n < 21 || n > 23 {
		t.Errorf("20 calls became %d, want one retry or, on a slow machine, a second's worth", n)
	}
}

func Example() {
	// In a service: micro.NewService(micro.WrapClient(retry.NewClientWrapper()))
	s := &stub{err: errors.New("down")}
	c := retry.NewClientWrapper(retry.Ratio(0), retry.PerSecond(2))(s)
	for range 3 {
		_ = c.Call(context.Background(), nil, nil)
	}
	fmt.Println("attempts:", s.attempts)
	// Output: attempts: 5
}
