package server_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// watchdog ends the process with all stacks if a step takes longer than 15 s, and keeps the longest.
type watchdog struct{ longest atomic.Int64 }

func (w *watchdog) step(what string, do func()) {
	timer := time.AfterFunc(15*time.Second, func() {
		stacks := make([]byte, 1<<20)
		panic(what + " hangs\n" + string(stacks[:runtime.Stack(stacks, true)]))
	})
	began := time.Now()
	do()
	timer.Stop()
	for took := int64(time.Since(began)); ; {
		most := w.longest.Load()
		if took <= most || w.longest.CompareAndSwap(most, took) {
			return
		}
	}
}

// everything at once: connections and calls, options read and set, handlers added, heartbeats that register and
// deregister. Nothing stalls for more than a second.
func TestR12_DeadlockWatch(t *testing.T) {
	t.Parallel()
	length, most := 2*time.Second, 5*time.Second // a busy machine may stall as long as that; what hangs does so for ever
	if os.Getenv("NIGHTLY") == "1" {
		length, most = 10*time.Second, time.Second
	}
	var flip, calls atomic.Int64
	s := server.NewServer(server.Name("watched"), server.Address("127.0.0.1:0"), server.Registry(registry.NewMemoryRegistry()),
		server.Broker(broker.NewMemoryBroker()), server.WithLogger(quiet()), server.RegisterInterval(time.Millisecond),
		server.RegisterCheck(func(context.Context) error {
			if flip.Add(1)%2 == 0 { // out and in again, at every other heartbeat
				return context.DeadlineExceeded
			}
			return nil
		}))
	if err := s.Handle(s.NewHandler(new(fleet.Greeter))); err != nil {
		t.Fatal(err)
	}
	if err := s.Subscribe(s.NewSubscriber("t", func(*fleet.Event) error { return nil })); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	var dog watchdog
	var group sync.WaitGroup
	end := time.Now().Add(length)
	loop := func(what string, do func()) {
		group.Go(func() {
			for time.Now().Before(end) {
				dog.step(what, do)
			}
		})
	}
	address := s.Options().Address
	for range 4 {
		loop("a call", func() {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				return // more connections than the host has ports for
			}
			defer conn.Close()
			conn.(*net.TCPConn).SetLinger(0)
			conn.SetDeadline(time.Now().Add(14 * time.Second))
			if _, err := conn.Write(post(`{"name":"x"}`, "Micro-Endpoint: Greeter.Hello", "Micro-Id: 1")); err != nil {
				return
			}
			if n, err := conn.Read(make([]byte, 512)); err == nil && n > 0 {
				calls.Add(1)
			}
		})
	}
	loop("Init", func() { _ = s.Init(server.Metadata(map[string]string{"a": "b"})) })
	loop("Options", func() { _ = s.Options() })
	loop("Handle", func() {
		_ = s.Handle(s.NewHandler(new(fleet.Shop)))
		time.Sleep(time.Millisecond)
	})
	group.Wait()
	dog.step("Stop", func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	longest := time.Duration(dog.longest.Load())
	t.Logf("%d calls and %d heartbeats in %v, the longest step took %v, limit %v", calls.Load(), flip.Load(), length, longest, most)
	if longest > most || calls.Load() < 100 {
		t.Errorf("the longest step took %v, %d calls", longest, calls.Load())
	}
}

// locked is a buffer that a logger may write to while a test reads.
type locked struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

// a panic answers 500 with an id at once, its stack is in the log, and connection and server go on.
func TestR16_APanicIsA500AndInTheLog(t *testing.T) {
	t.Parallel()
	out := new(locked)
	p := connect(t, start(t, all(), server.WithLogger(logger.NewLogger(logger.WithHandler(slog.NewTextHandler(out, nil))))))
	fastest := time.Hour
	for range 5 { // of a few, one is not disturbed by what else runs
		began := time.Now()
		p.write(post(`{"kind":"panic","detail":"kaboom"}`, "Micro-Endpoint: Greeter.Fail", "Micro-Id: 1"))
		f, _ := p.read()
		fastest = min(fastest, time.Since(began))
		if f.ID != "1" || !strings.Contains(f.Error, `"code":500`) || !strings.Contains(f.Error, `"id":"go.micro.server"`) || !strings.Contains(f.Error, "kaboom") {
			t.Errorf("answer %+v", f)
		}
	}
	t.Logf("answered after %v, limit 50 ms", fastest)
	if fastest > 50*time.Millisecond {
		t.Errorf("answered after %v", fastest)
	}
	if text := out.String(); !strings.Contains(text, "kaboom") || !strings.Contains(text, "fleet.(*Greeter).Fail") {
		t.Errorf("the log has no stack: %.500s", text)
	}
	p.write(post(`{"name":"x"}`, "Micro-Endpoint: Greeter.Hello", "Micro-Id: 2"))
	if f, _ := p.read(); f.ID != "2" || f.Error != "" {
		t.Errorf("the call after on the same connection: %+v", f)
	}
}
