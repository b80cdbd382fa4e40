package topics

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
)

const (
	// tailBuffer is how many messages a tail holds for a reader that is behind; what comes then is counted and dropped.
	tailBuffer = 4096
	// tailBytes bounds the bodies it holds.
	tailBytes = 32 << 20
	// maxListeners is how many services are asked for the schemas of events.
	maxListeners = 32
)

// Message is one message of a topic.
type Message struct {
	Time   time.Time
	Topic  string
	Header map[string]string
	// Raw is the body as it came.
	Raw []byte
	// JSON is the body as JSON where it could be read, else nil.
	JSON []byte
	// ContentType is the header's.
	ContentType string
}

// size is about how many bytes the message holds.
func (m *Message) size() int64 { return int64(len(m.Raw) + len(m.JSON)) }

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

// Follow subscribes to the topics, without a queue: the fleet's own subscribers lose nothing to a tail. A read-only
// session refuses, since the http broker shows subscribers in the registry.
func Follow(ctx context.Context, session *introspect.Session, names ...string) (*Tail, error) {
	if err := session.Change(); err != nil {
		return nil, fmt.Errorf("a tail registers a subscriber: %w", err)
	}
	b, err := session.Broker()
	if err != nil {
		return nil, err
	}
	t := &Tail{messages: make(chan *Message, tailBuffer), done: make(chan struct{})}
	for name, d := range loadDecoders(ctx, session, names) {
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
		t.held.Add(-m.size())
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
func (t *Tail) take(e broker.Event, d *decoder) {
	in := e.Message()
	t.received.Add(1)
	t.bytes.Add(uint64(len(in.Body)))
	if t.held.Load() > tailBytes {
		t.dropped.Add(1)
		return
	}
	m := &Message{
		Time: time.Now(), Topic: e.Topic(), Header: maps.Clone(in.Header), Raw: slices.Clone(in.Body),
		ContentType: in.Header["Content-Type"],
	}
	m.JSON = d.decode(m)
	t.held.Add(m.size())
	select {
	case t.messages <- m:
	default:
		t.held.Add(-m.size())
		t.dropped.Add(1)
	}
}

// decoder reads a topic's bodies: with the schema of a service that subscribes to it, where one tells.
type decoder struct {
	schema *schema.Service
	event  string
}

func (d *decoder) decode(m *Message) []byte {
	if text := d.decodeProtobuf(m); text != nil {
		return text
	}
	if utf8.Valid(m.Raw) && json.Valid(m.Raw) {
		return bytes.TrimSpace(m.Raw)
	}
	return nil // shown as bytes
}

// decodeProtobuf reads a body that says that it is protobuf, or says nothing and is no JSON. Nil means that it cannot.
func (d *decoder) decodeProtobuf(m *Message) []byte {
	switch m.ContentType {
	case "application/protobuf", "application/proto-rpc":
	case "":
		if json.Valid(m.Raw) {
			return nil
		}
	default:
		return nil
	}
	if d.schema == nil {
		return nil
	}
	text, err := d.schema.Decode(d.event, m.Raw)
	if err != nil {
		return nil
	}
	return text
}

// loadDecoders asks the services that subscribe to the topics for the events' schemas, all at once and for no longer
// than a call may take. Whoever does not answer is left out: a tail works without.
func loadDecoders(ctx context.Context, session *introspect.Session, names []string) map[string]*decoder {
	out := map[string]*decoder{}
	for _, name := range names {
		out[name] = &decoder{}
	}
	ctx, cancel := context.WithTimeout(ctx, session.Timeout())
	defer cancel()
	services, err := fleet.List(ctx, session.Registry())
	if err != nil {
		return out
	}
	var listeners []string
	for _, service := range services {
		if subscribes(service, out) && !slices.Contains(listeners, service.Name) && len(listeners) < maxListeners {
			listeners = append(listeners, service.Name)
		}
	}
	schemas := make([]*schema.Service, len(listeners))
	var wg sync.WaitGroup
	for i, name := range listeners {
		wg.Go(func() {
			if found, err := invoke.Load(ctx, session, introspect.Target{Service: name}); err == nil {
				schemas[i] = found[0].Schema
			}
		})
	}
	wg.Wait()
	for _, s := range schemas {
		if s != nil {
			learn(out, s)
		}
	}
	return out
}

// learn takes the schemas of events from a service that subscribes to them; the first one that tells counts.
func learn(decoders map[string]*decoder, s *schema.Service) {
	for _, e := range s.Endpoints {
		d := decoders[e.Topic]
		if e.Kind == schema.Subscriber && d != nil && d.schema == nil && s.Message(e.Request) != nil {
			d.schema, d.event = s, e.Request
		}
	}
}

func subscribes(service *registry.Service, wanted map[string]*decoder) bool {
	return slices.ContainsFunc(service.Endpoints, func(e *registry.Endpoint) bool {
		return e.Metadata["subscriber"] == "true" && wanted[e.Metadata["topic"]] != nil
	})
}
