package transport_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/transport"
)

func TestS02_OversizeIsRefused(t *testing.T) {
	tr := transport.NewHTTPTransport(transport.WithLimits(limits.Limits{MessageBytes: 1000, HeaderBytes: 2000, Headers: 10}))
	const start = "POST / HTTP/1.1\r\n"
	header := func(size int) string { // a head of exactly size bytes without the empty line
		return start + "X: " + strings.Repeat("a", size-len(start)-len("X: \r\n")) + "\r\n"
	}
	for name, c := range map[string]struct {
		request string
		status  string
	}{
		"a body at the limit":           {start + "Content-Length: 1000\r\n\r\n" + strings.Repeat("a", 1000), ""},
		"a body over the limit":         {start + "Content-Length: 1001\r\n\r\n" + strings.Repeat("a", 1001), "413"},
		"a body of 4 GiB":               {start + "Content-Length: 4294967296\r\n\r\n", "413"},
		"an expected body of 4 GiB":     {start + "Content-Length: 4294967296\r\nExpect: 100-continue\r\n\r\n", "413"},
		"chunks at the limit":           {start + "Transfer-Encoding: chunked\r\n\r\n1f4\r\n" + strings.Repeat("a", 500) + "\r\n1F4\r\n" + strings.Repeat("a", 500) + "\r\n0\r\n\r\n", ""},
		"chunks over the limit":         {start + "Transfer-Encoding: chunked\r\n\r\n1f4\r\n" + strings.Repeat("a", 500) + "\r\n1F5\r\n" + strings.Repeat("a", 501) + "\r\n0\r\n\r\n", "413"},
		"a chunk of 1 GiB":              {start + "Transfer-Encoding: chunked\r\n\r\n40000000\r\n", "413"},
		"headers near the limit":        {header(1990) + "\r\n", ""},
		"headers over the limit":        {header(2001) + "\r\n", "431"},
		"a header without end":          {start + strings.Repeat("a", 5000), "431"},
		"as many headers as are let":    {start + strings.Repeat("Accept: x\r\n", 10) + "\r\n", ""},
		"one header more than are let":  {start + strings.Repeat("Accept: x\r\n", 11) + "\r\n", "431"},
		"an exact limit counts in hops": {start + "Content-Length: 3\r\n" + strings.Repeat("Accept: x\r\n", 9) + "\r\nabc", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, answer := deliver(t, tr, c.request)
			if c.status == "" && (len(got) != 1 || answer != "") {
				t.Errorf("%d messages, answer %q", len(got), answer)
			}
			if c.status != "" && (len(got) != 0 || !strings.HasPrefix(answer, "HTTP/1.1 "+c.status+" ")) {
				t.Errorf("%d messages, answer %q, want %s", len(got), answer, c.status)
			}
		})
	}
}

// TestS02_ClaimsCostNothing opens connections that claim bodies at the limit and send one byte of them.
func TestS02_ClaimsCostNothing(t *testing.T) {
	const conns = 50
	waiting := make(chan struct{}, conns)
	l, _ := listen(t, transport.NewHTTPTransport(), func(s transport.Socket) {
		waiting <- struct{}{}
		var m transport.Message
		if err := s.Recv(&m); err == nil {
			t.Error("half a body is a message")
		}
	})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range conns {
		conn := dialRaw(t, l.Addr())
		if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nContent-Length: 4194304\r\n\r\nx"); err != nil {
			t.Fatal(err)
		}
		<-waiting
	}
	runtime.ReadMemStats(&after)
	if per := (after.TotalAlloc - before.TotalAlloc) / conns; per > 128<<10 {
		t.Errorf("%d bytes a connection", per)
	}
}

