// Package backoff says how long to wait before trying again. Start with [Wait].
package backoff

import (
	"context"
	"math"
	"time"
)

const (
	unit       = 100 * time.Millisecond
	longest    = 120 * time.Second
	exactUntil = 13 // from the attempt after this one on, longest
)

// Exponential is v4's wait before the given attempt, counted from zero (docs/wire.md §11.2): the whole part of
// attempt^e times 100 ms, that is 0, 100 ms, 600 ms, 1.9 s, 4.3 s, …, and 120 s beyond the thirteenth.
func Exponential(attempt int) time.Duration {
	switch {
	case attempt <= 0:
		return 0
	case attempt > exactUntil:
		return longest
	default:
		return time.Duration(math.Pow(float64(attempt), math.E)) * unit
	}
}

// Wait waits Exponential(attempt), or until ctx ends, whose error it then returns.
func Wait(ctx context.Context, attempt int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d := Exponential(attempt)
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
