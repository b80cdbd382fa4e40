package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Load is what callers do for a time.
type Load struct {
	// Scenario is a key of scenarios.
	Scenario string `json:"scenario"`
	// Bytes is the encoded size of each message.
	Bytes int `json:"bytes"`
	// Callers run at once, each with one call or one stream at a time.
	Callers int `json:"callers"`
	// For is how long, unless Ops says how many operations there are to be in all.
	For time.Duration `json:"for"`
	Ops int           `json:"ops,omitempty"`
}

// Outcome is what came of a load.
type Outcome struct {
	// Ops are the calls answered rightly, or the messages received rightly.
	Ops int `json:"ops"`
	// Wrong are the answers that were not what was asked for; Failed are the errors, and First is one of them.
	Wrong  int    `json:"wrong"`
	Failed int    `json:"failed"`
	First  string `json:"first,omitempty"`
	// Took is the time from the first call to the last answer; P50 and P99 are of single operations, if they were timed.
	Took time.Duration `json:"took"`
	P50  time.Duration `json:"p50"`
	P99  time.Duration `json:"p99"`
}

// scenario is what one caller does until t.over().
type scenario func(ctx context.Context, c Caller, l Load, t *tally) error

var scenarios = map[string]scenario{"unary": unary, "download": download, "exchange": exchange}

// tally is one caller's count.
type tally struct {
	ops, wrong, failed int
	first              error
	times              []time.Duration
	stop               *atomic.Bool
	left               *atomic.Int64 // operations to be made in all; nil without a limit
}

// over reports whether the caller is to end.
func (t *tally) over() bool {
	return t.stop.Load() || t.left != nil && t.left.Add(-1) < 0
}

// right counts an operation that took so long; zero was not timed.
func (t *tally) right(took time.Duration) {
	t.ops++
	if took > 0 {
		t.times = append(t.times, took)
	}
}

// fail counts an error and reports whether the caller should give up.
func (t *tally) fail(err error) bool {
	t.failed++
	if t.first == nil {
		t.first = err
	}
	return t.failed >= mostFailures
}

// mostFailures is how many errors a caller makes before it gives up.
const mostFailures = 100

// overtime is how long a load may last beyond its time.
const overtime = 20 * time.Second

// run puts a load on a client.
func run(ctx context.Context, c Caller, l Load) (Outcome, error) {
	act, ok := scenarios[l.Scenario]
	if !ok {
		return Outcome{}, fmt.Errorf("no scenario is named %q", l.Scenario)
	}
	ctx, cancel := context.WithTimeout(ctx, l.For+overtime)
	defer cancel()
	var stop atomic.Bool
	var left *atomic.Int64
	if l.Ops > 0 {
		left = new(atomic.Int64)
		left.Store(int64(l.Ops))
	} else {
		defer time.AfterFunc(l.For, func() { stop.Store(true) }).Stop()
	}
	tallies := make([]tally, l.Callers)
	var group sync.WaitGroup
	start := time.Now()
	for i := range tallies {
		t := &tallies[i]
		t.stop, t.left = &stop, left
		group.Go(func() {
			if err := act(ctx, c, l, t); err != nil {
				t.fail(err)
			}
		})
	}
	group.Wait()
	return sum(tallies, time.Since(start))
}

// sum adds up what the callers counted.
func sum(tallies []tally, took time.Duration) (Outcome, error) {
	out := Outcome{Took: took}
	var times []time.Duration
	for _, t := range tallies {
		out.Ops += t.ops
		out.Wrong += t.wrong
		out.Failed += t.failed
		times = append(times, t.times...)
		if t.first != nil && out.First == "" {
			out.First = t.first.Error()
		}
	}
	if out.Ops == 0 {
		return out, errors.Join(errors.New("nothing was answered"), errors.New(out.First))
	}
	slices.Sort(times)
	out.P50, out.P99 = percentile(times, 50), percentile(times, 99)
	return out, nil
}
