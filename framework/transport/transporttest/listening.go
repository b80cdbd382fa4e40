package transporttest

import (
	"fmt"
	"net"
	"testing"

	"github.com/microtop/microtop/framework/transport"
)

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
