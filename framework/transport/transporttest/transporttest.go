// Package transporttest is the contract of a transport as a test suite: [Run] holds an implementation against it.
package transporttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/microtop/microtop/framework/transport"
)

// patience is how long the suite waits for what must happen.
const patience = 5 * time.Second

// Caps says what an implementation can do beyond the contract's core.
type Caps struct {
	// Address is what to listen on; "" is "127.0.0.1:0".
	Address string
	// Refuses says that dialling an address where nothing listens is an error.
	Refuses bool
}

// Run holds the transports that open returns against the contract, each rule with one of its own.
func Run(t *testing.T, open func(t *testing.T) transport.Transport, caps Caps) {
	if caps.Address == "" {
		caps.Address = "127.0.0.1:0"
	}
	s := suite{open: open, caps: caps}
	for _, rule := range []struct {
		text string
		test func(*testing.T)
	}{
		{"a message arrives whole", s.arrivesWhole},
		{"messages arrive in order", s.inOrder},
		{"a server may send more than it is asked for", s.unasked},
		{"header names and values arrive as they were sent", s.headers},
		{"a message may be empty", s.empty},
		{"a body may be large", s.large},
		{"a message belongs to whoever received it", s.ownMemory},
		{"many goroutines may send at once", s.concurrentSends},
		{"close ends a waiting recv on both sides", s.closeUnblocks},
		{"close ends a waiting send", s.closeUnblocksSend},
		{"close may be called again", s.closeAgain},
		{"what was sent before close still arrives", s.lastWords},
		{"a deadline ends a recv and may be lifted", s.deadline},
		{"accept returns without an error after close", s.acceptEnds},
		{"connections outlive their listener", s.outlive},
		{"a closed listener refuses", s.refuses},
		{"both ends know each other's addresses", s.addresses},
		{"an address in use is refused, a range finds a free one", s.ranges},
		{"nothing is left behind", s.leavesNothing},
	} {
		t.Run(rule.text, rule.test)
	}
}

type suite struct {
	open func(t *testing.T) transport.Transport
	caps Caps
}

// serve listens, runs fn for each connection and ends with the test. It returns the address.
func (s suite) serve(t *testing.T, tr transport.Transport, fn func(transport.Socket)) transport.Listener {
	t.Helper()
	l, err := tr.Listen(s.caps.Address)
	if err != nil {
		t.Fatal(err)
	}
	var (
		mu              sync.Mutex
		closed          bool // a connection that comes to fn now is too late
		sockets, accept sync.WaitGroup
	)
	enter := func() bool {
		mu.Lock()
		defer mu.Unlock()
		if !closed {
			sockets.Add(1)
		}
		return !closed
	}
	accept.Go(func() {
		if err := l.Accept(func(socket transport.Socket) {
			if enter() {
				defer sockets.Done()
				fn(socket)
			}
		}); err != nil {
			t.Errorf("accept: %v", err)
		}
	})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close the listener: %v", err)
		}
		accept.Wait()
		mu.Lock()
		closed = true
		mu.Unlock()
		sockets.Wait()
	})
	return l
}

func (s suite) dial(t *testing.T, tr transport.Transport, addr string) transport.Client {
	t.Helper()
	c, err := tr.Dial(addr, transport.WithTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // often closed already
	return c
}

// echo connects to a server that sends back what it gets.
func (s suite) echo(t *testing.T) transport.Client {
	t.Helper()
	tr := s.open(t)
	return s.dial(t, tr, s.serve(t, tr, echo).Addr())
}

func echo(socket transport.Socket) {
	for {
		var m transport.Message
		if socket.Recv(&m) != nil || socket.Send(&m) != nil {
			return
		}
	}
}

// within runs fn and fails the test when it takes too long.
func within(t *testing.T, what string, fn func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s did not end within %v", what, patience)
	}
}

func roundTrip(t *testing.T, c transport.Client, m *transport.Message) transport.Message {
	t.Helper()
	var got transport.Message
	within(t, "the round trip", func() {
		if err := c.Send(m); err != nil {
			t.Errorf("send: %v", err)
			return
		}
		if err := c.Recv(&got); err != nil {
			t.Errorf("recv: %v", err)
		}
	})
	return got
}

