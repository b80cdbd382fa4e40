// Package load makes many calls at a steady rate and measures how long they take.
//
// Start with [Run]. The load is open: call number n is due at a moment that depends on the rate alone, and its latency
// counts from then. When the service stalls, the calls that could not be sent meanwhile are late, and are counted as
// slow; measuring from when they were at last sent would hide the stall (coordinated omission). How long the service
// itself took is measured too, apart from that.
package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds.
const (
	MaxConcurrency = 1000
	MaxRate        = 100_000
	MaxDuration    = time.Hour
	MaxCount       = 10_000_000
	// kinds is how many kinds of errors are told apart.
	kinds = 20
	// pace is how often progress is told.
	pace = 250 * time.Millisecond
)

// Options say how much load to make.
type Options struct {
	// Rate is calls a second; 0 sends each as soon as one before it is done, which hides stalls.
	Rate float64
	// Concurrency is how many calls may be on their way at once. Default 10.
	Concurrency int
	// Duration and Count end the run, whichever comes first; 0 is no end. Without both it lasts 10 s.
	Duration time.Duration
	Count    int
	// Timeout bounds each call. Default 5 s.
	Timeout time.Duration
}

// Check says what is wrong with options.
func (o Options) Check() error {
	switch {
	case o.Rate < 0 || o.Rate > MaxRate:
		return fmt.Errorf("rate %v: 0 to %d calls a second", o.Rate, MaxRate)
	case o.Concurrency < 0 || o.Concurrency > MaxConcurrency:
		return fmt.Errorf("concurrency %d: 1 to %d", o.Concurrency, MaxConcurrency)
	case o.Duration < 0 || o.Duration > MaxDuration:
		return fmt.Errorf("duration %v: up to %v", o.Duration, MaxDuration)
	case o.Count < 0 || o.Count > MaxCount:
		return fmt.Errorf("count %d: up to %d", o.Count, MaxCount)
	}
	return nil
}

// Modest tells whether the load is small enough to be made without asking: at most 50 calls a second by at most 10 at
// once, and no more than 3,000.
func (o Options) Modest() bool {
	o = o.withDefaults()
	most := o.Rate * o.Duration.Seconds()
	if o.Count > 0 && (o.Duration == 0 || float64(o.Count) < most) {
		most = float64(o.Count)
	}
	return o.Rate > 0 && o.Rate <= 50 && o.Concurrency <= 10 && most <= 3000
}

// String says how much load it is.
func (o Options) String() string {
	o = o.withDefaults()
	text := fmt.Sprintf("%g calls a second", o.Rate)
	if o.Rate == 0 {
		text = "as many calls as it takes"
	}
	text += fmt.Sprintf(", %d at once", o.Concurrency)
	if o.Duration > 0 {
		text += fmt.Sprintf(", for %v", o.Duration)
	}
	if o.Count > 0 {
		text += fmt.Sprintf(", %d at most", o.Count)
	}
	return text
}

func (o Options) withDefaults() Options {
	o.Concurrency = cmp.Or(o.Concurrency, 10)
	o.Timeout = cmp.Or(o.Timeout, 5*time.Second)
	if o.Duration == 0 && o.Count == 0 {
		o.Duration = 10 * time.Second
	}
	return o
}

// Outcome is how one call went. Kind is empty where all was well, else a short text that is the same for calls that
// failed alike.
type Outcome struct {
	Kind  string
	Bytes int
}

// Failure is a kind of error and how often it came.
type Failure struct {
	Kind  string
	Count uint64
}

// Report is what came of a load, so far or in the end.
type Report struct {
	Elapsed time.Duration
	// Done is Good plus Failed. Running are on their way; Late were due and not sent when the run ended.
	Done, Good, Failed uint64
	Running, Late      int
	Bytes              uint64
	// Latency counts from when each call was due, Service from when it was sent. Both have the good and the failed.
	Latency, Service Histogram
	// Failures, the most frequent first.
	Failures []Failure
	// Ended: there will be no more.
	Ended bool
}

// Rate is calls done a second.
func (r *Report) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Done) / r.Elapsed.Seconds()
}

