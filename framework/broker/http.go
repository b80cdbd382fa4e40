package broker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/cache"
)

// What subscribers of the http broker look like in the registry (docs/wire.md §7.1).
const (
	// ServiceName is the service that subscribers register under.
	ServiceName = "micro.http.broker"
	// broadcastVersion is the version of subscribers that are in no queue.
	broadcastVersion = "ff.http.broadcast"

	subscriberTTL      = time.Minute
	subscriberInterval = 30 * time.Second
)

var (
	// DefaultPath is the path that messages are posted to.
	DefaultPath = "/"
	// DefaultAddress is where the http broker listens: loopback, so that only this host can post to it.
	DefaultAddress = "127.0.0.1:0"
)

// NewBroker returns the http broker: each subscriber listens and registers itself, each publisher posts to the
// subscribers that it finds (docs/wire.md §7). Up to 64 posts are under way to a subscriber at once, in one write; if its
// connection breaks, those without an answer are lost, and counted so.
//
// Delivery is at most once: nil from Publish means that the message is queued for every subscriber known at that
// moment that answers, and will be posted to it once, in order; only a post that found no connection is tried again. A
// subscriber that does not answer its first message, or two in a row, is set aside for 1 s, doubling to 5 min, and misses
// what is published meanwhile; that is counted ([PublisherStatsReader]). Anyone who can connect to a subscriber's port
// can post to it.
func NewBroker(opts ...Option) Broker { return newHTTPBroker(opts...) }

type httpBroker struct {
	mu            sync.RWMutex
	opts          Options
	session       *session // nil while not connected
	subscriptions map[*subscription]*registry.Service
	nodes         map[string]*subscription // by id
	sender        *sender                  // of the session, or of the last one
}

var (
	_ Broker               = (*httpBroker)(nil)
	_ PublisherStatsReader = (*httpBroker)(nil)
)

func newHTTPBroker(opts ...Option) *httpBroker {
	return &httpBroker{opts: *NewOptions(opts...), subscriptions: map[*subscription]*registry.Service{}, nodes: map[string]*subscription{}}
}

// session is what lives between Connect and Disconnect.
type session struct {
	receiver *receiver
	cache    cache.Cache
	registry registry.Registry
	codec    codec.Marshaler
	plain    bool // the codec is the default
	sender   *sender
	cancel   context.CancelFunc
	work     sync.WaitGroup
}

// Init implements Broker. Options take effect at the next Connect.
func (b *httpBroker) Init(opts ...Option) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, set := range opts {
		set(&b.opts)
	}
	return nil
}

// Options implements Broker.
func (b *httpBroker) Options() Options {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.opts
}

// Address implements Broker: host:port once connected.
func (b *httpBroker) Address() string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.session == nil {
		return ""
	}
	return b.session.receiver.address()
}

// String implements Broker.
func (b *httpBroker) String() string { return "http" }

