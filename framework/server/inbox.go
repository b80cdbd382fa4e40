package server

import (
	"context"
	"errors"
	"sync"
	"time"
)

// What a stream's inbox holds before the connection has to wait: so much, but at least one frame.
const (
	inboxFrames = 128
	inboxBytes  = 1 << 20
)

// errUnread ends a stream whose handler takes no frames while the connection waits for room. The connection's only
// reader is held meanwhile: without an end it would not even notice that the peer is gone.
var errUnread = errors.New("the handler does not read the stream")

// inbox is the bounded queue between a connection and a stream's handler.
type inbox struct {
	mu     sync.Mutex
	frames [][]byte
	bytes  int
	ended  error         // what take returns once frames is empty
	change chan struct{} // closed and replaced at each change; nil while nobody waits
	wake   func()        // calls off who reads the connection for the next frame; nil while nobody does
}

// put adds a frame. It waits while the inbox is full: until done, or until nothing was taken for limit, which aborts it
// and makes put return false. A negative limit is none.
func (b *inbox) put(body []byte, done <-chan struct{}, limit time.Duration) bool {
	for {
		b.mu.Lock()
		if b.ended != nil {
			b.mu.Unlock()
			return true
		}
		if len(b.frames) == 0 || len(b.frames) < inboxFrames && b.bytes+len(body) <= inboxBytes {
			b.frames = append(b.frames, body)
			b.bytes += len(body)
			b.changed()
			b.mu.Unlock()
			return true
		}
		change := b.wait()
		b.mu.Unlock()
		if !room(change, done, limit) {
			b.abort(errUnread)
			return false
		}
		select {
		case <-done:
			return true
		default:
		}
	}
}

// room waits for a change or for done, and reports false when limit passed before.
func room(change, done <-chan struct{}, limit time.Duration) bool {
	var late <-chan time.Time
	if limit >= 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-change:
	case <-done:
	case <-late:
		return false
	}
	return true
}

// end lets take return err after the frames that are there. Only the first end counts.
func (b *inbox) end(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended == nil {
		b.ended = err
		b.changed()
	}
}

// hand adds a frame if somebody waits for it. before is called before he gets it.
func (b *inbox) hand(body []byte, before func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.change == nil || len(b.frames) > 0 || b.ended != nil {
		return false
	}
	before()
	b.frames = append(b.frames, body)
	b.bytes += len(body)
	b.changed()
	return true
}

// waits says that the next frame is waited for elsewhere, and what calls that off; nil ends it. It reports false if there
// is something to take.
func (b *inbox) waits(wake func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wake = wake
	if wake != nil && (len(b.frames) > 0 || b.ended != nil) {
		b.wake = nil
		return false
	}
	return true
}

// callOff wakes who waits elsewhere.
func (b *inbox) callOff() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.wake != nil {
		b.wake()
	}
}

// abort is end without the frames that are there.
func (b *inbox) abort(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.frames, b.bytes, b.ended = nil, 0, err
	b.changed()
}

// take returns the next frame. It waits for one until ctx ends.
func (b *inbox) take(ctx context.Context) ([]byte, error) {
	for {
		b.mu.Lock()
		if len(b.frames) > 0 {
			body := b.frames[0]
			b.frames[0] = nil
			b.frames = b.frames[1:]
			b.bytes -= len(body)
			b.changed()
			b.mu.Unlock()
			return body, nil
		}
		if b.ended != nil {
			defer b.mu.Unlock()
			return nil, b.ended
		}
		change := b.wait()
		b.mu.Unlock()
		select {
		case <-change:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// wait returns a channel that is closed at the next change. b.mu is held.
func (b *inbox) wait() <-chan struct{} {
	if b.change == nil {
		b.change = make(chan struct{})
	}
	return b.change
}

// changed wakes who waits. b.mu is held.
func (b *inbox) changed() {
	if b.wake != nil {
		b.wake()
	}
	if b.change != nil {
		close(b.change)
		b.change = nil
	}
}
