package transport

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// deadlines is a connection whose reads and writes are bounded by the earliest of several points in time. To set a
// connection's deadline is dear, and it moves with each call: one that is too early stays, and what it breaks off is taken
// up again.
type deadlines struct {
	conn net.Conn
	lazy bool // conn loses nothing when a read or write is broken off

	mu       sync.Mutex
	user     time.Time // SetDeadline's, for both directions
	read     time.Time // this side's own
	write    time.Time
	readSet  time.Time // what conn has
	writeSet time.Time
	woken    bool

	between bool // no message is half read; the reader's
}

// longPast is before any time.
var longPast = time.Unix(1, 0)

// wake makes a Read between messages return ErrWoken.
func (d *deadlines) wake() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.woken, d.readSet = true, longPast
	_ = d.conn.SetReadDeadline(longPast) // a connection that cannot take it is closed, as the read will tell
}

// wasWoken reports that a read was broken off by wake.
func (d *deadlines) wasWoken(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.woken {
		return false
	}
	d.woken, d.readSet = false, earlier(d.user, d.read)
	return d.conn.SetReadDeadline(d.readSet) == nil
}

func (d *deadlines) init(conn net.Conn) {
	d.conn = conn
	_, d.lazy = conn.(*net.TCPConn)
}

// Read reads from the connection.
func (d *deadlines) Read(p []byte) (int, error) {
	for {
		n, err := d.conn.Read(p)
		switch {
		case n > 0 || err == nil:
			return n, err
		case d.wasWoken(err):
			if d.between {
				return 0, ErrWoken
			}
		case !d.early(err, true):
			return 0, err
		}
	}
}

// writeAll writes a message's head and what of its body is not there yet.
func (d *deadlines) writeAll(buf, body []byte) error {
	if body == nil {
		for {
			n, err := d.conn.Write(buf)
			if err == nil || !d.early(err, false) {
				return err
			}
			buf = buf[n:]
		}
	}
	rest := net.Buffers{buf, body}
	for {
		_, err := rest.WriteTo(d.conn)
		if err == nil || !d.early(err, false) {
			return err
		}
	}
}

// early reports whether err came of a deadline that the connection has no more, and sets the one in force.
func (d *deadlines) early(err error, reading bool) bool {
	if !d.lazy || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	own, set, change := d.write, &d.writeSet, d.conn.SetWriteDeadline
	if reading {
		own, set, change = d.read, &d.readSet, d.conn.SetReadDeadline
	}
	bound := earlier(own, d.user)
	if !bound.IsZero() && !time.Now().Before(bound) {
		return false
	}
	*set = bound
	return change(bound) == nil
}

// apply sets the deadlines that are not early already. d.mu is held.
func (d *deadlines) apply() error {
	read, write := earlier(d.user, d.read), earlier(d.user, d.write)
	reads, writes := !d.woken && d.late(d.readSet, read), d.late(d.writeSet, write)
	switch {
	case reads && writes && read.Equal(write):
		d.readSet, d.writeSet = read, write
		return d.conn.SetDeadline(read)
	case reads:
		d.readSet = read
		if err := d.conn.SetReadDeadline(read); err != nil {
			return err
		}
	}
	if writes {
		d.writeSet = write
		return d.conn.SetWriteDeadline(write)
	}
	return nil
}

// late reports whether a deadline that is set has to be moved for a bound to hold.
func (d *deadlines) late(set, bound time.Time) bool {
	if d.lazy && !set.IsZero() {
		return !bound.IsZero() && bound.Before(set)
	}
	return set != bound
}

func (d *deadlines) setUser(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.user = t
	return d.apply()
}

// setRead sets this side's own bound of reading. A connection that cannot take it is closed, as the read will tell.
func (d *deadlines) setRead(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.read = t
	_ = d.apply() // see above
}

// setWrite is setRead for writing.
func (d *deadlines) setWrite(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.write = t
	_ = d.apply() // see above
}

// extendWrite gives writing at least limit more time. The deadline is moved once a second at most.
func (d *deadlines) extendWrite(limit time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); d.write.Before(now.Add(limit)) {
		d.write = now.Add(limit + time.Second)
		_ = d.apply() // see setRead
	}
}

// userPassed says whether SetDeadline's time has come.
func (d *deadlines) userPassed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.user.IsZero() && !time.Now().Before(d.user)
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
