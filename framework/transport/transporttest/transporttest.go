// Package transporttest is the contract of a transport as a test suite: [Run] holds an implementation against it.
package transporttest

import (
	"sync"
	"testing"
	"time"

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
