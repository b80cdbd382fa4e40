package topics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/introspect"
)

const (
	// tailBuffer is how many messages a tail holds for a reader that is behind; what comes then is counted and dropped.
	tailBuffer = 4096
	// tailBytes bounds the bodies it holds.
	tailBytes = 32 << 20
)

// Message is one message of a topic.
type Message struct {
	Time   time.Time
	Topic  string
	Header map[string]string
	// Raw is the body as it came.
	Raw []byte
	// JSON is the body as JSON where it could be read, else nil. [Message.Read] reads it in other ways.
	JSON []byte
	// ContentType is the header's.
	ContentType string

	event *event // what subscribers tell of it; nil where nobody was asked
	guess *Body  // how it was read when it came; nil for a message that a test made
}

// Size is about how many bytes the message holds.
func (m *Message) Size() int {
	size := len(m.Raw) + len(m.JSON)
	if m.guess != nil && m.guess.Gzipped && !m.guess.JSON {
		size += len(m.guess.Text)
	}
	return size
}

// Tail is a live subscription to topics. Messages come from Next, which has one caller at a time.
type Tail struct {
	messages chan *Message
	done     chan struct{} // closed by Close
	subs     []broker.Subscriber
	held     atomic.Int64 // bytes in messages
	dropped  atomic.Uint64
	received atomic.Uint64
	bytes    atomic.Uint64
	once     sync.Once
	err      error
}

// errRegisters says why a read-only session listens to no topic.
var errRegisters = errors.New("a tail registers a subscriber")

// Follow subscribes to the topics, without a queue: the fleet's own subscribers lose nothing to a tail. A read-only
// session refuses, since the http broker shows subscribers in the registry.
func Follow(ctx context.Context, session *introspect.Session, names ...string) (*Tail, error) {
	if err := session.Change(); err != nil {
		return nil, fmt.Errorf("%w: %w", errRegisters, err)
	}
	b, err := session.Broker()
	if err != nil {
		return nil, err
	}
	t := &Tail{messages: make(chan *Message, tailBuffer), done: make(chan struct{})}
	for name, d := range learn(ctx, session, names) {
		sub, err := b.Subscribe(name, func(e broker.Event) error { t.take(e, d); return nil })
		if err != nil {
			_ = t.Close() // the subscribe error says more
			return nil, fmt.Errorf("tail %s: %w", name, err)
		}
		t.subs = append(t.subs, sub)
	}
	return t, nil
}

// Next waits for a message. After Close it returns io.EOF.
func (t *Tail) Next(ctx context.Context) (*Message, error) {
	select {
	case m := <-t.messages:
		t.held.Add(-int64(m.Size()))
		return m, nil
	case <-t.done:
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Counts returns how many messages and bytes came, and how many messages were dropped because the reader was behind.
func (t *Tail) Counts() (received, bytes, dropped uint64) {
	return t.received.Load(), t.bytes.Load(), t.dropped.Load()
}

// Close ends the tail. It may be called more than once.
func (t *Tail) Close() error {
	t.once.Do(func() {
		close(t.done)
		for _, sub := range t.subs {
			if err := sub.Unsubscribe(); err != nil && t.err == nil {
				t.err = err
			}
		}
	})
	return t.err
}

// take never blocks the broker: what does not fit is counted and dropped.
func (t *Tail) take(e broker.Event, d *event) {
	in := e.Message()
	t.received.Add(1)
	t.bytes.Add(uint64(len(in.Body)))
	if len(t.messages) == cap(t.messages) || t.held.Load() > tailBytes { // before it is copied and read
		t.dropped.Add(1)
		return
	}
	m := &Message{
		Time: time.Now(), Topic: e.Topic(), Header: maps.Clone(in.Header), Raw: slices.Clone(in.Body),
		ContentType: in.Header["Content-Type"], event: d,
	}
	b := d.guess(m.ContentType, m.Raw)
	if m.guess = &b; b.JSON {
		m.JSON = b.Text
	}
	t.held.Add(int64(m.Size()))
	select {
	case t.messages <- m:
	default:
		t.held.Add(-int64(m.Size()))
		t.dropped.Add(1)
	}
}