// Run makes the load by calling do, and tells of its progress, if that is not nil, a few times a second, from one
// goroutine. It returns when all calls ended. The end of ctx ends it early, which is no error.
func Run(ctx context.Context, o Options, do func(context.Context) Outcome, progress func(*Report)) (*Report, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	r := &run{options: o, do: do, start: time.Now(), failures: map[string]uint64{}}
	// Calls that are late when the time is up are not sent for ever.
	if o.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.Duration+o.Timeout, errOver)
		defer cancel()
	}
	var workers sync.WaitGroup
	for range o.Concurrency {
		workers.Go(func() { r.work(ctx) })
	}
	done := make(chan struct{})
	var teller sync.WaitGroup
	if progress != nil {
		teller.Go(func() { r.tell(done, progress) })
	}
	workers.Wait()
	close(done)
	teller.Wait()
	last := r.report()
	last.Ended = true
	if o.Rate > 0 && context.Cause(ctx) == errOver { //nolint:errorlint // our own value
		last.Late = max(int(o.Duration.Seconds()*o.Rate)-int(last.Done), 0) //nolint:gosec // bounded by MaxRate and MaxDuration
	}
	return last, nil
}

var errOver = errors.New("the time is up")

// run is a load under way.
type run struct {
	options Options
	do      func(context.Context) Outcome
	start   time.Time
	next    atomic.Int64 // number of the next call
	running atomic.Int64

	mu       sync.Mutex // guards what follows
	good     uint64
	bad      uint64
	bytes    uint64
	latency  Histogram
	service  Histogram
	failures map[string]uint64
}

// work makes calls, one after the other, until there are no more.
func (r *run) work(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		due, ok := r.take()
		if !ok {
			return
		}
		if wait := time.Until(due); wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
				return
			}
		}
		r.call(ctx, due)
	}
}

// take returns when the next call is due; ok is false when there is none.
func (r *run) take() (due time.Time, ok bool) {
	n := r.next.Add(1) - 1
	if r.options.Count > 0 && n >= int64(r.options.Count) {
		return time.Time{}, false
	}
	due = time.Now()
	if r.options.Rate > 0 {
		due = r.start.Add(time.Duration(float64(n) / r.options.Rate * float64(time.Second)))
	}
	return due, r.options.Duration == 0 || due.Sub(r.start) < r.options.Duration
}

func (r *run) call(ctx context.Context, due time.Time) {
	r.running.Add(1)
	defer r.running.Add(-1)
	within, cancel := context.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	sent := time.Now()
	outcome := r.do(within)
	ended := time.Now()
	if ctx.Err() != nil && outcome.Kind != "" {
		return // it was broken off, and says nothing of the service
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.latency.Add(ended.Sub(due))
	r.service.Add(ended.Sub(sent))
	r.bytes += uint64(max(outcome.Bytes, 0))
	if outcome.Kind == "" {
		r.good++
		return
	}
	r.bad++
	r.count(outcome.Kind)
}

// count counts a kind of error; those that come after too many are counted together.
func (r *run) count(kind string) {
	kind, _, _ = strings.Cut(kind, "\n")
	if len(kind) > 200 {
		kind = kind[:200]
	}
	if _, known := r.failures[kind]; !known && len(r.failures) >= kinds {
		kind = "other errors"
	}
	r.failures[kind]++
}

func (r *run) tell(done <-chan struct{}, progress func(*Report)) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			progress(r.report())
		}
	}
}

func (r *run) report() *Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := &Report{
		Elapsed: time.Since(r.start), Done: r.good + r.bad, Good: r.good, Failed: r.bad, Running: int(r.running.Load()), Bytes: r.bytes,
		Latency: r.latency, Service: r.service,
	}
	for _, kind := range slices.Sorted(maps.Keys(r.failures)) {
		out.Failures = append(out.Failures, Failure{kind, r.failures[kind]})
	}
	slices.SortStableFunc(out.Failures, func(a, b Failure) int { return cmp.Compare(b.Count, a.Count) })
	return out
}
