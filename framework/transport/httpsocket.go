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
	writer        *writer
	until         deadlines
	timeout       time.Duration // of one Send or Recv; 0 is none
	closed        atomic.Bool
}

func (s *httpSocket) init(conn net.Conn, o Options) {
	s.conn = conn
	s.local, s.remote = conn.LocalAddr().String(), conn.RemoteAddr().String()
	s.reader = reader{source: conn, limits: o.Limits()}
	s.until.conn = conn
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

// begin prepares a message for its headers.
func begin(m *Message, reuse bool) {
	if reuse && m.Header != nil {
		clear(m.Header)
	} else {
		m.Header = make(map[string]string, 8)
	}
	if !reuse {
		m.Body = nil
	}
}
