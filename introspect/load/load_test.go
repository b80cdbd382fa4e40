package load_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/introspect/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func wait(ctx context.Context, d time.Duration) load.Outcome {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return load.Outcome{Bytes: 10}
	case <-ctx.Done():
		return load.Outcome{Kind: "timeout"}
	}
}

// A stall of one second, in which calls were due that could not be sent, is as many slow calls: not one.
func TestAStallIsCountedWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		report, err := load.Run(t.Context(), load.Options{Rate: 100, Concurrency: 1, Duration: 10 * time.Second}, func(ctx context.Context) load.Outcome {
			if at := time.Since(begin); at > 5*time.Second && at < 5*time.Second+15*time.Millisecond {
				return wait(ctx, time.Second)
			}
			return wait(ctx, time.Millisecond)
		}, nil)
		if err != nil || report.Done != 1000 || report.Late != 0 || !report.Ended {
			t.Fatalf("%+v %v", report.Done, err)
		}
		// 100 calls were due in the stall, and more while the backlog of 1 ms each drained.
		if p := report.Latency.At(0.95); p < 300*time.Millisecond {
			t.Errorf("p95 of the latency is %v: the stall is hidden", p)
		}
		if p := report.Service.At(0.95); p > 2*time.Millisecond {
			t.Errorf("p95 of the service is %v", p)
		}
		if report.Latency.Max() < 990*time.Millisecond || report.Bytes != 10_000 {
			t.Errorf("max %v, %d bytes", report.Latency.Max(), report.Bytes)
		}
	})
}

func TestTheRateIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told int
		report, err := load.Run(t.Context(), load.Options{Rate: 200, Concurrency: 20, Duration: 5 * time.Second}, func(ctx context.Context) load.Outcome {
			return wait(ctx, 50*time.Millisecond)
		}, func(r *load.Report) { told++ })
		if err != nil || report.Done != 1000 || told < 15 {
			t.Fatalf("%d calls, told %d times: %v", report.Done, told, err)
		}
		if p := report.Latency.At(0.99); p > 52*time.Millisecond {
			t.Errorf("p99 %v", p)
		}
		if rate := report.Rate(); rate < 195 || rate > 200 {
			t.Errorf("rate %v", rate)
		}
	})
}

// What a service that answers nothing any more leaves unsent is told.
func TestWhatWasNotSentIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		report, err := load.Run(t.Context(), load.Options{Rate: 100, Concurrency: 2, Duration: 4 * time.Second, Timeout: time.Second}, func(ctx context.Context) load.Outcome {
			return wait(ctx, time.Hour)
		}, nil)
		if err != nil || report.Failed < 8 || report.Late < 380 || report.Elapsed > 6*time.Second {
			t.Fatalf("%d failed, %d late in %v: %v", report.Failed, report.Late, report.Elapsed, err)
		}
		if len(report.Failures) != 1 || report.Failures[0].Kind != "timeout" {
			t.Error(report.Failures)
		}
	})
}

func TestCountAndCancelEndIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		report, err := load.Run(t.Context(), load.Options{Count: 37, Concurrency: 5}, func(ctx context.Context) load.Outcome {
			if n.Add(1)%2 == 0 {
				return load.Outcome{Kind: fmt.Sprint("kind ", n.Load()%60)}
			}
			return wait(ctx, time.Millisecond)
		}, nil)
		if err != nil || report.Done != 37 || n.Load() != 37 || report.Failed != 18 {
			t.Fatalf("%+v %v", report.Done, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		report, err = load.Run(ctx, load.Options{Rate: 10, Duration: time.Minute}, func(ctx context.Context) load.Outcome { return wait(ctx, 300*time.Millisecond) }, nil)
		if err != nil || report.Elapsed > 1100*time.Millisecond || report.Failed != 0 || report.Done == 0 {
			t.Errorf("%+v in %v: %v", report.Done, report.Elapsed, err)
		}
	})
}

func TestOptionsAreBounded(t *testing.T) {
	for _, o := range []load.Options{{Rate: -1}, {Rate: 1e9}, {Concurrency: 5000}, {Duration: 48 * time.Hour}, {Count: -1}} {
		if _, err := load.Run(t.Context(), o, nil, nil); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	for o, want := range map[load.Options]bool{
		{Rate: 10}: true, {Rate: 50, Concurrency: 10, Duration: time.Minute}: true, {Rate: 51}: false, {Concurrency: 1}: false,
		{Rate: 10, Concurrency: 11}: false, {Rate: 50, Duration: 10 * time.Minute}: false, {Rate: 50, Duration: 10 * time.Minute, Count: 5}: true,
	} {
		if o.Modest() != want {
			t.Errorf("%s: modest is %v", o, !want)
		}
	}
}

// Percentiles are right to 2 %.
func TestPercentiles(t *testing.T) {
	var h load.Histogram
	all := make([]time.Duration, 20_000)
	for i := range all {
		all[i] = time.Duration(rand.ExpFloat64() * float64(20*time.Millisecond)).Round(time.Microsecond)
		h.Add(all[i])
	}
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 0.999, 1} {
		want := all[max(int(q*float64(len(all)))-1, 0)]
		if got := h.At(q); float64(got) < float64(want)*0.98-2000 || float64(got) > float64(want)*1.02+2000 {
			t.Errorf("p%v is %v, want %v", 100*q, got, want)
		}
	}
	for _, n := range []int{1, 5, 12, 40} {
		bars := h.Bars(n)
		total := uint64(0)
		for i, b := range bars {
			total += b.Count
			if b.To <= b.From || i > 0 && b.From != bars[i-1].To {
				t.Errorf("bar %d of %d: %v to %v", i, n, b.From, b.To)
			}
		}
		if len(bars) > n || total != h.Count() {
			t.Errorf("%d bars of %d with %d of %d", len(bars), n, total, h.Count())
		}
	}
	h.Add(1000 * time.Hour) // the last bucket takes it
	if h.At(1) != 1000*time.Hour && h.At(1) < time.Hour {
		t.Error(h.At(1))
	}
}

func ExampleRun() {
	report, err := load.Run(context.Background(), load.Options{Rate: 1000, Count: 50}, func(context.Context) load.Outcome { return load.Outcome{} }, nil)
	fmt.Println(report.Done, report.Failed, err)
	// Output: 50 0 <nil>
}