// Connect implements Broker.
func (b *httpBroker) Connect() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.session != nil {
		return nil
	}
	s := &session{registry: b.opts.Registry, codec: marshaler(b.opts), plain: b.opts.Codec == nil}
	if s.registry == nil {
		s.registry = registry.DefaultRegistry
	}
	received, err := listen(b)
	if err != nil {
		return fmt.Errorf("broker http: connect: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.receiver, s.cancel = received, cancel
	s.cache = cache.New(s.registry, cache.WithLogger(b.opts.Logger))
	s.sender = newSender(b.opts, received.address())
	s.work.Go(func() { b.refresh(ctx, s.registry) })
	b.session, b.sender = s, s.sender
	return nil
}

// Disconnect implements Broker: it unsubscribes, posts what is queued for at most flushTimeout, and closes.
func (b *httpBroker) Disconnect() error {
	b.mu.Lock()
	s := b.session
	b.session = nil
	subscriptions := slices.Collect(maps.Keys(b.subscriptions))
	b.mu.Unlock()
	if s == nil {
		return nil
	}
	var failed []error
	for _, sub := range subscriptions {
		failed = append(failed, b.deregister(s.registry, b.take(sub)))
		_ = sub.Unsubscribe() // never fails
	}
	s.cancel()
	s.work.Wait()
	failed = append(failed, s.sender.close(), s.receiver.close())
	s.cache.Stop()
	return errors.Join(failed...)
}

// PublisherStats implements PublisherStatsReader.
func (b *httpBroker) PublisherStats() PublisherStats {
	b.mu.RLock()
	s := b.sender
	b.mu.RUnlock()
	if s == nil {
		return PublisherStats{}
	}
	return s.counts()
}

// Subscribe implements Broker.
func (b *httpBroker) Subscribe(topic string, h Handler, opts ...SubscribeOption) (Subscriber, error) {
	options := NewSubscribeOptions(opts...)
	b.mu.RLock()
	s, brokerOptions := b.session, b.opts
	b.mu.RUnlock()
	if s == nil {
		return nil, fmt.Errorf("broker http: subscribe %s: %w", topic, ErrNotConnected)
	}
	service := record(topic, options.Queue, s.receiver)
	sub := newSubscription(topic, h, options, brokerOptions, b.forget)
	b.mu.Lock()
	b.subscriptions[sub], b.nodes[service.Nodes[0].Id] = service, sub
	b.mu.Unlock()
	if err := s.registry.Register(service, registry.RegisterTTL(subscriberTTL)); err != nil {
		b.take(sub)
		_ = sub.Unsubscribe() // never fails
		return nil, fmt.Errorf("broker http: subscribe %s: register: %w", topic, err)
	}
	return sub, nil
}

// record is a subscription as the registry shows it. Its node's id is its own, so that a post is for it alone; v4 gives
// all subscriptions of a process to a topic one id, and a post for a broadcast one reaches the members of queues too.
func record(topic, queue string, r *receiver) *registry.Service {
	version := queue
	if version == "" {
		version = broadcastVersion
	}
	secure := "false"
	if r.secure {
		secure = "true"
	}
	return &registry.Service{Name: ServiceName, Version: version, Nodes: []*registry.Node{{
		Id:       topic + "-" + uuid.NewString(),
		Address:  r.address(),
		Metadata: map[string]string{"broker": "http", "secure": secure, "topic": topic},
	}}}
}

// forget takes a subscription that ends out of the registry.
func (b *httpBroker) forget(sub *subscription) {
	b.mu.RLock()
	s := b.session
	b.mu.RUnlock()
	service := b.take(sub)
	if s == nil {
		return
	}
	if err := b.deregister(s.registry, service); err != nil {
		logger.Slog(b.Options().Logger).Warn("subscriber stays in the registry until it expires", "topic", sub.topic, "error", err)
	}
}

// take removes a subscription and returns its record, or nil if it was removed already.
func (b *httpBroker) take(sub *subscription) *registry.Service {
	b.mu.Lock()
	defer b.mu.Unlock()
	service := b.subscriptions[sub]
	if service != nil {
		delete(b.nodes, service.Nodes[0].Id)
	}
	delete(b.subscriptions, sub)
	return service
}

func (b *httpBroker) deregister(r registry.Registry, service *registry.Service) error {
	if service == nil {
		return nil
	}
	if err := r.Deregister(service); err != nil {
		return fmt.Errorf("broker http: deregister %s: %w", service.Nodes[0].Id, err)
	}
	return nil
}

// refresh registers the subscriptions again before they expire.
func (b *httpBroker) refresh(ctx context.Context, r registry.Registry) {
	ticker := time.NewTicker(subscriberInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		b.mu.RLock()
		records := slices.Collect(maps.Values(b.subscriptions))
		b.mu.RUnlock()
		for _, record := range records {
			if err := r.Register(record, registry.RegisterTTL(subscriberTTL)); err != nil {
				logger.Slog(b.Options().Logger).Warn("subscriber not registered again", "node", record.Nodes[0].Id, "error", err)
			}
		}
	}
}

// matching returns this broker's subscription that a post for the node id and topic is meant for, or nil.
func (b *httpBroker) matching(id, topic string) *subscription {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if sub := b.nodes[id]; sub != nil && sub.topic == topic {
		return sub
	}
	return nil
}

func listenAddress(addrs []string) string {
	if len(addrs) == 0 || addrs[0] == "" {
		return DefaultAddress
	}
	if _, _, err := net.SplitHostPort(addrs[0]); err != nil {
		return net.JoinHostPort(addrs[0], "0")
	}
	return addrs[0]
}
