package broker

import (
	"bufio"
	stderrors "errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/limits"
)

// caller is a connection to the receiver. Its posts are answered in order, those that came together in one write.
type caller struct {
	conn  net.Conn
	in    *bounded
	from  *bufio.Reader
	to    *bufio.Writer
	idle  bool      // waits for a post; guarded by the receiver
	set   time.Time // when the time for a head was last begun
	known heads
}

// bounded reads no more than left bytes from a connection, if that is not negative.
type bounded struct {
	conn net.Conn
	left int
	met  bool // the bound was met
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		b.met = true
		return 0, io.EOF
	}
	if b.left > 0 && len(p) > b.left {
		p = p[:b.left]
	}
	n, err := b.conn.Read(p)
	if b.left > 0 {
		b.left -= n
	}
	return n, err
}

// callers are the connections of a receiver.
type callers struct {
	mu      sync.Mutex
	all     map[*caller]struct{}
	closing bool
	serving sync.WaitGroup
}

// readSize is how much is read at once, a burst of small posts.
const readSize = 32 << 10

// serve takes connections until the listener is closed.
func (r *receiver) serve() {
	for pause := 5 * time.Millisecond; ; {
		conn, err := r.listener.Accept()
		if stderrors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of descriptors: others have to close some first
			timer := time.NewTimer(pause)
			<-timer.C
			pause = min(2*pause, time.Second)
			continue
		}
		pause = 5 * time.Millisecond
		in := &bounded{conn: conn, left: -1}
		c := &caller{conn: conn, in: in, from: bufio.NewReaderSize(in, readSize), to: bufio.NewWriter(conn)}
		if !r.enter(c) {
			_ = conn.Close()
		}
	}
}

// enter begins to serve a connection, unless there are too many.
func (r *receiver) enter(c *caller) bool {
	r.callers.mu.Lock()
	defer r.callers.mu.Unlock()
	if r.callers.closing || limits.Exceeded(len(r.callers.all)+1, r.limits.Conns) {
		return false
	}
	if r.callers.all == nil {
		r.callers.all = map[*caller]struct{}{}
	}
	r.callers.all[c] = struct{}{}
	r.callers.serving.Go(func() {
		defer r.leave(c)
		for r.await(c) && r.exchange(c) {
		}
		linger(c)
	})
	return true
}

func (r *receiver) leave(c *caller) {
	_ = c.conn.Close()
	r.callers.mu.Lock()
	defer r.callers.mu.Unlock()
	delete(r.callers.all, c)
}

// rest says that a connection waits for a post, or no longer; it fails if the receiver is closing.
func (r *receiver) rest(c *caller, idle bool) bool {
	r.callers.mu.Lock()
	defer r.callers.mu.Unlock()
	c.idle = idle
	return !r.callers.closing
}

// after is a time in so long, or none if that is unbounded.
func after(d time.Duration) time.Time {
	if d <= 0 {
		return time.Time{}
	}
	return time.Now().Add(d)
}

// await waits for the next post. Before it does, what was answered is written.
func (r *receiver) await(c *caller) bool {
	if c.from.Buffered() > 0 {
		if now := time.Now(); now.Sub(c.set) > time.Second || r.limits.HeaderReadTimeout < 2*time.Second {
			c.set = now
			_ = c.conn.SetReadDeadline(after(r.limits.HeaderReadTimeout))
		}
		return true
	}
	_ = c.conn.SetWriteDeadline(after(r.limits.BodyTimeout))
	if c.to.Flush() != nil || !r.rest(c, true) {
		return false
	}
	wait := r.limits.IdleTimeout
	if c.set.IsZero() { // nothing was heard yet
		wait = r.limits.HeaderReadTimeout
	}
	_ = c.conn.SetReadDeadline(after(wait))
	_, err := c.from.Peek(1)
	if !r.rest(c, false) || err != nil {
		return false
	}
	c.set = time.Now()
	_ = c.conn.SetReadDeadline(after(r.limits.HeaderReadTimeout))
	return true
}

// lingering is how long the end of a connection waits for the peer to have read the last answer.
const lingering = 500 * time.Millisecond

// linger writes what is left and, if the peer still sends, reads on for a moment: to close at once would take the answer
// from it.
func linger(c *caller) {
	_ = c.conn.SetWriteDeadline(time.Now().Add(lingering))
	written := c.to.Buffered() > 0 && c.to.Flush() == nil
	if half, ok := c.conn.(interface{ CloseWrite() error }); !ok || !written || half.CloseWrite() != nil {
		return
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(lingering))
	_, _ = io.Copy(io.Discard, io.LimitReader(c.conn, 256<<10)) // only for the peer's sake
}

// close stops listening, lets running posts end for a second, and waits for all.
func (r *receiver) close() error {
	err := r.listener.Close()
	r.serving.Wait()
	r.end(false)
	hurry := time.AfterFunc(time.Second, func() { r.end(true) }) // a peer that never ends its request
	r.callers.serving.Wait()
	hurry.Stop()
	return err
}

// end closes the idle connections, or all.
func (r *receiver) end(all bool) {
	r.callers.mu.Lock()
	defer r.callers.mu.Unlock()
	r.callers.closing = true
	for c := range r.callers.all {
		if all || c.idle {
			_ = c.conn.Close()
		}
	}
}
