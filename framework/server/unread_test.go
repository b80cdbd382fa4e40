package server_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// Spring sends until that fails, and counts what was taken off its hands.
type Spring struct {
	sent  atomic.Int64 // bytes of bodies
	ended chan error
}

// Run sends.
func (s *Spring) Run(_ context.Context, stream server.Stream) error {
	blob := make([]byte, 8<<10) // headers count little
	for {
		if err := stream.Send(&fleet.HelloResponse{Blob: blob}); err != nil {
			s.ended <- err
			return err
		}
		s.sent.Add(int64(len(blob)))
	}
}

// counting is a listener whose connections count what the system took from them.
type counting struct {
	net.Listener
	written *atomic.Int64
}

func (c counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	return countingConn{conn, c.written}, err
}

type countingConn struct {
	net.Conn
	written *atomic.Int64
}

func (c countingConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n))
	return n, err
}

// A peer that stops reading makes the handler wait: what it sends is not piled up. Once the peer is gone the handler ends.
func TestAPeerThatStopsReadingHoldsTheHandlerBack(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var written atomic.Int64
	spring := &Spring{ended: make(chan error, 1)}
	s := start(t, []any{spring}, server.ListenOption(transport.NetListener(counting{l, &written})))
	p := connect(t, s)
	p.write(post(`{}`, "Micro-Endpoint: Spring.Run", "Micro-Id: 1", "Micro-Stream: 1"))

	still(t, &spring.sent)
	if held := spring.sent.Load() - written.Load(); held > 1<<20 {
		t.Errorf("%d bytes are held, at most 1 MiB may be", held)
	}
	select {
	case err := <-spring.ended:
		t.Fatalf("the handler ended before its peer did: %v", err)
	default:
	}
	p.conn.Close()
	select {
	case <-spring.ended:
	case <-time.After(time.Second):
		t.Error("the handler still runs a second after its peer is gone")
	}
}

// still waits until n stays as it is for a while.
func still(t *testing.T, n *atomic.Int64) {
	t.Helper()
	last, since := n.Load(), time.Now()
	for end := time.Now().Add(5 * time.Second); time.Since(since) < 200*time.Millisecond; time.Sleep(5 * time.Millisecond) {
		if now := n.Load(); now != last || now == 0 {
			last, since = now, time.Now()
		}
		if time.Now().After(end) {
			t.Fatalf("the handler sends on and on, or not at all: %d bytes", last)
		}
	}
}
