package broker

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
)

// NewMemoryBroker returns a broker whose subscribers are in this process.
//
// Delivery is at most once: nil from Publish means that every subscription has the message in its queue; a
// subscription over its limit drops it, and Publish says so with ErrSlowConsumer. A slow subscriber never holds
// the publisher. Members of a queue share a topic's messages.
func NewMemoryBroker(opts ...Option) Broker {
	return &memoryBroker{opts: *NewOptions(opts...)}
}

type memoryBroker struct {
	mu            sync.RWMutex
	opts          Options
	connected     bool
	subscriptions []*subscription
	topics        atomic.Pointer[map[string]audience] // of the subscriptions; nil while not connected
}

// audience is who hears a topic. It never changes.
type audience struct {
	all    []*subscription
	queues [][]*subscription // of each queue one member hears a message
}

var _ Broker = (*memoryBroker)(nil)

// Init implements Broker.
func (b *memoryBroker) Init(opts ...Option) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, set := range opts {
		set(&b.opts)
	}
	return nil
}

// Options implements Broker.
func (b *memoryBroker) Options() Options {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.opts
}

// Address implements Broker.
func (b *memoryBroker) Address() string { return "memory" }

// Connect implements Broker.
func (b *memoryBroker) Connect() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.connected = true
	b.route()
	return nil
}

// Disconnect implements Broker.
func (b *memoryBroker) Disconnect() error {
	b.mu.Lock()
	b.connected = false
	b.route()
	subscriptions := slices.Clone(b.subscriptions)
	b.mu.Unlock()
	for _, s := range subscriptions {
		_ = s.Unsubscribe() // never fails
	}
	return nil
}

// Publish implements Broker.
func (b *memoryBroker) Publish(topic string, m *Message, _ ...PublishOption) error {
	topics := b.topics.Load()
	if topics == nil {
		return fmt.Errorf("broker memory: publish %s: %w", topic, ErrNotConnected)
	}
	var failed []error
	offer := func(s *subscription) {
		if err := s.offer(m); err != nil && !errors.Is(err, ErrClosed) {
			failed = append(failed, fmt.Errorf("broker memory: publish %s: %w", topic, err))
		}
	}
	to := (*topics)[topic]
	for _, s := range to.all {
		offer(s)
	}
	for _, members := range to.queues {
		offer(members[rand.IntN(len(members))]) //nolint:gosec // balancing, not a secret
	}
	return errors.Join(failed...)
}

// route has publishers find the subscriptions as they are now. b.mu is held.
func (b *memoryBroker) route() {
	if !b.connected {
		b.topics.Store(nil)
		return
	}
	type queue struct{ topic, name string }
	topics, queues := map[string]audience{}, map[queue]int{}
	for _, s := range b.subscriptions {
		to, key := topics[s.topic], queue{s.topic, s.opts.Queue}
		at, known := queues[key]
		switch {
		case key.name == "":
			to.all = append(to.all, s)
		case known:
			to.queues[at] = append(to.queues[at], s)
		default:
			queues[key] = len(to.queues)
			to.queues = append(to.queues, []*subscription{s})
		}
		topics[s.topic] = to
	}
	b.topics.Store(&topics)
}

// Subscribe implements Broker.
func (b *memoryBroker) Subscribe(topic string, h Handler, opts ...SubscribeOption) (Subscriber, error) {
	options := NewSubscribeOptions(opts...)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.connected {
		return nil, fmt.Errorf("broker memory: subscribe %s: %w", topic, ErrNotConnected)
	}
	s := newSubscription(topic, h, options, b.opts, b.remove)
	b.subscriptions = append(b.subscriptions, s)
	b.route()
	return s, nil
}

func (b *memoryBroker) remove(s *subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subscriptions = slices.DeleteFunc(b.subscriptions, func(have *subscription) bool { return have == s })
	b.route()
}

// String implements Broker.
func (b *memoryBroker) String() string { return "memory" }
