package profiling_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/microtop/microtop/profiling"
)

// sourceFunc is a Source made of a function.
type sourceFunc func(ctx context.Context, kind profiling.Kind, d time.Duration) (io.ReadCloser, error)

func (f sourceFunc) Profile(ctx context.Context, kind profiling.Kind, d time.Duration) (io.ReadCloser, error) {
	return f(ctx, kind, d)
}

// after answers data once d has passed, as a real node does.
func after(data []byte) profiling.Source {
	return sourceFunc(func(ctx context.Context, _ profiling.Kind, d time.Duration) (io.ReadCloser, error) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
			return io.NopCloser(bytes.NewReader(data)), nil
		}
	})
}

// stuck starts to answer and then hangs until its body is closed.
func stuck() profiling.Source {
	return sourceFunc(func(context.Context, profiling.Kind, time.Duration) (io.ReadCloser, error) {
		r, w := io.Pipe()
		go func() { _, _ = w.Write([]byte("half a pro")) }()
		return r, nil
	})
}

func TestCaptureFromARealEndpoint(t *testing.T) {
	server := pprofServer(t)
	results := profiling.Capture(t.Context(), []profiling.Target{{Service: "shop.ads", Node: "n1", Source: &profiling.HTTPSource{URL: server.URL}}},
		profiling.CaptureOptions{Kind: profiling.Mutex, Duration: time.Second})
	r := results[0]
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	if r.Profile.Kind != profiling.Mutex || r.Meta.Service != "shop.ads" || r.Meta.Duration != 0 || r.Meta.Start.IsZero() || len(r.Data) == 0 {
		t.Errorf("meta %+v, kind %q, %d bytes", r.Meta, r.Profile.Kind, len(r.Data))
	}
}

func TestCaptureOneFailureLeavesTheOthers(t *testing.T) {
	cpu := encode(t, draft(stack{10, []string{"main.main"}}))
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("dial refused")
		fails := func(err error) profiling.Source {
			return sourceFunc(func(context.Context, profiling.Kind, time.Duration) (io.ReadCloser, error) { return nil, err })
		}
		breaks := sourceFunc(func(context.Context, profiling.Kind, time.Duration) (io.ReadCloser, error) { panic("bug in driver") })
		var mu sync.Mutex
		last := map[string]profiling.Progress{}
		states := map[string][]profiling.State{}
		targets := []profiling.Target{
			{Node: "good", Address: "10.0.0.1:1", Source: after(cpu)},
			{Node: "refused", Address: "10.0.0.2:1", Source: fails(broken)},
			{Node: "garbage", Source: after([]byte("<html>"))},
			{Node: "empty", Source: after(nil)},
			{Node: "stuck", Source: stuck()},
			{Node: "huge", Source: after(make([]byte, 3000))},
			{Node: "breaks", Source: breaks},
			{Node: "none"},
			{Node: "good2", Source: after(cpu)},
		}
		start := time.Now()
		results := profiling.Capture(t.Context(), targets, profiling.CaptureOptions{
			Kind: profiling.CPU, Duration: 3 * time.Second, Grace: 2 * time.Second, Concurrency: len(targets),
			Limits: profiling.Limits{Input: 2000},
			Progress: func(p profiling.Progress) {
				mu.Lock()
				defer mu.Unlock()
				last[p.Target.Node] = p
				states[p.Target.Node] = append(states[p.Target.Node], p.State)
			},
		})
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("took %v: want the stuck node's 5 s", took)
		}
		for i, says := range []string{"", "of refused at 10.0.0.2:1: dial refused", "web page", "empty", "within 5s", "more than 2000 bytes", "bug in driver", "offers no profiles", ""} {
			r := results[i]
			p := last[r.Target.Node]
			if says == "" {
				if r.Err != nil || r.Profile == nil || p.State != profiling.Done || p.Bytes != int64(len(cpu)) || p.Elapsed != 3*time.Second {
					t.Errorf("%s: %v, progress %+v", r.Target.Node, r.Err, p)
				}
				if s := states[r.Target.Node]; len(s) < 10 || s[len(s)-2] != profiling.Running {
					t.Errorf("%s went through %v: want ticks while it runs", r.Target.Node, s)
				}
				continue
			}
			if r.Err == nil || !strings.Contains(r.Err.Error(), says) || r.Data != nil || r.Profile != nil || p.State != profiling.Failed || !errors.Is(r.Err, p.Err) {
				t.Errorf("%s: %v with %d bytes, progress %+v; want %q", r.Target.Node, r.Err, len(r.Data), p, says)
			}
		}
		if !errors.Is(results[1].Err, broken) {
			t.Errorf("cause lost: %v", results[1].Err)
		}
	})
}

