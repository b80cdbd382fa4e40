package client_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc")
	}
	return len(list)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestL01_CallsLeaveNothingBehind(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	w.serve()
	c := w.client()
	load := func(n int) {
		for range n {
			if err := hello(t, c); err != nil {
				t.Fatal(err)
			}
		}
		for range n / 10 {
			req := c.NewRequest(fleet.Service, "Greeter.Fail", &fleet.FailRequest{Kind: "micro", Code: 400})
			if err := c.Call(t.Context(), req, nil); errs.FromError(err).GetCode() != 400 {
				t.Fatal(err)
			}
			slow := c.NewRequest(fleet.Service, "Greeter.Slow", &fleet.FailRequest{DelayMs: 1000})
			for _, given := range []time.Duration{200 * time.Microsecond, time.Hour} { // given up, and timed out
				ctx, cancel := context.WithCancel(t.Context())
				stop := time.AfterFunc(given, cancel)
				if err := c.Call(ctx, slow, nil, client.WithRequestTimeout(time.Millisecond)); err == nil {
					t.Fatal("no error")
				}
				stop.Stop()
				cancel()
			}
		}
		for range n / 50 {
			s, err := c.Stream(t.Context(), c.NewRequest(fleet.Service, "Streamer.PingPong", nil))
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(s.Send(&fleet.Stroke{Note: "a"}), s.Recv(new(fleet.Stroke)), s.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	load(200)
	goroutines, fds, before := runtime.NumGoroutine(), descriptors(t), heap()
	calls := 2000
	if os.Getenv("NIGHTLY") == "1" {
		calls = 10_000
	}
	load(calls)
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > goroutines+2 || descriptors(t) > fds+4 {
		if time.Now().After(deadline) {
			t.Fatalf("goroutines %d → %d, descriptors %d → %d", goroutines, runtime.NumGoroutine(), fds, descriptors(t))
		}
		time.Sleep(5 * time.Millisecond)
	}
	after := heap()
	t.Logf("%d calls, and a tenth as many errors, timeouts and cancels: heap %d → %d, %.1f bytes a call", calls, before, after, (float64(after)-float64(before))/float64(calls))
	if after > before+1<<20 {
		t.Errorf("heap %d → %d", before, after)
	}
	if calls >= 10_000 && after > before+uint64(16*calls) { // with fewer the noise is larger than that
		t.Errorf("%d bytes are left of %d calls, want under 16 a call", after-before, calls)
	}
}

// cutter forwards connections to addr and resets each after a random number of bytes.
func cutter(t *testing.T, addr string, most int) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", addr)
			if err != nil {
				from.Close()
				continue
			}
			reset := sync.OnceFunc(func() {
				from.(*net.TCPConn).SetLinger(0)
				to.(*net.TCPConn).SetLinger(0)
				from.Close()
				to.Close()
			})
			left := rand.Int64N(int64(most))
			group.Go(func() { io.Copy(to, from); reset() })
			group.Go(func() { io.CopyN(from, to, left); reset() })
		}
	})
	t.Cleanup(func() {
		l.Close()
		group.Wait()
	})
	return l.Addr().String()
}

func TestR04_CutConnectionsGiveOneResultEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t, transport.NewHTTPTransport())
	addr := cutter(t, w.serve().Options().Address, 800)
	c := w.client()
	most := 3 * time.Second // no call waits for its timeout, which is five
	if os.Getenv("NIGHTLY") == "1" {
		most = time.Second
	}
	good, bad := 0, 0
	for range 1000 {
		began := time.Now()
		err := hello(t, c, client.WithAddress(addr))
		if err == nil {
			good++
		} else if bad++; errs.FromError(err).GetCode() != 500 {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took > most {
			t.Errorf("took %v", took)
		}
	}
	if good == 0 || bad == 0 {
		t.Errorf("%d good, %d bad: the cutter does not cut", good, bad)
	}
	for range 50 {
		s, err := c.Stream(t.Context(), c.NewRequest(fleet.Service, "Streamer.Count", nil), client.WithAddress(addr))
		if err != nil {
			continue
		}
		began := time.Now()
		err = s.Send(&fleet.CountRequest{From: 1, To: 1000})
		for err == nil {
			err = s.Recv(new(fleet.Value))
		}
		if errors.Is(err, io.EOF) {
			t.Error("a stream that was cut ended as if it were whole")
		}
		if took := time.Since(began); took > most {
			t.Errorf("the stream ended after %v", took)
		}
		s.Close()
	}
}

func TestSendBlocksAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() { // ends with the first connection
		conn, err := l.Accept()
		if err == nil {
			accepted <- conn
		}
	}()
	c := client.NewClient(client.Transport(transport.NewHTTPTransport()))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s, err := c.Stream(ctx, c.NewRequest("x", "A.B", nil), client.WithAddress(l.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { (<-accepted).Close() }() // it never read
	time.AfterFunc(200*time.Millisecond, cancel)
	began := time.Now()
	for err = nil; err == nil; err = s.Send(&fleet.HelloRequest{Blob: make([]byte, 1<<20)}) {
	}
	if took := time.Since(began); took > 2*time.Second || !errors.Is(err, context.Canceled) {
		t.Errorf("after %v: %v", took, err)
	}
	if err := s.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