func (s suite) arrivesWhole(t *testing.T) {
	c := s.echo(t)
	want := transport.Message{Header: map[string]string{"Micro-Id": "1"}, Body: []byte("hello\r\n\r\nGET / HTTP/1.1\r\n\r\n\x00")}
	if diff := cmp.Diff(want, roundTrip(t, c, &want)); diff != "" {
		t.Error(diff)
	}
}

func (s suite) inOrder(t *testing.T) {
	c := s.echo(t)
	for i := range 200 {
		body := fmt.Appendf(nil, "message %d", i)
		if got := roundTrip(t, c, &transport.Message{Body: body}); !bytes.Equal(got.Body, body) {
			t.Fatalf("message %d: got %q", i, got.Body)
		}
	}
}

func (s suite) unasked(t *testing.T) {
	const count = 50
	tr := s.open(t)
	l := s.serve(t, tr, func(socket transport.Socket) {
		for range 2 { // two questions, then all the answers
			var m transport.Message
			if err := socket.Recv(&m); err != nil {
				t.Errorf("recv: %v", err)
				return
			}
		}
		for i := range count {
			if err := socket.Send(&transport.Message{Body: fmt.Append(nil, i)}); err != nil {
				t.Errorf("send: %v", err)
				return
			}
		}
	})
	c := s.dial(t, tr, l.Addr())
	within(t, "the answers", func() {
		for range 2 {
			if err := c.Send(&transport.Message{}); err != nil {
				t.Error(err)
			}
		}
		for i := range count {
			var m transport.Message
			if err := c.Recv(&m); err != nil || string(m.Body) != fmt.Sprint(i) {
				t.Errorf("answer %d: %q, %v", i, m.Body, err)
				return
			}
		}
	})
}

func (s suite) headers(t *testing.T) {
	c := s.echo(t)
	want := map[string]string{
		"Micro-Id": "12", "Content-Type": "application/json", "X-Tenant": "größe", "Timeout": "5000000000",
		"Empty": "", "Colons": "a: b: c", "Micro-Error": `{"id":"x","code":418,"detail":"short and stout"}`,
		"Long": strings.Repeat("x", 4000),
	}
	got := roundTrip(t, c, &transport.Message{Header: want, Body: []byte("x")})
	if diff := cmp.Diff(want, got.Header); diff != "" {
		t.Error(diff)
	}
}

func (s suite) empty(t *testing.T) {
	c := s.echo(t)
	for _, header := range []map[string]string{nil, {"Micro-Error": "EOS"}} {
		got := roundTrip(t, c, &transport.Message{Header: header})
		if len(got.Body) != 0 || len(got.Header) != len(header) || got.Header == nil {
			t.Errorf("sent headers %v and no body, got %v and %q", header, got.Header, got.Body)
		}
	}
}

func (s suite) large(t *testing.T) {
	c := s.echo(t)
	for _, size := range []int{1, 1000, 4096, 16<<10 - 1, 16<<10 + 1, 1 << 20, 3 << 20} {
		body := bytes.Repeat([]byte("0123456789abcde\n"), size/16+1)[:size]
		if got := roundTrip(t, c, &transport.Message{Body: body}); !bytes.Equal(got.Body, body) {
			t.Fatalf("a body of %d bytes came back as %d bytes, or others", size, len(got.Body))
		}
	}
}

func (s suite) ownMemory(t *testing.T) {
	c := s.echo(t)
	sent := transport.Message{Header: map[string]string{"A": "1"}, Body: []byte("first")}
	var m transport.Message
	within(t, "the exchange", func() {
		if err := c.Send(&sent); err != nil {
			t.Error(err)
		}
		sent.Header["A"] = "changed"
		copy(sent.Body, "XXXXX")
		if err := c.Recv(&m); err != nil {
			t.Error(err)
		}
		first := m
		if err := c.Send(&transport.Message{Header: map[string]string{"A": "2"}, Body: []byte("other")}); err != nil {
			t.Error(err)
		}
		if err := c.Recv(&m); err != nil {
			t.Error(err)
		}
		if first.Header["A"] != "1" || string(first.Body) != "first" {
			t.Errorf("the first message became %v %q", first.Header, first.Body)
		}
		if m.Header["A"] != "2" || string(m.Body) != "other" {
			t.Errorf("the second message is %v %q", m.Header, m.Body)
		}
	})
}

