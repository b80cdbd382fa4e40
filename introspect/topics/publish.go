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

// Publication is a message to publish. Body is JSON; where the topic's subscribers tell the event's schema it is
// checked against it, and travels as protobuf. With a Content-Type in Header, Body is sent as it is.
type Publication struct {
	Topic  string
	Body   []byte
	Header map[string]string
}

// Publish sends a message to the topic's subscribers. Delivery is at most once; that nobody listens is no error.
// A *schema.BodyError means that nothing was sent.
func Publish(ctx context.Context, session *introspect.Session, p Publication) error {
	if err := session.Change(); err != nil {
		return err
	}
	body, contentType, err := encode(ctx, session, p)
	if err != nil {
		return err
	}
	header := map[string]string{"Micro-Id": uuid.NewString(), "Micro-Topic": p.Topic, "Content-Type": contentType}
	maps.Copy(header, p.Header)
	b, err := session.Broker()
	if err != nil {
		return err
	}
	if err := b.Publish(p.Topic, &broker.Message{Header: header, Body: body}); err != nil && !errors.Is(err, registry.ErrNotFound) {
		return fmt.Errorf("publish to %s: %w", p.Topic, err)
	}
	return nil
}

// encode checks the body and returns what travels.
func encode(ctx context.Context, session *introspect.Session, p Publication) (body []byte, contentType string, err error) {
	if own := p.Header["Content-Type"]; own != "" {
		return p.Body, own, nil
	}
	body = p.Body
	if len(body) == 0 {
		body = []byte("{}")
	}
	if err := (&schema.Service{}).Validate("", body); err != nil {
		return nil, "", err // not JSON: no need to ask anybody
	}
	d := loadDecoders(ctx, session, []string{p.Topic})[p.Topic]
	if d.schema == nil {
		return body, "application/json", nil
	}
	if err := d.schema.Validate(d.event, body); err != nil {
		return nil, "", err
	}
	body, err = d.schema.Encode(d.event, body)
	return body, "application/protobuf", err
}
