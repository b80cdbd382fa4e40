package broker_test

import (
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
)

// taken is how many bytes of memory this process has, or 0 if that cannot be told. Under the race detector, whose own memory
// is a multiple of the program's, it is what the Go runtime holds.
func taken() int {
	if raced {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.Sys - m.HeapReleased)
	}
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize()
}

// lines counts what is logged.
type lines struct{ atomic.Int64 }

func (l *lines) Write(p []byte) (int, error) {
	l.Add(1)
	return len(p), nil
}

// raced says that the race detector is on.
var raced = func() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}()

// until polls for 20 s.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// 20,000 messages a second of 1 KiB for half a second, 10 s nightly: a subscriber of 10 a second costs no more memory than
// its limit, is counted and reported, and the other one gets all.
func TestR17_SlowConsumerUnderLoad(t *testing.T) {
	messages := 10_000
	if os.Getenv("NIGHTLY") == "1" {
		messages = 200_000
	}
	for name, kind := range map[string]func(...broker.Option) broker.Broker{"memory": broker.NewMemoryBroker, "http": broker.NewBroker} {
		t.Run(name, func(t *testing.T) {
			var reported atomic.Bool
			var log lines
			b := kind(broker.Logger(logger.NewLogger(logger.WithOutput(&log))), broker.Registry(registry.NewMemoryRegistry()), broker.WithLimits(limits.Limits{PendingMessages: 8192}),
				broker.ErrorHandler(func(e broker.Event) error {
					if errors.Is(e.Error(), broker.ErrSlowConsumer) {
						reported.Store(true)
					}
					return nil
				}))
			if err := b.Connect(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = b.Disconnect() }()
			done := make(chan struct{})
			defer close(done)
			slow := counted(t, b, func(broker.Event) error {
				pause := time.NewTimer(100 * time.Millisecond)
				defer pause.Stop()
				select {
				case <-done:
				case <-pause.C:
				}
				return nil
			})
			fast := counted(t, b, func(broker.Event) error { return nil })
			before := taken()
			pending := func() uint64 { // without what waits for the slow one
				if p, ok := b.(broker.PublisherStatsReader); ok {
					return fast().Pending + p.PublisherStats().Pending
				}
				return fast().Pending
			}
			flood(t, b, messages, func() bool { return pending() < 4096 })
			until(t, "all have arrived", func() bool { return pending() == 0 })
			grown, s, f := taken()-before, slow(), fast()
			t.Logf("slow %+v, fast %+v, %d MiB more", s, f, grown>>20)
			if total := s.Delivered + s.Failed + s.Dropped + s.Pending; total != uint64(messages) {
				t.Errorf("%d of %d messages are accounted for: %+v", total, messages, s)
			}
			if s.Dropped == 0 || !reported.Load() {
				t.Errorf("dropped %d, reported %v", s.Dropped, reported.Load())
			}
			if f.Delivered < uint64(messages)*99/100 {
				t.Errorf("the fast subscriber got %d of %d", f.Delivered, messages)
			}
			if limit := 64<<20 + before/5; grown > limit {
				t.Errorf("%d bytes more, over %d", grown, limit)
			}
			if n := log.Load(); n > 2 {
				t.Errorf("%d lines were logged", n)
			}
			if p, ok := b.(broker.PublisherStatsReader); ok && p.PublisherStats().Refused != s.Dropped+f.Dropped {
				t.Errorf("the publisher counts %+v, the subscribers dropped %d", p.PublisherStats(), s.Dropped+f.Dropped)
			}
		})
	}
}

// counted subscribes and returns how to read the counts.
func counted(t *testing.T, b broker.Broker, h broker.Handler) func() broker.Stats {
	t.Helper()
	s, err := b.Subscribe("t", h)
	if err != nil {
		t.Fatal(err)
	}
	return s.(broker.StatsReader).Stats
}

// flood publishes so many messages, 20,000 a second, or as many as this machine has room for.
func flood(t *testing.T, b broker.Broker, messages int, room func() bool) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	begin, body := time.Now(), make([]byte, 1024)
	for sent := 0; sent < messages; <-ticker.C {
		for due := min(messages, int(time.Since(begin).Milliseconds())*20); sent < due && room(); sent++ {
			if err := b.Publish("t", &broker.Message{Body: body}); err != nil && !errors.Is(err, broker.ErrSlowConsumer) {
				t.Fatal(err)
			}
		}
	}
}

// Handlers that fail are counted, reported once each, and cost the messages after them nothing.
func TestR15_FailedHandlersAreCounted(t *testing.T) {
	for name, kind := range map[string]func(...broker.Option) broker.Broker{"memory": broker.NewMemoryBroker, "http": broker.NewBroker} {
		t.Run(name, func(t *testing.T) {
			var reported atomic.Int64
			b := kind(broker.Registry(registry.NewMemoryRegistry()), broker.ErrorHandler(func(broker.Event) error { reported.Add(1); return nil }))
			if err := b.Connect(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = b.Disconnect() }()
			stats := counted(t, b, func(e broker.Event) error {
				switch string(e.Message().Body) {
				case "fail":
					return errors.New("no")
				case "panic":
					panic("no")
				}
				return nil
			})
			for range 10 {
				for _, body := range []string{"fail", "panic", "fine"} {
					if err := b.Publish("t", &broker.Message{Body: []byte(body)}); err != nil {
						t.Fatal(err)
					}
				}
			}
			until(t, "all were handled", func() bool { return stats().Delivered == 10 && stats().Failed == 20 && reported.Load() == 20 })
		})
	}
}
