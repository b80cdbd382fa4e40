package backoff_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/microtop/microtop/framework/internal/backoff"
)

func TestExponential(t *testing.T) {
	want := map[int]time.Duration{
		-1: 0, 0: 0, 1: 100 * time.Millisecond, 2: 600 * time.Millisecond, 3: 1900 * time.Millisecond,
		4: 4300 * time.Millisecond, 5: 7900 * time.Millisecond, 13: 106600 * time.Millisecond, 14: 2 * time.Minute, 1 << 30: 2 * time.Minute,
	}
	for attempt, d := range want {
		if got := backoff.Exponential(attempt); got != d {
			t.Errorf("Exponential(%d) = %v, want %v", attempt, got, d)
		}
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := backoff.Wait(t.Context(), 2); err != nil || time.Since(start) != 600*time.Millisecond {
			t.Errorf("waited %v: %v", time.Since(start), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		if err := backoff.Wait(ctx, 3); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("waited %v: %v", time.Since(start), err)
		}
		if err := backoff.Wait(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an ended context: %v", err)
		}
	})
}
