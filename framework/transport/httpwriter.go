package transport

import (
	"net"
	"sync"
)

const (
	bodyInline   = 16 << 10 // bodies up to this size are copied behind their head, larger ones written from where they are
	maxPending   = 64 << 10 // queued bytes that make further senders wait
	writerBuffer = 64 << 10 // the largest buffer kept between messages
)

// writer writes messages to a connection, each in one piece. What is sent while a write is under way is queued, and
// leaves in the next write together.
type writer struct {
	conn net.Conn
	// before is called before each write.
	before func()

	mu      sync.Mutex
	change  sync.Cond // on mu: writing, pending or err changed
	writing bool
	pending []byte
	spare   []byte
	err     error // the first failure; it is for good
}

func newWriter(conn net.Conn, before func()) *writer {
	w := &writer{conn: conn, before: before}
	w.change.L = &w.mu
	return w
}

// send writes what encode appends, followed by body where encode did not append it itself (large). An error of encode
// leaves the connection as it was.
func (w *writer) send(encode func(dst []byte, m *Message) ([]byte, error), m *Message) error {
	large := len(m.Body) > bodyInline
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.err == nil && w.writing && (large || len(w.pending) > maxPending) {
		w.change.Wait()
	}
	if w.err != nil {
		return w.err
	}
	encoded, err := encode(w.pending, m)
	if err != nil {
		return err
	}
	w.pending = encoded
	if large {
		return w.flush(m.Body)
	}
	if w.writing {
		return nil
	}
	return w.flush(nil)
}

// flush writes what is pending, followed by body, and whatever is queued meanwhile. It holds mu at both ends, not
// while it writes.
func (w *writer) flush(body []byte) error {
	w.writing = true
	for len(w.pending) > 0 && w.err == nil {
		buf := w.pending
		w.pending, w.spare = w.spare[:0], nil
		w.mu.Unlock()
		err := w.write(buf, body)
		w.mu.Lock()
		body = nil
		if w.err == nil {
			w.err = err
		}
		if cap(buf) <= writerBuffer {
			w.spare = buf[:0]
		}
		w.change.Broadcast()
	}
	w.writing = false
	w.change.Broadcast()
	return w.err
}

func (w *writer) write(buf, body []byte) error {
	w.before()
	if body == nil {
		_, err := w.conn.Write(buf)
		return err
	}
	_, err := (&net.Buffers{buf, body}).WriteTo(w.conn)
	return err
}
