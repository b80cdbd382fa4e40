package tui

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// quiet is how long what follows a delivery is collected.
const quiet = 50 * time.Millisecond

// Feed carries live data to a screen. Whoever has data pushes it and never waits; the
// screen gets it in batches: the first event after quiet at once, what follows within
// 50 ms together. When the screen cannot keep up the oldest events are dropped and
// counted. Push is safe for concurrent use; there is one reader.
type Feed[T any] struct {
	mu      sync.Mutex
	ring    []T
	start   int // of the oldest
	n       int
	dropped uint64
	wake    chan struct{} // holds a token while n > 0 and nobody knows
	last    time.Time     // of the last delivery; the reader's
}

// Batch is what a [Feed] delivers, oldest first.
type Batch[T any] struct {
	From    *Feed[T] // tells feeds of one type apart
	Items   []T
	Dropped uint64 // since the feed was made
}

// NewFeed returns a feed that holds up to size events, at least one.
func NewFeed[T any](size int) *Feed[T] {
	return &Feed[T]{ring: make([]T, max(size, 1)), wake: make(chan struct{}, 1)}
}

// Push adds an event; when there is no room the oldest goes.
func (f *Feed[T]) Push(v T) {
	f.mu.Lock()
	if f.n == len(f.ring) {
		f.start = (f.start + 1) % len(f.ring)
		f.n--
		f.dropped++
	}
	f.ring[(f.start+f.n)%len(f.ring)] = v
	f.n++
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Next returns a command that waits for the next [Batch]. The screen returns it again
// with each batch it gets. It ends without a message when ctx does.
func (f *Feed[T]) Next(ctx context.Context) tea.Cmd {
	return func() tea.Msg {
		select {
		case <-ctx.Done():
			return nil
		case <-f.wake:
		}
		if rest := quiet - time.Since(f.last); rest > 0 {
			timer := time.NewTimer(rest)
			defer timer.Stop()
			select {
			case <-ctx.Done():
				return nil
			case <-timer.C:
			}
		}
		f.last = time.Now()
		return f.take()
	}
}

func (f *Feed[T]) take() Batch[T] {
	f.mu.Lock()
	defer f.mu.Unlock()
	items := make([]T, f.n)
	for i := range items {
		at := (f.start + i) % len(f.ring)
		items[i] = f.ring[at]
		var zero T
		f.ring[at] = zero
	}
	f.start, f.n = 0, 0
	select {
	case <-f.wake: // what it stands for is in items
	default:
	}
	return Batch[T]{f, items, f.dropped}
}
