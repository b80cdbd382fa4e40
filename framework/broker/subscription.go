package broker

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"

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
	onClose func(*subscription)
	unwatch func() bool // stops watching the options' context

	mu     sync.Mutex
	wake   sync.Cond
	queue  []*Message
	bytes  int
	stats  Stats
	slow   bool // a drop was reported and the queue has not been empty since
	closed bool
	once   sync.Once
	worker sync.WaitGroup
}

var (
	_ Subscriber  = (*subscription)(nil)
	_ StatsReader = (*subscription)(nil)
)

func newSubscription(topic string, h Handler, opts SubscribeOptions, broker Options, onClose func(*subscription)) *subscription {
	s := &subscription{topic: topic, handler: h, opts: opts, broker: broker, onClose: onClose}
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
	return s.stats
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
		s.stats.Dropped += uint64(len(s.queue))
		s.stats.Pending -= uint64(len(s.queue))
		s.queue, s.bytes = nil, 0
		s.mu.Unlock()
		s.wake.Broadcast()
	})
	s.worker.Wait()
	return nil
}

// offer queues a copy of m. It never blocks: over the limit the message is dropped and counted.
func (s *subscription) offer(m *Message) error {
	limit := s.broker.Limits()
	size := messageSize(m)
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	if limits.Exceeded(len(s.queue)+1, limit.PendingMessages) || limits.Exceeded(s.bytes+size, limit.PendingBytes) {
		s.stats.Dropped++
		report := !s.slow
		s.slow = true
		s.mu.Unlock()
		if report {
			s.fail(&event{topic: s.topic, message: copyMessage(m), err: ErrSlowConsumer})
		}
		return ErrSlowConsumer
	}
	s.queue = append(s.queue, copyMessage(m))
	s.bytes += size
	s.stats.Pending++
	s.mu.Unlock()
	s.wake.Signal()
	return nil
}

func (s *subscription) work() {
	for {
		m := s.next()
		if m == nil {
			return
		}
		e := &event{topic: s.topic, message: m}
		e.err = s.call(e)
		s.mu.Lock()
		s.stats.Pending--
		if e.err == nil {
			s.stats.Delivered++
		} else {
			s.stats.Failed++
		}
		s.mu.Unlock()
		if e.err != nil {
			s.fail(e)
		}
	}
}

// next waits for a message; nil means that the subscription ended.
func (s *subscription) next() *Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) == 0 && !s.closed {
		s.slow = false
		s.queue = nil // let a burst's memory go
		s.wake.Wait()
	}
	if s.closed {
		return nil
	}
	m := s.queue[0]
	s.queue[0] = nil
	s.queue = s.queue[1:]
	s.bytes -= messageSize(m)
	return m
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

type event struct {
	topic   string
	message *Message
	err     error
}

// Topic implements Event.
func (e *event) Topic() string { return e.topic }

// Message implements Event.
func (e *event) Message() *Message { return e.message }

// Ack implements Event; brokers without acknowledgements have nothing to do.
func (e *event) Ack() error { return nil }

// Error implements Event.
func (e *event) Error() error { return e.err }

func copyMessage(m *Message) *Message {
	return &Message{Header: maps.Clone(m.Header), Body: slices.Clone(m.Body)}
}

func messageSize(m *Message) int {
	size := len(m.Body)
	for key, value := range m.Header {
		size += len(key) + len(value)
	}
	return size
}
