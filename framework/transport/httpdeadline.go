package transport

import (
	"net"
	"sync"
	"time"
)

// deadlines bounds a connection's reads and writes by the earliest of several points in time.
type deadlines struct {
	conn net.Conn

	mu    sync.Mutex
	user  time.Time // SetDeadline's, for both directions
	read  time.Time // this side's own
	write time.Time
}

func (d *deadlines) setUser(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.user = t
	if d.read.IsZero() && d.write.IsZero() {
		return d.conn.SetDeadline(t)
	}
	if err := d.conn.SetReadDeadline(earlier(t, d.read)); err != nil {
		return err
	}
	return d.conn.SetWriteDeadline(earlier(t, d.write))
}

// setRead sets this side's own bound of reading. A connection that cannot take it is closed, as the read will tell.
func (d *deadlines) setRead(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.read = t
	_ = d.conn.SetReadDeadline(earlier(t, d.user)) // see above
}

// setWrite is setRead for writing.
func (d *deadlines) setWrite(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.write = t
	_ = d.conn.SetWriteDeadline(earlier(t, d.user)) // see above
}

// extendWrite gives writing at least limit more time. The deadline is moved once a second at most.
func (d *deadlines) extendWrite(limit time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); d.write.Before(now.Add(limit)) {
		d.write = now.Add(limit + time.Second)
		_ = d.conn.SetWriteDeadline(earlier(d.write, d.user)) // see setRead
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
