package events

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/limits"
)

// ErrInvalid says that an event cannot be kept as it is; the error around it says why.
var ErrInvalid = errors.New("invalid event")

// NewStore returns an event store within this process. Stores made by different calls share nothing.
//
// A topic keeps the last 65,536 events that were written, at most 64 MiB of them (StoreOptions.Limits), each until its
// TTL ends. With a Backup the first Write starts one goroutine, which Close (the store is an io.Closer) ends and waits
// for; without one there is nothing to close.
func NewStore(opts ...StoreOption) Store {
	return &memoryStore{opts: NewStoreOptions(opts...), shelves: map[string]*shelf{}, done: make(chan struct{})}
}

type memoryStore struct {
	opts    StoreOptions
	done    chan struct{} // closed by Close
	backups sync.WaitGroup

	mu       sync.Mutex
	shelves  map[string]*shelf // by topic
	writes   int               // since the last look at all shelves
	backedUp bool              // the goroutine was started
	closed   bool
}

var (
	_ Store     = (*memoryStore)(nil)
	_ io.Closer = (*memoryStore)(nil)
)

// Write implements Store.
func (m *memoryStore) Write(event *Event, opts ...WriteOption) error {
	if err := m.check(event); err != nil {
		return fmt.Errorf("events store: write: %w", err)
	}
	var o WriteOptions
	for _, set := range opts {
		set(&o)
	}
	kept := entry{event: event.clone()}
	if ttl := cmp.Or(o.TTL, m.opts.TTL); ttl > 0 {
		kept.deadline = time.Now().Add(ttl)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("events store: write: %w", ErrClosed)
	}
	if m.opts.Backup != nil && !m.backedUp {
		m.backedUp = true
		m.backups.Go(m.backUp)
	}
	m.tidy()
	s := m.shelves[event.Topic]
	if s == nil {
		s = &shelf{byID: map[string]*position{}}
		m.shelves[event.Topic] = s
	}
	s.put(kept, m.opts.Limits)
	return nil
}

func (m *memoryStore) check(event *Event) error {
	switch {
	case event == nil:
		return fmt.Errorf("%w: nil", ErrInvalid)
	case event.Topic == "":
		return ErrMissingTopic
	case event.ID == "":
		return fmt.Errorf("%w: an event needs an ID", ErrInvalid)
	case limits.Exceeded(size(event), m.opts.Limits.MessageBytes):
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, size(event), m.opts.Limits.MessageBytes)
	}
	return nil
}

// tidy lets go of what has ended, once in as many writes as there are events.
func (m *memoryStore) tidy() {
	if m.writes--; m.writes > 0 {
		return
	}
	now := time.Now()
	for topic, s := range m.shelves {
		s.letGo(now)
		m.writes += s.order.Len()
		if s.order.Len() == 0 {
			delete(m.shelves, topic)
		}
	}
}

// Read implements Store. The order is that in which the events were written.
func (m *memoryStore) Read(topic string, opts ...ReadOption) ([]*Event, error) {
	if topic == "" {
		return nil, fmt.Errorf("events store: read: %w", ErrMissingTopic)
	}
	o := ReadOptions{Limit: defaultRead}
	for _, set := range opts {
		set(&o)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, fmt.Errorf("events store: read %s: %w", topic, ErrClosed)
	}
	events := []*Event{}
	if s := m.shelves[topic]; s != nil {
		for e := range s.live(time.Now()) {
			switch {
			case o.Offset > 0:
				o.Offset--
			case uint(len(events)) < o.Limit:
				events = append(events, e.event.clone())
			default:
				return events, nil
			}
		}
	}
	return events, nil
}

// Close ends the backup and lets go of all events. It may be called again; other calls then return ErrClosed.
func (m *memoryStore) Close() error {
	m.mu.Lock()
	if !m.closed {
		m.closed = true
		close(m.done)
	}
	m.shelves = nil
	m.mu.Unlock()
	m.backups.Wait()
	return nil
}
