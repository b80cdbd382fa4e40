package transport

import (
	"sync"
	"sync/atomic"
)

const (
	bodyInline   = 16 << 10 // bodies up to this size are copied behind their head, larger ones written from where they are
	maxHeld      = 32 << 10 // held bytes that leave without waiting for more
	maxPending   = 32 << 10 // queued bytes that make further senders wait; with one more message they fit writerBuffer
	writerBuffer = 64 << 10 // what a burst of messages is gathered in
	writerRest   = 4 << 10  // the largest buffer that a connection keeps at rest
	headRoom     = 1 << 10  // what a head seldom exceeds
)

// writerBuffers are for whoever gathers more than fits a buffer at rest.
var writerBuffers = sync.Pool{New: func() any { return new([writerBuffer]byte) }}

// writer writes messages to a connection, each in one piece. What is sent while a write is under way is queued, and
// leaves in the next write together.
type writer struct {
	out *deadlines
	// before is called before each write.
	before func()

	mu      sync.Mutex
	change  sync.Cond // on mu: writing, pending or err changed
	writing bool
	held    atomic.Bool // some of pending may wait, and nobody is about to write it; written under mu
	pending []byte
	spare   []byte
	small   []byte // what pending outgrew
	err     error  // the first failure; it is for good
}

func newWriter(out *deadlines, before func()) *writer {
	w := &writer{out: out, before: before}
	w.change.L = &w.mu
	return w
}

// send writes what encode appends, followed by body where encode did not append it itself (large). An error of encode
// leaves the connection as it was. What is sent to leave later waits for the next send or for flushHeld.
func (w *writer) send(body []byte, later bool, encode func(dst []byte) ([]byte, error)) error {
	large := len(body) > bodyInline
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.err == nil && w.writing && (large || len(w.pending) > maxPending) {
		w.change.Wait()
	}
	if w.err != nil {
		return w.err
	}
	w.makeRoom(len(body))
	encoded, err := encode(w.pending)
	if err != nil {
		return err
	}
	w.pending = encoded
	switch {
	case large:
		return w.flush(body)
	case w.writing:
		return nil
	case later && len(w.pending) < maxHeld:
		w.held.Store(true)
		return nil
	}
	return w.flush(nil)
}

// flushHeld writes what was sent to leave later.
func (w *writer) flushHeld() error {
	if !w.held.Load() {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil || w.writing {
		return w.err
	}
	return w.flush(nil)
}

// flush writes what is pending, followed by body, and whatever is queued meanwhile. It holds mu at both ends, not
// while it writes.
func (w *writer) flush(body []byte) error {
	w.writing = true
	w.held.Store(false)
	for len(w.pending) > 0 && w.err == nil {
		buf := w.pending
		w.pending, w.spare = w.spare[:0], nil
		w.mu.Unlock()
		w.before()
		err := w.out.writeAll(buf, body)
		w.mu.Lock()
		body = nil
		if w.err == nil {
			w.err = err
		}
		w.spare = buf[:0]
		w.change.Broadcast()
	}
	w.rest()
	w.writing = false
	w.change.Broadcast()
	return w.err
}

// makeRoom gathers what is pending in a large buffer before it outgrows a small one. mu is held.
func (w *writer) makeRoom(body int) {
	if body > bodyInline {
		body = 0
	}
	need := len(w.pending) + headRoom + body
	if need <= cap(w.pending) || need <= writerRest || need > writerBuffer || cap(w.pending) >= writerBuffer {
		return
	}
	if cap(w.pending) <= writerRest {
		w.small = w.pending
	}
	large := writerBuffers.Get().(*[writerBuffer]byte) //nolint:forcetypeassert // the pool holds nothing else
	w.pending = append(large[:0], w.pending...)
}

// rest gives large buffers back. mu is held.
func (w *writer) rest() {
	w.pending, w.spare = returned(w.pending), returned(w.spare)
	if w.pending == nil {
		w.pending, w.small = w.small[:0], nil
	}
}

// returned gives an empty buffer back if it is a large one, and else keeps it.
func returned(buf []byte) []byte {
	switch {
	case cap(buf) <= writerRest || len(buf) > 0:
		return buf
	case cap(buf) == writerBuffer:
		writerBuffers.Put((*[writerBuffer]byte)(buf[:writerBuffer]))
	}
	return nil
}
