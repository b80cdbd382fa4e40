//go:build unix

package transport_test

import (
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/transport"
)

// peered returns a client and what closes the server's end of its connection.
func peered(tb testing.TB) (transport.PeerCloser, func()) {
	tb.Helper()
	tr := transport.NewHTTPTransport()
	l, err := tr.Listen("127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	leave, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_ = l.Accept(func(s transport.Socket) { // the client tells
			var m transport.Message
			if s.Recv(&m) == nil && s.Send(&m) == nil {
				<-leave
			}
		})
	}()
	c, err := tr.Dial(l.Addr())
	if err != nil {
		tb.Fatal(err)
	}
	end := sync.OnceFunc(func() { close(leave) })
	tb.Cleanup(func() {
		end()
		_ = c.Close() // nothing is left to send
		_ = l.Close() // as above
		<-done
	})
	m := transport.Message{Header: map[string]string{"Micro-Id": "1"}, Body: []byte("x")}
	if err := c.Send(&m); err != nil {
		tb.Fatal(err)
	}
	if err := c.Recv(&m); err != nil {
		tb.Fatal(err)
	}
	return c.(transport.PeerCloser), end
}

func TestPeerClosedTakesNoMemory(t *testing.T) {
	c, _ := peered(t)
	if n := testing.AllocsPerRun(200, func() {
		if c.PeerClosed() {
			t.Fatal("closed while the peer is there")
		}
	}); n != 0 {
		t.Errorf("%v allocations a look, want none", n)
	}
}

func TestPeerClosedTellsOfAPeerThatLeft(t *testing.T) {
	c, leave := peered(t)
	if c.PeerClosed() {
		t.Fatal("closed while the peer is there")
	}
	leave()
	for end := time.Now().Add(5 * time.Second); !c.PeerClosed(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("5 s after the peer left it is not told")
		}
	}
}

func BenchmarkPeerClosed(b *testing.B) {
	c, _ := peered(b)
	b.ReportAllocs()
	for b.Loop() {
		_ = c.PeerClosed() // its cost is what counts
	}
}