func TestCaptureRefusesAnotherKind(t *testing.T) {
	r := profiling.Capture(t.Context(), []profiling.Target{{Node: "n", Source: sourceFunc(func(context.Context, profiling.Kind, time.Duration) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(realHeap())), nil
	})}}, profiling.CaptureOptions{Kind: profiling.Goroutine})[0]
	if r.Err == nil || !strings.Contains(r.Err.Error(), "sent a heap profile instead") {
		t.Errorf("%v", r.Err)
	}
}

func TestCaptureCancelled(t *testing.T) {
	cpu := encode(t, draft(stack{10, []string{"main.main"}}))
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		left := errors.New("screen left")
		time.AfterFunc(time.Second, func() { cancel(left) })
		start := time.Now()
		results := profiling.Capture(ctx, []profiling.Target{{Node: "a", Source: after(cpu)}, {Node: "b", Source: stuck()}, {Node: "waiting", Source: after(cpu)}},
			profiling.CaptureOptions{Kind: profiling.CPU, Duration: 10 * time.Second, Concurrency: 2})
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %v after a cancel at 1 s", took)
		}
		for _, r := range results {
			if !errors.Is(r.Err, left) || r.Data != nil || r.Profile != nil {
				t.Errorf("%s: %v, %d bytes", r.Target.Node, r.Err, len(r.Data))
			}
		}
	})
}

func TestCaptureConcurrencyAndSlowProgress(t *testing.T) {
	cpu := encode(t, draft(stack{10, []string{"main.main"}}))
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, most := 0, 0
		source := sourceFunc(func(ctx context.Context, k profiling.Kind, d time.Duration) (io.ReadCloser, error) {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			defer func() {
				mu.Lock()
				running--
				mu.Unlock()
			}()
			return after(cpu).Profile(ctx, k, d)
		})
		targets := make([]profiling.Target, 9)
		for i := range targets {
			targets[i].Source = source
		}
		ended := map[int]bool{}
		var finished time.Time
		start := time.Now()
		results := profiling.Capture(t.Context(), targets, profiling.CaptureOptions{
			Kind: profiling.CPU, Duration: time.Second, Concurrency: 3,
			Progress: func(p profiling.Progress) {
				time.Sleep(700 * time.Millisecond) // a listener far slower than the captures
				ended[p.Index] = p.State == profiling.Done
			},
		})
		for _, r := range results {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			if end := r.Meta.Start.Add(time.Second); end.After(finished) {
				finished = end
			}
		}
		if most != 3 || finished.Sub(start) != 3*time.Second {
			t.Errorf("%d ran at once and the last ended after %v: want 3 and 3s", most, finished.Sub(start))
		}
		if len(ended) != 9 {
			t.Errorf("ended: %v", ended)
		}
		for i, done := range ended {
			if !done {
				t.Errorf("the listener never saw %d end", i)
			}
		}
	})
}

func TestCaptureThenKeep(t *testing.T) {
	server := pprofServer(t)
	r := profiling.Capture(t.Context(), []profiling.Target{{Service: "shop.ads", Node: "n1", Source: &profiling.HTTPSource{URL: server.URL}}},
		profiling.CaptureOptions{Kind: profiling.Trace, Duration: time.Second})[0]
	if r.Err != nil || r.Profile != nil {
		t.Fatalf("trace: %v, %v", r.Err, r.Profile)
	}
	s, err := profiling.OpenStore(filepath.Join(t.TempDir(), "p"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	e, err := s.Save(r.Meta, r.Data)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(e.File); err != nil || !bytes.HasPrefix(data, []byte("go 1.")) || !strings.HasSuffix(e.File, ".trace") {
		t.Errorf("%s: %.10q, %v", e.File, data, err)
	}
}
