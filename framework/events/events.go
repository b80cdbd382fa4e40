// Package events publishes events on topics that keep them, so that consumers can come later, share the work in groups,
// acknowledge, and have events again that were not acknowledged. (Messages that are for now or never are framework/broker's.)
//
// [NewStream] makes a stream within this process, [NewStore] a store of past events by topic. Start with [Stream]. What every
// implementation must do is stated, rule by rule, by framework/events/eventstest.
package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/microtop/microtop/framework/store"
)

var (
	// ErrMissingTopic says that a call or an event names no topic.
	ErrMissingTopic = errors.New("missing topic")
	// ErrEncodingMessage says that a message has no JSON form; publish bytes, or something that has one.
	ErrEncodingMessage = errors.New("encoding message")
	// ErrClosed says that the stream or the store was closed; make a new one.
	ErrClosed = errors.New("closed")
	// ErrTooLarge says that an event is over the limit of a message, limits.Limits.MessageBytes.
	ErrTooLarge = errors.New("event too large")
)

// Stream publishes and consumes events. Implementations are safe for concurrent use.
type Stream interface {
	// Publish puts an event on a topic. msg becomes the payload: bytes as they are, anything else as JSON.
	Publish(topic string, msg any, opts ...PublishOption) error
	// Consume returns a channel of the topic's events. Consumers of one group share them; a consumer without a group
	// gets all. The channel is closed when the consumer ends: with its context, or with the stream.
	Consume(topic string, opts ...ConsumeOption) (<-chan Event, error)
}

// Store keeps events to be read later. Implementations are safe for concurrent use.
type Store interface {
	// Read returns events of a topic, those written first first.
	Read(topic string, opts ...ReadOption) ([]*Event, error)
	// Write keeps an event, in place of the one of that topic with the same ID.
	Write(event *Event, opts ...WriteOption) error
}

// Backup is given the records of an event store from time to time: key "topic/ID", value the event's JSON.
type Backup interface {
	Snapshot(store store.Store) error
}

// Event is what happened. Its JSON form is that of docs/wire.md §12.
type Event struct {
	// ID is unique among a topic's events.
	ID        string
	Topic     string
	Timestamp time.Time
	Metadata  map[string]string
	Payload   []byte

	ackFunc  AckFunc
	nackFunc NackFunc
}

type (
	// AckFunc is what Event.Ack does.
	AckFunc func() error
	// NackFunc is what Event.Nack does.
	NackFunc func() error
)

// clone is a copy that shares nothing with e, without what Ack and Nack do.
func (e *Event) clone() *Event {
	return &Event{ID: e.ID, Topic: e.Topic, Timestamp: e.Timestamp, Metadata: maps.Clone(e.Metadata), Payload: slices.Clone(e.Payload)}
}

// Unmarshal decodes the payload, which is JSON, into v.
func (e *Event) Unmarshal(v any) error {
	if err := json.Unmarshal(e.Payload, v); err != nil {
		return fmt.Errorf("event %s of %s: %w", e.ID, e.Topic, err)
	}
	return nil
}

// Ack says that the event was handled. It does nothing for events that are acknowledged by themselves.
func (e *Event) Ack() error {
	if e.ackFunc == nil {
		return nil
	}
	return e.ackFunc()
}

// Nack says that the event was not handled: its group gets it again, unless it was tried as often as allowed.
func (e *Event) Nack() error {
	if e.nackFunc == nil {
		return nil
	}
	return e.nackFunc()
}

// SetAckFunc sets what Ack does; implementations of Stream use it.
func (e *Event) SetAckFunc(f AckFunc) { e.ackFunc = f }

// SetNackFunc sets what Nack does; implementations of Stream use it.
func (e *Event) SetNackFunc(f NackFunc) { e.nackFunc = f }
