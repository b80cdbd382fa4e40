package server

import (
	"sync"
	"time"
)

const (
	// watchPeriod is how often handlers that run on their connection's reader are looked at. One that is met twice is
	// slow: another goroutine reads on.
	watchPeriod = 4 * time.Millisecond
	// quick is the usual time of a handler that others on its connection may wait for, instead of a goroutine of its own.
	quick = 50 * time.Microsecond
)

// watch lets connections be read on whose reader is held by a handler. The zero value is ready; it has a timer only
// while there is something to watch.
type watch struct {
	mu    sync.Mutex
	turns map[*conn]uint64 // the turn in which a connection was met last
	timer *time.Timer      // nil if none is set
	ended bool
	wait  sync.WaitGroup // the timer's function
}

// add watches a connection for as long as it has turns.
func (w *watch) add(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.watched.Swap(true) {
		return
	}
	if w.turns == nil {
		w.turns = make(map[*conn]uint64)
	}
	w.turns[c] = 0
	if w.timer == nil && !w.ended {
		w.setTimer()
	}
}

// setTimer lets look be called once. w.mu is held.
func (w *watch) setTimer() {
	w.wait.Add(1)
	w.timer = time.AfterFunc(watchPeriod, func() {
		defer w.wait.Done()
		for _, c := range w.look() {
			c.readOn()
		}
	})
}

// look returns the connections whose reader was taken from a handler. It forgets those without a turn since the last
// time.
func (w *watch) look() (taken []*conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = nil
	for c, met := range w.turns {
		turn := c.turn.Load()
		switch {
		case turn != met:
			w.turns[c] = turn
		case turn%2 == 1:
			if c.turn.CompareAndSwap(turn, turn+1) {
				taken = append(taken, c)
			}
		default:
			c.watched.Store(false)
			if c.turn.Load() != turn { // it began one before it could know
				c.watched.Store(true)
				continue
			}
			delete(w.turns, c)
		}
	}
	if len(w.turns) > 0 && !w.ended {
		w.setTimer()
	}
	return taken
}

// stop ends the watching. Nothing is read any more.
func (w *watch) stop() {
	w.mu.Lock()
	w.ended = true
	if w.timer != nil && w.timer.Stop() {
		w.wait.Done()
	}
	w.mu.Unlock()
	w.wait.Wait()
}
