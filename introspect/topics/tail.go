package topics

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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

// Tail is a live subscription to topics. Messages come from Next, or from C.
type Tail struct {
	messages chan *Message
	subs     []broker.Subscriber
	decoders sync.Map // topic → *decoder
	held     atomic.Int64
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
	t := &Tail{messages: make(chan *Message, tailBuffer)}
	for name, d := range loadDecoders(ctx, session, names) {
		t.decoders.Store(name, d)
	}
	for _, name := range names {
		sub, err := b.Subscribe(name, t.take)
		if err != nil {
			_ = t.Close() // the subscribe error says more
			return nil, fmt.Errorf("tail %s: %w", name, err)
		}
		t.subs = append(t.subs, sub)
	}
	return t, nil
}

// C delivers the messages. It is never closed: end with Close.
func (t *Tail) C() <-chan *Message { return t.messages }

// Next waits for a message.
func (t *Tail) Next(ctx context.Context) (*Message, error) {
	select {
	case m := <-t.messages:
		t.held.Add(-int64(len(m.Raw)))
		return m, nil
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
		for _, sub := range t.subs {
			if err := sub.Unsubscribe(); err != nil && t.err == nil {
				t.err = err
			}
		}
	})
	return t.err
}

// take never blocks the broker: what does not fit is counted and dropped.
func (t *Tail) take(e broker.Event) error {
	in := e.Message()
	t.received.Add(1)
	t.bytes.Add(uint64(len(in.Body)))
	if t.held.Load() > tailBytes {
		t.dropped.Add(1)
		return nil
	}
	m := &Message{
		Time: time.Now(), Topic: e.Topic(), Header: maps.Clone(in.Header), Raw: slices.Clone(in.Body),
		ContentType: in.Header["Content-Type"],
	}
	d, _ := t.decoders.Load(e.Topic())
	m.JSON = d.(*decoder).decode(m)
	t.held.Add(int64(len(m.Raw)))
	select {
	case t.messages <- m:
	default:
		t.held.Add(-int64(len(m.Raw)))
		t.dropped.Add(1)
	}
	return nil
}

// decoder reads a topic's bodies: with the schema of a service that subscribes to it, where one tells.
type decoder struct {
	schema *schema.Service
	event  string
}

func (d *decoder) decode(m *Message) []byte {
	if utf8.Valid(m.Raw) && json.Valid(m.Raw) {
		return bytes.TrimSpace(m.Raw)
	}
	if d.schema == nil || m.ContentType != "" && m.ContentType != "application/protobuf" && m.ContentType != "application/proto-rpc" {
		return nil
	}
	text, err := d.schema.Decode(d.event, m.Raw)
	if err != nil {
		return nil // shown as bytes
	}
	return text
}

// loadDecoders asks the services that subscribe to the topics for the events' schemas. Whoever does not answer is
// left out: a tail works without.
func loadDecoders(ctx context.Context, session *introspect.Session, names []string) map[string]*decoder {
	out := map[string]*decoder{}
	for _, name := range names {
		out[name] = &decoder{}
	}
	services, err := fleet.List(ctx, session.Registry())
	if err != nil {
		return out
	}
	asked := map[string]bool{}
	for _, service := range services {
		if !subscribes(service, out) || asked[service.Name] {
			continue
		}
		asked[service.Name] = true
		found, err := invoke.Load(ctx, session, introspect.Target{Service: service.Name})
		if err != nil {
			continue
		}
		for _, e := range found[0].Schema.Endpoints {
			if d := out[e.Topic]; e.Kind == schema.Subscriber && d != nil && found[0].Schema.Message(e.Request) != nil {
				d.schema, d.event = found[0].Schema, e.Request
			}
		}
	}
	return out
}

func subscribes(service *registry.Service, wanted map[string]*decoder) bool {
	return slices.ContainsFunc(service.Endpoints, func(e *registry.Endpoint) bool {
		d := wanted[e.Metadata["topic"]]
		return d != nil && d.schema == nil
	})
}