func (s suite) concurrentSends(t *testing.T) {
	const senders, each = 8, 50
	tr := s.open(t)
	seen := make(chan map[string]bool, 1)
	l := s.serve(t, tr, func(socket transport.Socket) {
		got := map[string]bool{}
		for range senders * each {
			var m transport.Message
			if err := socket.Recv(&m); err != nil {
				t.Errorf("recv: %v", err)
				break
			}
			if body := string(m.Body); !strings.HasPrefix(body, m.Header["Key"]+" ") {
				t.Errorf("header %q came with body %.20q", m.Header["Key"], body)
			}
			got[m.Header["Key"]] = true
		}
		seen <- got
	})
	c := s.dial(t, tr, l.Addr())
	var group sync.WaitGroup
	for sender := range senders {
		group.Go(func() {
			for i := range each {
				key := fmt.Sprintf("%d-%d", sender, i)
				body := []byte(key + " " + strings.Repeat("x", (i%10)*4000))
				if err := c.Send(&transport.Message{Header: map[string]string{"Key": key}, Body: body}); err != nil {
					t.Errorf("send: %v", err)
					return
				}
			}
		})
	}
	within(t, "sending", group.Wait)
	within(t, "receiving", func() {
		if got := <-seen; len(got) != senders*each {
			t.Errorf("%d messages of %d arrived", len(got), senders*each)
		}
	})
}

func (s suite) closeUnblocks(t *testing.T) {
	tr := s.open(t)
	ended := make(chan error, 1)
	ready := make(chan struct{})
	l := s.serve(t, tr, func(socket transport.Socket) {
		var m transport.Message
		if err := socket.Recv(&m); err != nil {
			t.Errorf("recv: %v", err)
		}
		close(ready)
		ended <- socket.Recv(&m)
	})
	c := s.dial(t, tr, l.Addr())
	if err := c.Send(&transport.Message{Body: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	<-ready
	own := make(chan error, 1)
	go func() {
		var m transport.Message
		own <- c.Recv(&m)
	}()
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	within(t, "recv after close", func() {
		if err := <-own; !errors.Is(err, net.ErrClosed) {
			t.Errorf("this side's recv: %v, want net.ErrClosed", err)
		}
		if err := <-ended; !errors.Is(err, io.EOF) {
			t.Errorf("the peer's recv: %v, want io.EOF", err)
		}
	})
	if err := c.Send(&transport.Message{}); err == nil {
		t.Error("send on a closed connection succeeds")
	}
}

func (s suite) closeUnblocksSend(t *testing.T) {
	tr := s.open(t)
	stop := make(chan struct{})
	l := s.serve(t, tr, func(transport.Socket) { <-stop }) // takes nothing
	defer close(stop)
	c := s.dial(t, tr, l.Addr())
	ended := make(chan error, 1)
	sending := make(chan struct{}, 1)
	go func() {
		body := make([]byte, 1<<20)
		for {
			select {
			case sending <- struct{}{}:
			default:
			}
			if err := c.Send(&transport.Message{Body: body}); err != nil {
				ended <- err
				return
			}
		}
	}()
	<-sending
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	within(t, "send after close", func() { <-ended })
}

func (s suite) closeAgain(t *testing.T) {
	tr := s.open(t)
	l := s.serve(t, tr, echo)
	c := s.dial(t, tr, l.Addr())
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Errorf("close the listener: %v", err)
		}
	}
}

func (s suite) lastWords(t *testing.T) {
	tr := s.open(t)
	l := s.serve(t, tr, func(socket transport.Socket) {
		var m transport.Message
		if err := socket.Recv(&m); err != nil {
			t.Errorf("recv: %v", err)
		}
		for i := range 10 {
			if err := socket.Send(&transport.Message{Body: fmt.Append(nil, i)}); err != nil {
				t.Errorf("send: %v", err)
			}
		}
	})
	c := s.dial(t, tr, l.Addr())
	within(t, "the last words", func() {
		if err := c.Send(&transport.Message{Body: []byte("go")}); err != nil {
			t.Error(err)
		}
		for i := range 10 {
			var m transport.Message
			if err := c.Recv(&m); err != nil || string(m.Body) != fmt.Sprint(i) {
				t.Errorf("message %d: %q, %v", i, m.Body, err)
			}
		}
		var m transport.Message
		if err := c.Recv(&m); !errors.Is(err, io.EOF) {
			t.Errorf("after the last message: %v, want io.EOF", err)
		}
	})
}

