package broker

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/logger"
)

// Stats counts what became of a subscription's messages: received = Delivered + Failed + Dropped + Pending.
type Stats struct {
	// Delivered messages went to the handler, which returned nil.
	Delivered uint64
	// Failed messages went to the handler, which returned an error or panicked.
	Failed uint64
	// Dropped messages met a full subscription.
	Dropped uint64
	// Pending messages wait for the handler, or are in it.
	Pending uint64
}

// StatsReader is implemented by subscribers that count. The counts are consistent with each other.
type StatsReader interface {
	Stats() Stats
}

// subscription hands messages to one handler, in order, one at a time, from a bounded queue.
type subscription struct {
	topic   string
	handler Handler
	opts    SubscribeOptions
	broker  Options
	limits  limits.Limits
	onClose func(*subscription)
	unwatch func() bool // stops watching the options' context

	// Of the worker, which takes all that is queued at once and so needs the lock but once for many messages.
	waiting, bytes    atomic.Int64 // what waits for the handler, in the queue or with the worker
	delivered, failed atomic.Uint64
	ending            atomic.Bool

	mu       sync.Mutex
	wake     sync.Cond
	queue    []*event
	received uint64
	dropped  uint64
	slow     bool // a drop was reported and the queue has not been empty since
	closed   bool
	once     sync.Once
	worker   sync.WaitGroup
}

var (
	_ Subscriber  = (*subscription)(nil)
	_ StatsReader = (*subscription)(nil)
)

func newSubscription(topic string, h Handler, opts SubscribeOptions, broker Options, onClose func(*subscription)) *subscription {
	s := &subscription{topic: topic, handler: h, opts: opts, broker: broker, limits: broker.Limits(), onClose: onClose}
	s.wake.L = &s.mu
	s.worker.Go(s.work)
	if opts.Context != nil {
		unwatch := context.AfterFunc(opts.Context, func() { _ = s.Unsubscribe() })
		s.mu.Lock()
		s.unwatch = unwatch
		s.mu.Unlock()
	}
	return s
}

// Options implements Subscriber.
func (s *subscription) Options() SubscribeOptions { return s.opts }

// Topic implements Subscriber.
func (s *subscription) Topic() string { return s.topic }

// Stats implements StatsReader.
func (s *subscription) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Stats{Delivered: s.delivered.Load(), Failed: s.failed.Load(), Dropped: s.dropped}
	out.Pending = s.received - out.Delivered - out.Failed - out.Dropped
	return out
}

// Unsubscribe implements Subscriber. Messages still pending are dropped and counted.
func (s *subscription) Unsubscribe() error {
	s.once.Do(func() {
		s.onClose(s)
		s.mu.Lock()
		s.closed = true
		if s.unwatch != nil {
			s.unwatch()
		}
		s.ending.Store(true)
		s.dropped += uint64(len(s.queue))
		s.queue = nil
		s.mu.Unlock()
		s.wake.Broadcast()
	})
	s.worker.Wait()
	return nil
}

// offer queues a copy of m. It never blocks: over the limit the message is dropped and counted.
func (s *subscription) offer(m *Message) error {
	size := messageSize(m)
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.received++
	if limits.Exceeded(int(s.waiting.Load())+1, s.limits.PendingMessages) || limits.Exceeded(int(s.bytes.Load())+size, s.limits.PendingBytes) {
		s.dropped++
		report := !s.slow
		s.slow = true
		s.mu.Unlock()
		if report {
			e := s.event(m, size)
			e.err = ErrSlowConsumer
			s.fail(e)
		}
		return ErrSlowConsumer
	}
	s.waiting.Add(1)
	s.bytes.Add(int64(size))
	s.queue = append(s.queue, s.event(m, size))
	s.mu.Unlock()
	s.wake.Signal()
	return nil
}

// mostSpare is how long a queue may be whose memory is kept for the next one.
const mostSpare = 1024

// work hands what is queued to the handler until the subscription ends.
func (s *subscription) work() {
	var spare []*event
	for {
		batch := s.next(spare)
		if batch == nil {
			return
		}
		for i, e := range batch {
			if s.ending.Load() {
				s.drop(len(batch) - i)
				return
			}
			batch[i] = nil
			s.handle(e)
		}
		spare = nil // let a burst's memory go
		if cap(batch) <= mostSpare {
			spare = batch[:0]
		}
	}
}

func (s *subscription) handle(e *event) {
	s.waiting.Add(-1)
	s.bytes.Add(-int64(e.size))
	if e.err = s.call(e); e.err == nil {
		s.delivered.Add(1)
		return
	}
	s.failed.Add(1)
	s.fail(e)
}

// next waits for messages and takes them all, leaving an empty queue in their place; nil means that the subscription ended.
func (s *subscription) next(empty []*event) []*event {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) == 0 && !s.closed {
		s.slow = false
		s.wake.Wait()
	}
	if s.closed {
		return nil
	}
	batch := s.queue
	s.queue = empty
	return batch
}

// drop counts messages that the end of the subscription leaves unhandled.
func (s *subscription) drop(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropped += uint64(n) //nolint:gosec // not negative
}

// call runs the handler; a panic becomes an error (docs/wire.md §3.9).
func (s *subscription) call(e *event) (err error) {
	defer func() {
		if v := recover(); v != nil {
			logger.Slog(s.broker.Logger).Error("subscriber panicked", "topic", s.topic, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic recovered: %v", v)
		}
	}()
	return s.handler(e)
}

// fail reports an event that was not handled: to the error handler, or to the log without one.
func (s *subscription) fail(e *event) {
	if s.broker.ErrorHandler == nil {
		logger.Slog(s.broker.Logger).Warn("event not handled", "topic", s.topic, "error", e.err)
		return
	}
	defer func() {
		if v := recover(); v != nil {
			logger.Slog(s.broker.Logger).Error("error handler panicked", "topic", s.topic, "panic", fmt.Sprint(v))
		}
	}()
	_ = s.broker.ErrorHandler(e) // there is nobody left to tell
}

// event is one delivery, with a copy of the message.
type event struct {
	topic   string
	message Message
	size    int
	err     error
}

func (s *subscription) event(m *Message, size int) *event {
	return &event{topic: s.topic, message: Message{Header: maps.Clone(m.Header), Body: slices.Clone(m.Body)}, size: size}
}

// Topic implements Event.
func (e *event) Topic() string { return e.topic }

// Message implements Event.
func (e *event) Message() *Message { return &e.message }

// Ack implements Event; brokers without acknowledgements have nothing to do.
func (e *event) Ack() error { return nil }

// Error implements Event.
func (e *event) Error() error { return e.err }

func messageSize(m *Message) int {
	size := len(m.Body)
	for key, value := range m.Header {
		size += len(key) + len(value)
	}
	return size
}
