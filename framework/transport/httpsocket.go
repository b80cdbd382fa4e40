package transport

import (
	"net"
	"sync/atomic"
	"time"
)

// httpSocket is what both ends of an HTTP connection share.
type httpSocket struct {
	conn          net.Conn
	local, remote string
	reader        reader
	fields        Fields // of the last message received into a map
	writer        *writer
	lines         lines // guarded by writer.mu: used in its encode only
	until         deadlines
	timeout       time.Duration // of one Send or Recv; 0 is none
	closed        atomic.Bool
}

func (s *httpSocket) init(conn net.Conn, o Options) {
	s.conn = conn
	s.local, s.remote = conn.LocalAddr().String(), conn.RemoteAddr().String()
	s.reader = reader{source: flushing{s}, limits: o.Limits()}
	s.until.init(conn)
	s.timeout = o.Timeout
}

// SetDeadline implements Deadliner.
func (s *httpSocket) SetDeadline(t time.Time) error { return s.until.setUser(t) }

// Close implements Socket.
func (s *httpSocket) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	return s.conn.Close()
}

// Local implements Socket.
func (s *httpSocket) Local() string { return s.local }

// Remote implements Socket.
func (s *httpSocket) Remote() string { return s.remote }

// Flush implements Fielder.
func (s *httpSocket) Flush() error { return s.writer.flushHeld() }

// recvMessage receives a Message from the end that s is of.
func (s *httpSocket) recvMessage(from Fielder, m *Message, reuse bool) error {
	if s.fields.Body = nil; reuse {
		s.fields.Body = m.Body
	}
	if err := from.RecvFields(&s.fields); err != nil {
		return err
	}
	s.fields.message(m, reuse)
	return nil
}

// flushing is what a socket reads from: before it waits, what is queued leaves.
type flushing struct{ socket *httpSocket }

// Read implements io.Reader. A write that fails shows at the next one.
func (f flushing) Read(p []byte) (int, error) {
	_ = f.socket.writer.flushHeld() // see above
	return f.socket.until.Read(p)
}
