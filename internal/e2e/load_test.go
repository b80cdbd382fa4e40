package e2e_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/file"
)

// span is how long a load test lasts: short, or as long as docs/guarantees.md was measured with.
func span(short, long time.Duration) time.Duration {
	if os.Getenv("NIGHTLY") != "" {
		return long
	}
	return short
}

// attempt is where and when one try of a call went.
type attempt struct {
	node  string
	start time.Time
}

// result is what one call came to.
type result struct {
	id       string
	start    time.Time
	took     time.Duration
	err      error
	attempts []attempt
}

// load calls load.work at a steady rate, whatever the answers: a call that is late does not hold up the next.
type load struct {
	client client.Client
	stop   func() []result
}

// startLoad makes calls at a rate, in the manner that options say.
func startLoad(t *testing.T, dir string, rate int, options ...client.CallOption) *load {
	t.Helper()
	l := &load{client: client.NewClient(client.Registry(file.NewRegistry(registry.Addrs(dir))))}
	options = append(options, client.WithRetries(3))
	var mu sync.Mutex
	var results []result
	var calls sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	pace := make(chan struct{})
	go func() {
		defer close(pace)
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for i := 0; ctx.Err() == nil; i++ {
			calls.Go(func() {
				r := l.call(fmt.Sprint("job-", i), options)
				mu.Lock()
				defer mu.Unlock()
				results = append(results, r)
			})
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
	}()
	l.stop = sync.OnceValue(func() []result {
		cancel()
		<-pace
		calls.Wait()
		return results
	})
	t.Cleanup(func() {
		l.stop()
		if err := l.client.Options().Selector.Close(); err != nil {
			t.Error(err)
		}
		if closer, ok := l.client.(interface{ Close() error }); ok {
			if err := closer.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return l
}

func (l *load) call(id string, options []client.CallOption) result {
	r := result{id: id, start: time.Now()}
	note := client.OnAttempt(func(a client.Attempt) {
		if a.Node != nil {
			r.attempts = append(r.attempts, attempt{a.Node.Id, a.Start})
		}
	})
	var done Done
	r.err = l.client.Call(context.Background(), l.client.NewRequest("load.work", "Work.Do", &Job{ID: id}), &done, append(slices.Clone(options), note)...)
	r.took = time.Since(r.start)
	if r.err == nil && done.ID != id {
		r.err = fmt.Errorf("the answer to %s is that of %s", id, done.ID)
	}
	return r
}

// percentile of the durations of results.
func percentile(results []result, p float64) time.Duration {
	took := make([]time.Duration, 0, len(results))
	for _, r := range results {
		took = append(took, r.took)
	}
	slices.Sort(took)
	return took[min(len(took)-1, int(float64(len(took))*p))]
}

func failures(results []result) []result {
	return slices.DeleteFunc(slices.Clone(results), func(r result) bool { return r.err == nil })
}

// mustAllSucceed fails the test for the first of the failures.
func mustAllSucceed(t *testing.T, results []result, least int) {
	t.Helper()
	if failed := failures(results); len(failed) > 0 {
		t.Errorf("%d of %d calls failed, first after %v: %v", len(failed), len(results), failed[0].took, failed[0].err)
	}
	if len(results) < least {
		t.Errorf("only %d calls, want at least %d: that tests nothing", len(results), least)
	}
}

// TestR01_KillsUnderLoad: kill -9 costs no idempotent call, and the dead node is out of rotation within a second: what still goes
// there is one call now and then that looks whether it is back.
func TestR01_KillsUnderLoad(t *testing.T) {
	w := newWorkers(t)
	nodes := []*worker{w.start(), w.start(), w.start()}
	l := startLoad(t, w.dir, 200, client.Idempotent())
	type death struct {
		node string
		at   time.Time
	}
	var deaths []death
	end := time.Now().Add(span(20*time.Second, time.Minute))
	for i := 0; time.Now().Before(end); i = (i + 1) % len(nodes) {
		pause(t.Context(), 3*time.Second)
		deaths = append(deaths, death{nodes[i].id, time.Now()})
		w.kill(nodes[i])
		pause(t.Context(), 2*time.Second)
		nodes[i] = w.start()
	}
	results := l.stop()
	mustAllSucceed(t, results, 1000)
	var first time.Duration // the slowest call that began just after a kill
	probes := 0             // attempts at dead nodes more than a second after their death
	for _, d := range deaths {
		for _, r := range results {
			if since := r.start.Sub(d.at); since >= 0 && since < 100*time.Millisecond {
				first = max(first, r.took)
			}
			for _, a := range r.attempts {
				if a.node == d.node && a.start.Sub(d.at) > time.Second {
					probes++
				}
			}
		}
	}
	p99 := percentile(results, 0.99)
	t.Logf(`{"id": "R-01", "kills": %d, "calls": %d, "failed": %d, "p99Ms": %d, "firstAfterKillMs": %d, "probesOfDeadNodes": %d}`,
		len(deaths), len(results), len(failures(results)), p99.Milliseconds(), first.Milliseconds(), probes)
	if most := span(3*time.Second, time.Second); p99 > most || first > most {
		t.Errorf("p99 %v, slowest after a kill %v: each at most %v", p99, first, most)
	}
	if limit := 5 * len(deaths); probes > limit { // one call after 1, 3, 7, 15 and 31 s probes whether the node is back
		t.Errorf("%d calls went to nodes dead for over a second, want at most %d", probes, limit)
	}
}

// TestR02_NothingRunsTwice: what is not marked idempotent runs at most once, and an error says when it may have.
func TestR02_NothingRunsTwice(t *testing.T) {
	t.Parallel()
	w := newWorkers(t)
	nodes := []*worker{w.start(), w.start(), w.start()}
	l := startLoad(t, w.dir, 200)
	end := time.Now().Add(span(8*time.Second, time.Minute))
	kills := 0
	for i := 0; time.Now().Before(end); i = (i + 1) % len(nodes) {
		pause(t.Context(), time.Second)
		w.kill(nodes[i])
		kills++
		nodes[i] = w.start()
	}
	results := l.stop()
	ran := w.ran()
	unsure := 0
	for _, r := range results {
		times := ran[r.id]
		switch {
		case times > 1:
			t.Errorf("%s ran %d times", r.id, times)
		case r.err == nil && times != 1:
			t.Errorf("%s was answered and ran %d times", r.id, times)
		case r.err != nil && strings.Contains(r.err.Error(), "may have run"):
			unsure++
		case r.err != nil && times > 0:
			t.Errorf("%s ran, and its error does not say that it may have: %v", r.id, r.err)
		case r.err != nil:
			t.Errorf("%s did not run, could have been tried again, and failed: %v", r.id, r.err)
		}
	}
	t.Logf(`{"id": "R-02", "kills": %d, "calls": %d, "mayHaveRun": %d}`, kills, len(results), unsure)
	if len(results) < 500 || kills < 3 {
		t.Errorf("%d calls and %d kills test nothing", len(results), kills)
	}
}

// TestR05_RollingRestartOfProcesses: SIGTERM costs no call at all, also of those that may not run twice.
func TestR05_RollingRestartOfProcesses(t *testing.T) {
	w := newWorkers(t)
	nodes := []*worker{w.start(), w.start(), w.start()}
	l := startLoad(t, w.dir, 300)
	var slowest time.Duration
	rounds := int(span(2, 3))
	for range rounds {
		for i := range nodes {
			pause(t.Context(), span(500*time.Millisecond, 2*time.Second))
			took, err := w.stop(nodes[i])
			if err != nil {
				t.Errorf("a node ended with %v", err)
			}
			slowest = max(slowest, took)
			nodes[i] = w.start()
		}
	}
	results := l.stop()
	mustAllSucceed(t, results, 500)
	for id, times := range w.ran() {
		if times != 1 {
			t.Errorf("%s ran %d times", id, times)
		}
	}
	t.Logf(`{"id": "R-05", "restarts": %d, "calls": %d, "failed": %d, "slowestExitMs": %d, "limitMs": 10500}`,
		rounds*len(nodes), len(results), len(failures(results)), slowest.Milliseconds())
	if slowest > 10500*time.Millisecond {
		t.Errorf("a node took %v to end", slowest)
	}
}
