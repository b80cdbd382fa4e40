package broker

import (
	"context"
	"fmt"
	"runtime/debug"
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
	limits  limits.Limits
	onClose func(*subscription)
	unwatch func() bool // stops watching the options' context

	mu       sync.Mutex
	wake     sync.Cond
	queue    queue
	taken    struct{ messages, bytes int } // what the worker took last
	received uint64
	dropped  uint64
	slow     bool // a drop was reported and the queue has not been empty since
	closed   bool
	once     sync.Once
	worker   sync.WaitGroup

	_        [64]byte // what the worker writes is not in a cache line with what publishers do
	progress progress
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
	out := Stats{Delivered: s.progress.delivered.Load(), Failed: s.progress.failed.Load(), Dropped: s.dropped}
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
		s.progress.ending.Store(true)
		s.dropped += uint64(s.queue.messages) //nolint:gosec // not negative
		s.queue = queue{}
		s.mu.Unlock()
		s.wake.Broadcast()
	})
	s.worker.Wait()
	return nil
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
