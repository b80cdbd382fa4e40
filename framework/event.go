package micro

import (
	"context"

	"github.com/microtop/microtop/framework/client"
)

// Event publishes to one topic.
type Event interface {
	Publish(ctx context.Context, msg any, opts ...client.PublishOption) error
}

// Publisher is Event's older name.
type Publisher = Event

// NewEvent returns a publisher to topic; a nil client means client.DefaultClient.
func NewEvent(topic string, c client.Client) Event {
	if c == nil {
		c = client.DefaultClient
	}
	return &event{client: c, topic: topic}
}

// NewPublisher is NewEvent's older name.
func NewPublisher(topic string, c client.Client) Event { return NewEvent(topic, c) }

type event struct {
	client client.Client
	topic  string
}

// Publish implements Event.
func (e *event) Publish(ctx context.Context, msg any, opts ...client.PublishOption) error {
	return e.client.Publish(ctx, e.client.NewMessage(e.topic, msg), opts...)
}
