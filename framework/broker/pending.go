package broker

import (
	"runtime"
	"sync/atomic"

	"github.com/microtop/microtop/framework/limits"
)

// progress is what the worker tells others without the lock.
type progress struct {
	begun, begunBytes atomic.Int64 // of the batch: went to the handler
	delivered, failed atomic.Uint64
	ending            atomic.Bool // told to the worker
}

// offer queues a copy of m. It never blocks: over the limit the message is dropped and counted.
func (s *subscription) offer(m *Message) error { return s.put(copied(m)) }

// put queues a parcel as offer does.
func (s *subscription) put(p parcel) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.received++
	if s.full(p.size) {
		s.dropped++
		report := !s.slow
		s.slow = true
		s.mu.Unlock()
		if report {
			e := p.open(s.topic)
			e.err = ErrSlowConsumer
			s.fail(e)
		}
		return ErrSlowConsumer
	}
	s.queue.add(p)
	s.mu.Unlock()
	s.wake.Signal() // costs little unless the worker sleeps
	return nil
}

// full says whether there is no room for a message of that size. How far the worker has come is only looked at when it
// matters. s.mu is held.
func (s *subscription) full(size int) bool {
	messages, bytes := s.queue.messages+s.taken.messages+1, s.queue.bytes+s.taken.bytes+size
	if !s.over(messages, bytes) {
		return false
	}
	return s.over(messages-int(s.progress.begun.Load()), bytes-int(s.progress.begunBytes.Load()))
}

func (s *subscription) over(messages, bytes int) bool {
	return limits.Exceeded(messages, s.limits.PendingMessages) || limits.Exceeded(bytes, s.limits.PendingBytes)
}

// work hands what is queued to the handler until the subscription ends. It takes all that is queued at once, and so
// needs the lock but once for many messages.
func (s *subscription) work() {
	for {
		all, ok := s.next()
		if !ok {
			return
		}
		begun, bytes := 0, 0
		for c := all.first; c != nil; c = c.free() {
			for i := range c.parcels[:c.n] {
				if s.progress.ending.Load() {
					s.drop(all.messages - begun)
					return
				}
				begun++
				bytes += c.parcels[i].size
				s.progress.begun.Store(int64(begun))
				s.progress.begunBytes.Store(int64(bytes))
				s.handle(c.parcels[i].open(s.topic))
			}
		}
	}
}

func (s *subscription) handle(e *event) {
	if e.err = s.call(e); e.err == nil {
		s.progress.delivered.Add(1)
		return
	}
	s.progress.failed.Add(1)
	s.fail(e)
}

// mostYields is how often a worker without messages lets others run before it sleeps: to wake it costs the publisher
// more.
const mostYields = 16

// next waits for messages and takes them all; it fails when the subscription ended.
func (s *subscription) next() (all queue, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for yields := 0; s.queue.messages == 0 && !s.closed; yields++ {
		s.slow = false
		if yields >= mostYields {
			s.wake.Wait()
			continue
		}
		s.mu.Unlock()
		runtime.Gosched()
		s.mu.Lock()
	}
	if s.closed {
		return queue{}, false
	}
	all, s.queue = s.queue, queue{}
	s.taken.messages, s.taken.bytes = all.messages, all.bytes
	s.progress.begun.Store(0)
	s.progress.begunBytes.Store(0)
	return all, true
}

// drop counts messages that the end of the subscription leaves unhandled.
func (s *subscription) drop(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropped += uint64(n) //nolint:gosec // not negative
}
