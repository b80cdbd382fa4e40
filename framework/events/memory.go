package events

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/logger"
)

// NewStream returns a stream within this process. Streams made by different calls share nothing.
//
// A topic keeps its last 65,536 events, at most 64 MiB of them (Options.Limits), whether somebody has had them or not: Publish
// never waits for a consumer. A group that falls further behind goes on with what is still there; what it missed is logged
// and counted ([StatsReader]). A group has at most as many events unacknowledged; then it gets no more until some are.
//
// Publish starts no goroutine, each consumer one. Close (the stream is an io.Closer) ends them all and waits for them.
func NewStream(opts ...Option) (Stream, error) { return newMemoryStream(opts...), nil }

func newMemoryStream(opts ...Option) *memoryStream {
	return &memoryStream{opts: *NewOptions(opts...), topics: map[string]*topic{}, done: make(chan struct{})}
}

type memoryStream struct {
	opts      Options
	done      chan struct{} // closed by Close
	consumers sync.WaitGroup

	mu     sync.Mutex
	topics map[string]*topic
	closed bool
}

var (
	_ Stream      = (*memoryStream)(nil)
	_ StatsReader = (*memoryStream)(nil)
	_ io.Closer   = (*memoryStream)(nil)
)

// Publish implements Stream. When it returns nil the event has its place on the topic.
func (m *memoryStream) Publish(topic string, msg any, opts ...PublishOption) error {
	event, err := newEvent(topic, msg, opts)
	if err != nil {
		return fmt.Errorf("events memory: publish: %w", err)
	}
	if limits.Exceeded(size(event), m.opts.Limits.MessageBytes) {
		return fmt.Errorf("events memory: publish %s: %w: %d bytes, at most %d", topic, ErrTooLarge, size(event), m.opts.Limits.MessageBytes)
	}
	t, err := m.topic(topic)
	if err != nil {
		return fmt.Errorf("events memory: publish %s: %w", topic, err)
	}
	for group, missed := range t.add(event) {
		logger.Slog(m.opts.Logger).Warn("event consumers fell behind and miss events", "topic", topic, "group", group, "missed", missed)
	}
	return nil
}

func newEvent(topic string, msg any, opts []PublishOption) (*Event, error) {
	if topic == "" {
		return nil, ErrMissingTopic
	}
	o := PublishOptions{Timestamp: time.Now()}
	for _, set := range opts {
		set(&o)
	}
	payload, raw := msg.([]byte)
	if raw {
		payload = slices.Clone(payload)
	} else {
		var err error
		if payload, err = json.Marshal(msg); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrEncodingMessage, err)
		}
	}
	return &Event{ID: uuid.NewString(), Topic: topic, Timestamp: o.Timestamp, Metadata: maps.Clone(o.Metadata), Payload: payload}, nil
}

// size is what an event counts against limits, in bytes.
func size(e *Event) int {
	n := len(e.ID) + len(e.Topic) + len(e.Payload)
	for key, value := range e.Metadata {
		n += len(key) + len(value)
	}
	return n
}

func (m *memoryStream) topic(name string) (*topic, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	t := m.topics[name]
	if t == nil {
		t = &topic{name: name, limits: m.opts.Limits, groups: map[string]*group{}}
		m.topics[name] = t
	}
	return t, nil
}

// errRetries says that RetryLimit makes no sense.
var errRetries = errors.New("a retry limit below zero: leave WithRetryLimit out to have events again without end")

// Consume implements Stream.
func (m *memoryStream) Consume(topic string, opts ...ConsumeOption) (<-chan Event, error) {
	o := NewConsumeOptions(opts...)
	switch {
	case topic == "":
		return nil, fmt.Errorf("events memory: consume: %w", ErrMissingTopic)
	case o.CustomRetries && o.RetryLimit < 0:
		return nil, fmt.Errorf("events memory: consume %s: %w", topic, errRetries)
	}
	t, err := m.topic(topic)
	if err != nil {
		return nil, fmt.Errorf("events memory: consume %s: %w", topic, err)
	}
	c := &consumer{opts: o, log: m.opts.Logger, events: make(chan Event), wake: make(chan struct{}, 1), done: m.done}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, fmt.Errorf("events memory: consume %s: %w", topic, ErrClosed)
	}
	t.join(c)
	m.consumers.Go(c.run)
	return c.events, nil
}

// Close ends all consumers and lets go of all events. It may be called again; other calls then return ErrClosed.
func (m *memoryStream) Close() error {
	m.mu.Lock()
	if !m.closed {
		m.closed = true
		close(m.done)
	}
	topics := m.topics
	m.topics = nil
	m.mu.Unlock()
	m.consumers.Wait()
	for _, t := range topics {
		t.end()
	}
	return nil
}

// Stats counts what became of a group's events. Delivered = Acknowledged + Failed + Unacknowledged: an event that was given again
// counts once.
type Stats struct {
	Topic string
	// Group is empty for a consumer without one.
	Group string
	// Delivered events were given, or are held out, to a consumer.
	Delivered uint64
	// Again is how often an event was given that had been given before.
	Again uint64
	// Acknowledged events were handled.
	Acknowledged uint64
	// Failed events were given as often as allowed and not acknowledged.
	Failed uint64
	// Missed events left the topic before the group came to them.
	Missed uint64
	// Waiting events are on the topic, for the group to have.
	Waiting uint64
	// Unacknowledged events were delivered and neither acknowledged nor given up.
	Unacknowledged uint64
}

// StatsReader is implemented by streams that count.
type StatsReader interface {
	// Stats returns the counts of all groups there are, sorted by topic and group.
	Stats() []Stats
}

// Stats implements StatsReader.
func (m *memoryStream) Stats() []Stats {
	m.mu.Lock()
	topics := slices.Collect(maps.Values(m.topics))
	m.mu.Unlock()
	var all []Stats
	for _, t := range topics {
		all = append(all, t.stats()...)
	}
	slices.SortFunc(all, func(a, b Stats) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Group, b.Group))
	})
	return all
}
