package grpctest

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// patience is how long a peer may take to say what it said to v4.
const patience = 10 * time.Second

// peer is the captured side of a connection with the one under test.
type peer struct {
	conn net.Conn

	mu   sync.Mutex
	more *sync.Cond
	got  Stream
	over bool
}

func newPeer(conn net.Conn) *peer {
	p := &peer{conn: conn}
	p.more = sync.NewCond(&p.mu)
	return p
}

// read takes what the other side sends until that ends.
func (p *peer) read(from io.Reader) {
	r := newReader(from)
	for {
		_, err := r.next()
		p.mu.Lock()
		p.got, p.over = r.out, err != nil
		p.mu.Unlock()
		p.more.Broadcast()
		if err != nil {
			return
		}
	}
}

// wait returns when what came is enough, or nothing more comes.
func (p *peer) wait(enough func(Stream) bool) Stream {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.over && !enough(p.got) {
		p.more.Wait()
	}
	return p.got
}

// play sends the captured bytes of one direction, each chunk once the other side has said as much as it did then.
func (f Fixture) play(t *testing.T, p *peer, dir string, sent, heard []byte) {
	t.Helper()
	for n, c := range f.chunks {
		if c.Dir != dir {
			continue
		}
		then := parse(t, heard[:f.before(n)])
		p.wait(func(now Stream) bool {
			return len(now.Messages) >= len(then.Messages) && (then.Headers == nil || now.Headers != nil) && (now.Ended || now.Reset || !then.Ended)
		})
		if _, err := p.conn.Write(sent[c.Off : c.Off+c.N]); err != nil {
			return // the other side has left, and p knows what it said
		}
	}
}

// Ask plays v4's client to the server at addr and returns what that answers.
func (f Fixture) Ask(t *testing.T, addr string) Stream {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	p := newPeer(conn)
	var reading sync.WaitGroup
	reading.Go(func() { p.read(conn) })
	f.play(t, p, toServer, f.up, f.down)
	wanted := f.Answered(t)
	got := p.wait(func(s Stream) bool {
		return s.Ended || s.Reset || wanted.Headers != nil && !wanted.Ended && len(s.Messages) >= len(wanted.Messages)
	})
	_ = conn.Close() // the connection was of use
	reading.Wait()
	return got
}

// Serve plays v4's server, which must have said something, to one client, and returns its address, and a function that waits for the client to leave and
// returns what it asked.
func (f Fixture) Serve(t *testing.T) (addr string, asked func() Stream) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	var got Stream
	serving.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return // the test is over
		}
		_ = conn.SetDeadline(time.Now().Add(patience)) // a read tells
		defer func() { _ = conn.Close() }()            // the connection was of use
		if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
			t.Errorf("the client's first words: %v", err)
			return
		}
		p := newPeer(conn)
		var reading sync.WaitGroup
		reading.Go(func() { p.read(conn) })
		f.play(t, p, toClient, f.down, f.up)
		reading.Wait()
		got = p.wait(func(Stream) bool { return false })
	})
	asked = sync.OnceValue(func() Stream {
		_ = l.Close() // one client was enough
		serving.Wait()
		return got
	})
	t.Cleanup(func() { asked() })
	return l.Addr().String(), asked
}
