//go:build unix

package transport_test

import (
	"crypto/tls"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/transport"
)

// client is what these tests need of one.
type client interface {
	transport.Client
	transport.PeerCloser
}

// peered returns a client and what makes the server say a last thing, if any, and close its end of the connection.
func peered(tb testing.TB, opts ...transport.Option) (client, func(last string)) {
	tb.Helper()
	tr := transport.NewHTTPTransport(opts...)
	l, err := tr.Listen("127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	leave, left, done := make(chan string, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_ = l.Accept(func(s transport.Socket) { // the client tells
			defer close(left)
			var m transport.Message
			if s.Recv(&m) == nil && s.Send(&m) == nil {
				if last := <-leave; last != "" {
					_ = s.Send(&transport.Message{Header: m.Header, Body: []byte(last)}) // the client tells
				}
			}
		})
	}()
	c, err := tr.Dial(l.Addr())
	if err != nil {
		tb.Fatal(err)
	}
	var once sync.Once
	end := func(last string) {
		once.Do(func() {
			leave <- last
			<-left // what was said is here by then
		})
	}
	tb.Cleanup(func() {
		end("")
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
	return c.(client), end
}

// everyKind runs a test over plain connections and over TLS.
func everyKind(t *testing.T, test func(t *testing.T, opts ...transport.Option)) {
	t.Run("plain", func(t *testing.T) { test(t) })
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		config := &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: version}
		t.Run(name, func(t *testing.T) { test(t, transport.TLSConfig(config), transport.Insecure()) })
	}
}

func wantClosed(t *testing.T, c client) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !c.PeerClosed(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("5 s after the peer left it is not told")
		}
	}
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
	everyKind(t, func(t *testing.T, opts ...transport.Option) {
		c, leave := peered(t, opts...)
		if c.PeerClosed() {
			t.Fatal("closed while the peer is there")
		}
		leave("")
		wantClosed(t, c)
	})
}

// What the peer said before it left is not lost: it is to be received first.
func TestPeerClosedWaitsForLastWords(t *testing.T) {
	everyKind(t, func(t *testing.T, opts ...transport.Option) {
		c, leave := peered(t, opts...)
		leave("last words")
		if c.PeerClosed() {
			t.Fatal("closed before the last words were received")
		}
		var m transport.Message
		if err := c.Recv(&m); err != nil || string(m.Body) != "last words" {
			t.Fatalf("got %q, %v", m.Body, err)
		}
		wantClosed(t, c)
	})
}

func BenchmarkPeerClosed(b *testing.B) {
	c, _ := peered(b)
	b.ReportAllocs()
	for b.Loop() {
		_ = c.PeerClosed() // its cost is what counts
	}
}
