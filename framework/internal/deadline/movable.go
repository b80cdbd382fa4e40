package deadline

import (
	"sync"
	"time"
)

// Movable is a point in time to wait for that can be moved while others wait. The zero value never comes. Safe for
// concurrent use.
type Movable struct {
	// Then runs in a goroutine of its own when the time has come; by then Passed may have been moved on. Nil for nothing.
	Then func()

	mu    sync.Mutex
	timer *time.Timer
	past  chan struct{}
}

// Set moves the deadline to t; the zero time removes it.
func (d *Movable) Set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.past // the timer is closing it, or has
	}
	d.timer = nil
	if d.past == nil || isClosed(d.past) {
		d.past = make(chan struct{})
	}
	if t.IsZero() {
		return
	}
	past := d.past
	if wait := time.Until(t); wait > 0 {
		d.timer = time.AfterFunc(wait, func() {
			close(past)
			d.then()
		})
		return
	}
	close(past)
	if d.Then != nil {
		time.AfterFunc(0, d.Then) // not here: the caller may hold what it needs
	}
}

func (d *Movable) then() {
	if d.Then != nil {
		d.Then()
	}
}

// Passed returns a channel that is closed once the deadline is past.
func (d *Movable) Passed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.past == nil {
		d.past = make(chan struct{})
	}
	return d.past
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