// TestS04_SlowPeersAreDropped gives each wait of a server its own short limit.
func TestS04_SlowPeersAreDropped(t *testing.T) {
	const short = 50 * time.Millisecond
	long := limits.Limits{HeaderReadTimeout: time.Minute, BodyTimeout: time.Minute, IdleTimeout: time.Minute}
	for name, c := range map[string]struct {
		set     func(*limits.Limits)
		pieces  []string // written one every 10 ms, the last again and again
		arrives int
	}{
		"a connection that never speaks": {func(l *limits.Limits) { l.HeaderReadTimeout = short }, nil, 0},
		"a header byte by byte":          {func(l *limits.Limits) { l.HeaderReadTimeout = short }, []string{"POST / HTTP/1.1\r\n", "X: ", "a"}, 0},
		"a later header byte by byte":    {func(l *limits.Limits) { l.HeaderReadTimeout = short }, []string{"POST / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\n", "X: ", "a"}, 1},
		"a body byte by byte":            {func(l *limits.Limits) { l.BodyTimeout = short }, []string{"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n", "a"}, 0},
		"a silent connection":            {func(l *limits.Limits) { l.IdleTimeout = short }, []string{"POST / HTTP/1.1\r\n\r\n", ""}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			bounds := long
			c.set(&bounds)
			ended := make(chan error, 1)
			arrived := 0
			l, _ := listen(t, transport.NewHTTPTransport(transport.WithLimits(bounds)), func(s transport.Socket) {
				var err error
				for {
					var m transport.Message
					if err = s.Recv(&m); err != nil {
						break
					}
					arrived++
				}
				ended <- err
			})
			conn := dialRaw(t, l.Addr())
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			limit := time.Now().Add(patience)
			for i := 0; ; i++ {
				select {
				case err := <-ended:
					if !errors.Is(err, os.ErrDeadlineExceeded) || arrived != c.arrives {
						t.Errorf("ended with %v after %d messages, want %d", err, arrived, c.arrives)
					}
					return
				case <-tick.C:
				}
				if time.Now().After(limit) {
					t.Fatal("still connected")
				}
				if len(c.pieces) > 0 {
					_, _ = io.WriteString(conn, c.pieces[min(i, len(c.pieces)-1)]) // fails once the server has had enough
				}
			}
		})
	}
}

func TestBusyConnectionsMayBeSilent(t *testing.T) {
	const idle = 30 * time.Millisecond
	ended := make(chan error, 1)
	l, _ := listen(t, transport.NewHTTPTransport(transport.WithLimits(limits.Limits{IdleTimeout: idle})), func(s transport.Socket) {
		var m transport.Message
		if err := s.Recv(&m); err != nil {
			t.Errorf("recv: %v", err)
		}
		busy := s.(transport.Idler)
		busy.SetBusy(true)
		done := time.AfterFunc(10*idle, func() { busy.SetBusy(false) })
		defer done.Stop()
		start := time.Now()
		err := s.Recv(&m)
		if held := time.Since(start); held < 10*idle {
			err = fmt.Errorf("a busy connection ended after %v: %w", held, err)
		}
		ended <- err
	})
	conn := dialRaw(t, l.Addr())
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, os.ErrDeadlineExceeded) || strings.HasPrefix(err.Error(), "a busy") {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("an idle connection stays")
	}
}

// TestS04_SlowReaderOfAnAnswer sends more than the network holds to a peer that takes nothing.
func TestS04_SlowReaderOfAnAnswer(t *testing.T) {
	ended := make(chan error, 1)
	l, _ := listen(t, transport.NewHTTPTransport(transport.WithLimits(limits.Limits{BodyTimeout: 50 * time.Millisecond})), func(s transport.Socket) {
		var m transport.Message
		if err := s.Recv(&m); err != nil {
			t.Errorf("recv: %v", err)
		}
		for {
			if err := s.Send(&transport.Message{Body: make([]byte, 4<<20)}); err != nil {
				ended <- err
				return
			}
		}
	})
	conn := dialRaw(t, l.Addr())
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("send: %v", err)
		}
	case <-time.After(patience):
		t.Error("send waits for ever")
	}
}

func TestS04_TooManyConnections(t *testing.T) {
	tr := transport.NewHTTPTransport(transport.WithLimits(limits.Limits{Conns: 1}))
	entered := make(chan struct{}, 2)
	l, _ := listen(t, tr, func(s transport.Socket) {
		entered <- struct{}{}
		var m transport.Message
		_ = s.Recv(&m) // until the peer leaves
	})
	first := dialRaw(t, l.Addr())
	<-entered
	answer, err := io.ReadAll(dialRaw(t, l.Addr()))
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 503 ") || !strings.HasSuffix(string(answer), "\r\n\r\ntoo many connections") {
		t.Errorf("the second connection got %q, %v", answer, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	limit := time.Now().Add(patience)
	for { // the place is free once the server has seen the first one leave
		next := dialRaw(t, l.Addr())
		if err := next.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		_, err := next.Read(make([]byte, 1))
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			return // it is served: nobody turned it away
		}
		if time.Now().After(limit) {
			t.Fatal("the place is never free again")
		}
	}
}
