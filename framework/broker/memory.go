package broker

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
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
	return nil
}

// Disconnect implements Broker.
func (b *memoryBroker) Disconnect() error {
	b.mu.Lock()
	b.connected = false
	subscriptions := slices.Clone(b.subscriptions)
	b.mu.Unlock()
	for _, s := range subscriptions {
		_ = s.Unsubscribe() // never fails
	}
	return nil
}

// Publish implements Broker.
func (b *memoryBroker) Publish(topic string, m *Message, _ ...PublishOption) error {
	var few [8]*subscription // most topics have no more
	b.mu.RLock()
	connected, receivers := b.connected, b.receivers(topic, few[:0])
	b.mu.RUnlock()
	if !connected {
		return fmt.Errorf("broker memory: publish %s: %w", topic, ErrNotConnected)
	}
	var failed []error
	for _, s := range receivers {
		if err := s.offer(m); err != nil && !errors.Is(err, ErrClosed) {
			failed = append(failed, fmt.Errorf("broker memory: publish %s: %w", topic, err))
		}
	}
	return errors.Join(failed...)
}

// receivers, called under the lock, adds to out each plain subscription of the topic and one member of each queue.
func (b *memoryBroker) receivers(topic string, out []*subscription) []*subscription {
	var queues map[string][]*subscription
	for _, s := range b.subscriptions {
		switch {
		case s.topic != topic:
		case s.opts.Queue == "":
			out = append(out, s)
		default:
			if queues == nil {
				queues = map[string][]*subscription{}
			}
			queues[s.opts.Queue] = append(queues[s.opts.Queue], s)
		}
	}
	for _, members := range queues {
		out = append(out, members[rand.IntN(len(members))]) //nolint:gosec // balancing, not a secret
	}
	return out
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
	return s, nil
}

func (b *memoryBroker) remove(s *subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subscriptions = slices.DeleteFunc(b.subscriptions, func(have *subscription) bool { return have == s })
}

// String implements Broker.
func (b *memoryBroker) String() string { return "memory" }
