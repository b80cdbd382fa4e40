package memory

import (
	"context"
	"slices"
	gosync "sync"
	"time"

	"github.com/microtop/microtop/framework/sync"
)

// table holds locks by id, those that are held or waited for.
type table struct {
	mu    gosync.Mutex
	locks map[string]*lock
	sweep int // how many locks there may be before the table looks for ended ones
}

// lock is one lock: who holds it does not matter, only until when.
type lock struct {
	held     bool
	deadline time.Time // of the holder; zero is never
	waiting  []*waiter // longest first
}

// waiter is woken when it may be its turn, or when the holder, and so the deadline, is another one.
type waiter struct{ wake chan struct{} }

const sweepAt = 1024

func newTable() *table { return &table{locks: map[string]*lock{}, sweep: sweepAt} }

func (l *lock) taken(now time.Time) bool {
	return l.held && (l.deadline.IsZero() || now.Before(l.deadline))
}

// wakeFirst lets the first in the line look again.
func (l *lock) wakeFirst() {
	if len(l.waiting) == 0 {
		return
	}
	select {
	case l.waiting[0].wake <- struct{}{}:
	default:
	}
}

// take waits in line for the lock of id. It gives the context's cause if that ends first, and ErrLockTimeout at once if the lock
// is not free and now is set.
func (t *table) take(ctx context.Context, id string, ttl time.Duration, now bool) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	w := t.join(id)
	for {
		wait, mine := t.try(id, w, ttl)
		switch {
		case mine:
			return nil
		case now:
			t.leave(id, w)
			return sync.ErrLockTimeout
		}
		if err := w.sleep(ctx, wait); err != nil {
			t.leave(id, w)
			return err
		}
	}
}

func (t *table) join(id string) *waiter {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget()
	l := t.locks[id]
	if l == nil {
		l = &lock{}
		t.locks[id] = l
	}
	w := &waiter{wake: make(chan struct{}, 1)}
	l.waiting = append(l.waiting, w)
	return w
}

// try takes the lock for w if it is its turn; else it says how long w need not look again unless it is woken.
func (t *table) try(id string, w *waiter, ttl time.Duration) (wait time.Duration, mine bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, now := t.locks[id], time.Now()
	switch {
	case l.waiting[0] != w:
		return never, false
	case l.taken(now) && l.deadline.IsZero():
		return never, false
	case l.taken(now):
		return l.deadline.Sub(now), false
	}
	l.waiting = l.waiting[1:]
	l.held, l.deadline = true, time.Time{}
	if ttl > 0 {
		l.deadline = now.Add(ttl)
	}
	l.wakeFirst() // the deadline is another one
	return 0, true
}

func (w *waiter) sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-w.wake:
	case <-timer.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// leave takes w out of the line.
func (t *table) leave(id string, w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.locks[id]
	first := l.waiting[0] == w
	l.waiting = slices.DeleteFunc(l.waiting, func(other *waiter) bool { return other == w })
	if first {
		l.wakeFirst()
	}
	t.drop(id, l)
}

// free ends the lock of id; one that nobody holds stays as it is.
func (t *table) free(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.locks[id]
	if l == nil {
		return
	}
	l.held, l.deadline = false, time.Time{}
	l.wakeFirst()
	t.drop(id, l)
}

// drop forgets a lock that nobody holds or waits for.
func (t *table) drop(id string, l *lock) {
	if len(l.waiting) == 0 && !l.taken(time.Now()) {
		delete(t.locks, id)
	}
}

// forget lets go of locks that ended by themselves and that nobody asks for, once there are twice as many locks as after
// the last look.
func (t *table) forget() {
	if len(t.locks) < t.sweep {
		return
	}
	for id, l := range t.locks {
		t.drop(id, l)
	}
	t.sweep = max(2*len(t.locks), sweepAt)
}
