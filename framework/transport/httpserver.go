package transport

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/limits"
)

const (
	lingerTime  = 250 * time.Millisecond
	lingerBytes = 64 << 10
)

// errIdle ends a server's Recv on a connection that was silent for too long.
var errIdle = fmt.Errorf("connection idle: %w", os.ErrDeadlineExceeded)

// httpServer is the accepting end: it receives requests and sends responses.
type httpServer struct {
	httpSocket
	busy   atomic.Bool
	active atomic.Int64 // when the last message came or went, in nanoseconds since start
	start  time.Time
	used   bool // a message came
	phase  phase
}

// phase is what the read deadline in force is for.
type phase int

const (
	none phase = iota
	idle
	inHead
	inBody
)

var (
	_ Socket    = (*httpServer)(nil)
	_ Deadliner = (*httpServer)(nil)
	_ Idler     = (*httpServer)(nil)
	_ Reuser    = (*httpServer)(nil)
	_ Fielder   = (*httpServer)(nil)
	_ Waker     = (*httpServer)(nil)
)

// newHTTPServer returns the accepting end of conn, whose peer has the time of one header to say something.
func newHTTPServer(conn net.Conn, o Options) *httpServer {
	s := &httpServer{start: time.Now()}
	s.init(conn, o)
	s.reader.waiting = s.wait
	s.writer = newWriter(&s.until, s.beforeWrite)
	s.wait(false)
	return s
}

// SetBusy implements Idler.
func (s *httpServer) SetBusy(busy bool) {
	s.touch()
	s.busy.Store(busy)
}

// Wake implements Waker.
func (s *httpServer) Wake() { s.until.wake() }

func (s *httpServer) touch() { s.active.Store(int64(time.Since(s.start))) }

// quiet is how long ago the last message came or went.
func (s *httpServer) quiet() time.Duration {
	return time.Since(s.start) - time.Duration(s.active.Load())
}

// wait bounds the wait for the rest of a message, from the first time that it is not here.
func (s *httpServer) wait(body bool) {
	next, limit := inHead, s.reader.limits.HeaderReadTimeout
	if body {
		next, limit = inBody, s.reader.limits.BodyTimeout
	}
	if s.phase != next {
		s.phase = next
		s.bound(limit)
	}
}

// bound bounds the next reads; a negative limit is none.
func (s *httpServer) bound(limit time.Duration) {
	if s.timeout > 0 && (limit < 0 || s.timeout < limit) {
		limit = s.timeout
	}
	if limit < 0 {
		s.until.setRead(time.Time{})
		return
	}
	s.until.setRead(time.Now().Add(limit))
}

// beforeWrite gives the peer the time of one body to take what is written.
func (s *httpServer) beforeWrite() {
	s.touch()
	limit := s.reader.limits.BodyTimeout
	if s.timeout > 0 {
		s.until.setWrite(time.Now().Add(s.timeout))
	} else if limit >= 0 {
		s.until.extendWrite(limit)
	}
}

// Send implements Socket.
func (s *httpServer) Send(m *Message) error {
	return s.writer.send(m.Body, false, func(dst []byte) ([]byte, error) {
		dst, err := appendHeader(beginResponse(dst, len(m.Body)), m.Header)
		return appendInline(append(dst, "\r\n"...), m.Body), err
	})
}

// SendFields implements Fielder.
func (s *httpServer) SendFields(list []Field, body []byte) error {
	return s.sendFields(list, body, false)
}

// QueueFields implements Fielder.
func (s *httpServer) QueueFields(list []Field, body []byte) error {
	return s.sendFields(list, body, true)
}

func (s *httpServer) sendFields(list []Field, body []byte, later bool) error {
	return s.writer.send(body, later, func(dst []byte) ([]byte, error) {
		dst, err := s.lines.append(beginResponse(dst, len(body)), list)
		return appendInline(append(dst, "\r\n"...), body), err
	})
}

// beginResponse appends what comes before a response's headers.
func beginResponse(dst []byte, length int) []byte {
	dst = append(dst, "HTTP/1.1 200 OK\r\nContent-Length: "...)
	dst = strconv.AppendInt(dst, int64(length), 10)
	return append(dst, "\r\n"...)
}

// Recv implements Socket. A request that breaks the rules is answered with its 4xx and ends the connection.
func (s *httpServer) Recv(m *Message) error { return s.recvMessage(s, m, false) }

// RecvReuse implements Reuser.
func (s *httpServer) RecvReuse(m *Message) error { return s.recvMessage(s, m, true) }

// RecvFields implements Fielder.
func (s *httpServer) RecvFields(f *Fields) error {
	if err := s.await(); err != nil {
		return err
	}
	err := s.request(f)
	if err == nil {
		s.used, f.More = true, s.reader.buffered() > 0
		if s.phase != idle {
			s.phase = none
		}
		s.touch()
		return nil
	}
	var refused *refusal
	if errors.As(err, &refused) {
		s.refuse(refused)
	}
	_ = s.Close() // err says what matters
	return err
}

// await waits for the first byte of a request: as long as for a header on a new connection, later until the connection
// is idle for too long.
func (s *httpServer) await() error {
	for s.reader.buffered() == 0 {
		if s.timeout > 0 || s.used && s.phase != idle {
			s.phase = idle
			s.bound(s.reader.limits.IdleTimeout)
		}
		s.until.between = true
		err := s.reader.fill()
		s.until.between = false
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) || s.timeout > 0 || s.until.userPassed() {
			if err != nil {
				return err
			}
			continue
		}
		left := s.reader.limits.IdleTimeout - s.quiet()
		switch {
		case s.busy.Load():
			s.bound(s.reader.limits.IdleTimeout)
		case s.used && left > 0:
			s.bound(left)
		default:
			return errIdle
		}
	}
	return nil
}

// request reads the request whose first byte has come.
func (s *httpServer) request(f *Fields) error {
	h, err := s.reader.parse(f, parseRequest)
	if err != nil {
		return err
	}
	if h.proceed && s.reader.buffered() == 0 && !limits.Exceeded(h.length, s.reader.limits.MessageBytes) {
		if err := s.writer.send(nil, false, proceed); err != nil {
			return err
		}
	}
	f.Body, err = s.reader.body(h, f.Body, false)
	return err
}

func proceed(dst []byte) ([]byte, error) {
	return append(dst, "HTTP/1.1 100 Continue\r\n\r\n"...), nil
}

// refuse answers a bad request.
func (s *httpServer) refuse(r *refusal) {
	err := s.writer.send(nil, false, func(dst []byte) ([]byte, error) { return r.answer(dst), nil })
	if err != nil {
		return
	}
	linger(s.conn)
}

// linger ends this side of a connection that is closed next, and reads on for a moment: what the peer sends after the
// close would make it lose the answer.
func linger(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // see above
	}
	_ = conn.SetReadDeadline(time.Now().Add(lingerTime)) // see above
	_, _ = io.CopyN(io.Discard, conn, lingerBytes)       // whatever it is
}
