package topics

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/schema"
)

const (
	protobufType = "application/protobuf"
	protoRPCType = "application/proto-rpc"
	jsonType     = "application/json"
)

// Publication is a message to publish. Body is JSON; where the topic's subscribers tell what they take it is checked
// against that, and travels as protobuf if they take protobuf. With a Content-Type in Header, Body is sent as it is.
type Publication struct {
	Topic  string
	Body   []byte
	Header map[string]string
	// Unchecked sends a body that does not fit too: as JSON, whatever it is.
	Unchecked bool
}

// Publisher publishes to one topic. Safe for concurrent use.
type Publisher struct {
	topic  string
	broker broker.Broker
	event  *event
}

// NewPublisher asks the topic's subscribers what they take, for no longer than a call may take, and connects the broker.
func NewPublisher(ctx context.Context, session *introspect.Session, topic string) (*Publisher, error) {
	if err := session.Change(); err != nil {
		return nil, err
	}
	b, err := session.Broker()
	if err != nil {
		return nil, err
	}
	return &Publisher{topic, b, learn(ctx, session, []string{topic})[topic]}, nil
}

// Publish sends a message to the topic's subscribers. Delivery is at most once; that nobody listens is no error. A
// *schema.BodyError, which may be within a *MismatchError, means that nothing was sent.
func Publish(ctx context.Context, session *introspect.Session, p Publication) error {
	if err := session.Change(); err != nil {
		return err
	}
	if p.checked() {
		if err := (&schema.Service{}).Validate("", p.Body); err != nil {
			return err // not JSON: no need to ask anybody
		}
	}
	to, err := NewPublisher(ctx, session, p.Topic)
	if err != nil {
		return err
	}
	return to.Publish(p)
}

func (p Publication) checked() bool { return p.Header["Content-Type"] == "" && !p.Unchecked }

// Check says what [Publisher.Publish] would refuse: a *schema.BodyError, or a *MismatchError around one.
func (to *Publisher) Check(p Publication) error {
	_, _, err := to.encode(p)
	return err
}

// Skeleton is a message with every field that the first of the subscribers takes, to begin with; nil where none tells.
func (to *Publisher) Skeleton() []byte {
	if len(to.event.told) == 0 {
		return nil
	}
	t := to.event.told[0]
	return t.schema.Template(t.name)
}

// Publish sends a message, as [Publish] does, to the publisher's topic.
func (to *Publisher) Publish(p Publication) error {
	body, contentType, err := to.encode(p)
	if err != nil {
		return err
	}
	header := map[string]string{"Micro-Id": uuid.NewString(), "Micro-Topic": to.topic, "Content-Type": contentType}
	maps.Copy(header, p.Header)
	return to.send(body, header)
}

// Republish sends a message that was tailed once more: the same bytes and headers under a new id.
func Republish(ctx context.Context, session *introspect.Session, m *Message) error {
	if err := session.Change(); err != nil {
		return err
	}
	b, err := session.Broker()
	if err != nil {
		return err
	}
	return (&Publisher{m.Topic, b, new(event)}).send(m.Raw, m.Header)
}

// send gives the broker a message; that nobody subscribes is no error.
func (to *Publisher) send(body []byte, header map[string]string) error {
	header = maps.Clone(header)
	if header == nil {
		header = map[string]string{}
	}
	header["Micro-Id"], header["Micro-Topic"] = uuid.NewString(), to.topic
	if err := to.broker.Publish(to.topic, &broker.Message{Header: header, Body: body}); err != nil && !errors.Is(err, registry.ErrNotFound) {
		return fmt.Errorf("publish to %s: %w", to.topic, err)
	}
	return nil
}

// encode checks the body and returns what travels.
func (to *Publisher) encode(p Publication) (body []byte, contentType string, err error) {
	if own := p.Header["Content-Type"]; own != "" {
		return p.Body, own, nil
	}
	body = p.Body
	if len(body) == 0 {
		body = []byte("{}")
	}
	data, contentType, err := to.event.encode(to.topic, body)
	if err == nil && len(to.event.told) == 0 {
		err = (&schema.Service{}).Validate("", body)
	}
	if err != nil && p.Unchecked {
		return body, jsonType, nil
	}
	return data, contentType, err
}