func (s suite) deadline(t *testing.T) {
	c := s.echo(t)
	bounded, ok := c.(transport.Deadliner)
	if !ok {
		t.Skip("the sockets are no Deadliner")
	}
	roundTrip(t, c, &transport.Message{Body: []byte("x")})
	for _, wait := range []time.Duration{20 * time.Millisecond, -time.Second} {
		if err := bounded.SetDeadline(time.Now().Add(wait)); err != nil {
			t.Fatal(err)
		}
		within(t, "recv past its deadline", func() {
			var m transport.Message
			if err := c.Recv(&m); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("recv: %v, want os.ErrDeadlineExceeded", err)
			}
		})
	}
	waiting := make(chan error, 1)
	if err := bounded.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	go func() {
		var m transport.Message
		waiting <- c.Recv(&m)
	}()
	if err := bounded.SetDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	within(t, "recv whose deadline was moved", func() {
		if err := <-waiting; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("recv: %v, want os.ErrDeadlineExceeded", err)
		}
	})
	if err := bounded.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if got := roundTrip(t, c, &transport.Message{Body: []byte("again")}); string(got.Body) != "again" {
		t.Errorf("after the deadline was lifted: %q", got.Body)
	}
}

func (s suite) acceptEnds(t *testing.T) {
	l, err := s.open(t).Listen(s.caps.Address)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Accept(echo) }()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	within(t, "accept", func() {
		if err := <-ended; err != nil {
			t.Errorf("accept: %v", err)
		}
	})
}

func (s suite) outlive(t *testing.T) {
	tr := s.open(t)
	l := s.serve(t, tr, echo)
	c := s.dial(t, tr, l.Addr())
	roundTrip(t, c, &transport.Message{Body: []byte("x")})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := roundTrip(t, c, &transport.Message{Body: []byte("still")}); string(got.Body) != "still" {
		t.Errorf("got %q", got.Body)
	}
}

func (s suite) refuses(t *testing.T) {
	if !s.caps.Refuses {
		t.Skip("the transport cannot tell")
	}
	tr := s.open(t)
	l := s.serve(t, tr, echo)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err := tr.Dial(l.Addr(), transport.WithTimeout(patience)); err == nil {
		_ = c.Close() // the error is that it exists
		t.Error("a closed listener takes connections")
	}
}

func (s suite) addresses(t *testing.T) {
	tr := s.open(t)
	type ends struct{ local, remote string }
	seen := make(chan ends, 1)
	l := s.serve(t, tr, func(socket transport.Socket) { seen <- ends{socket.Local(), socket.Remote()} })
	c := s.dial(t, tr, l.Addr())
	if c.Local() == "" || c.Remote() != l.Addr() {
		t.Errorf("the client is %q and talks to %q, not to %q", c.Local(), c.Remote(), l.Addr())
	}
	within(t, "accept", func() {
		if got := <-seen; got.local != c.Remote() || got.remote != c.Local() {
			t.Errorf("the server sees %v, the client %q and %q", got, c.Local(), c.Remote())
		}
	})
}

func (s suite) ranges(t *testing.T) {
	tr := s.open(t)
	l := s.serve(t, tr, echo)
	if second, err := tr.Listen(l.Addr()); err == nil {
		_ = second.Close() // the error is that it exists
		t.Errorf("%s was listened on twice", l.Addr())
	}
	host, port, err := net.SplitHostPort(l.Addr())
	if err != nil {
		t.Skip("addresses have no ports")
	}
	var first int
	if _, err := fmt.Sscan(port, &first); err != nil {
		t.Fatal(err)
	}
	next, err := tr.Listen(fmt.Sprintf("%s:%d-%d", host, first, min(first+50, 65535)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = next.Close() }() // checked elsewhere
	if next.Addr() == l.Addr() {
		t.Errorf("the range gave %s again", next.Addr())
	}
}

func (s suite) leavesNothing(t *testing.T) {
	before, files := runtime.NumGoroutine(), openFiles()
	t.Run("use", func(t *testing.T) {
		tr := s.open(t)
		l := s.serve(t, tr, echo)
		for range 20 {
			c := s.dial(t, tr, l.Addr())
			roundTrip(t, c, &transport.Message{Body: []byte("x")})
		}
	})
	end := time.Now().Add(patience)
	for runtime.NumGoroutine() > before || openFiles() > files {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines and %d files before, %d and %d after", before, files, runtime.NumGoroutine(), openFiles())
		}
		time.Sleep(time.Millisecond)
	}
}

// openFiles is the number of open files, 0 where the system does not tell.
func openFiles() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
