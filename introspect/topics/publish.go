package topics

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/schema"
)

// Publication is a message to publish. Body is JSON; where the topic's subscribers tell the event's schema it is
// checked against it, and travels as protobuf.
type Publication struct {
	Topic  string
	Body   []byte
	Header map[string]string
}

// Publish sends a message to the topic's subscribers. Delivery is at most once.
func Publish(ctx context.Context, session *introspect.Session, p Publication) error {
	if err := session.Change(); err != nil {
		return err
	}
	d := loadDecoders(ctx, session, []string{p.Topic})[p.Topic]
	header := map[string]string{"Micro-Id": uuid.NewString(), "Micro-Topic": p.Topic, "Content-Type": "application/json"}
	body := p.Body
	if len(body) == 0 {
		body = []byte("{}")
	}
	if !json.Valid(body) {
		return (&schema.Service{}).Validate("", body)
	}
	if d.schema != nil {
		if err := d.schema.Validate(d.event, body); err != nil {
			return err
		}
		encoded, err := d.schema.Encode(d.event, body)
		if err != nil {
			return err
		}
		body, header["Content-Type"] = encoded, "application/protobuf"
	}
	for key, value := range p.Header {
		header[key] = value
	}
	b, err := session.Broker()
	if err != nil {
		return err
	}
	if err := b.Publish(p.Topic, &broker.Message{Header: header, Body: body}); err != nil {
		return fmt.Errorf("publish to %s: %w", p.Topic, err)
	}
	return nil
}
