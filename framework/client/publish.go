package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/bytes"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/metadata"
)

// Publish implements Client. The first publication connects the broker.
func (c *front) Publish(ctx context.Context, msg Message, opts ...PublishOption) error {
	in := c.setup.Load()
	o := PublishOptions{Context: ctx}
	for _, set := range opts {
		set(&o)
	}
	contentType := msg.ContentType()
	if contentType == "" {
		contentType = in.opts.ContentType
	}
	id := uuid.NewString()
	header := map[string]string{}
	metadata.Range(ctx, func(key, value string) bool {
		header[key] = value
		return true
	})
	header[mucp.ContentType], header[mucp.Topic], header[mucp.ID] = contentType, msg.Topic(), id
	body, err := encodeEvent(in, contentType, id, msg, header)
	if err != nil {
		return err
	}
	if !c.connected.Load() {
		if err := in.opts.Broker.Connect(); err != nil {
			return newError(clientID, 500, "", fmt.Errorf("connect broker %s: %w", in.opts.Broker, err))
		}
		c.connected.Store(true)
	}
	topic := msg.Topic()
	if o.Exchange != "" {
		topic = o.Exchange
	}
	return in.opts.Broker.Publish(topic, &broker.Message{Header: header, Body: body}, broker.PublishContext(o.Context)) //nolint:contextcheck // ctx, unless an option says otherwise
}

// encodeEvent encodes a message's payload into memory of its own.
func encodeEvent(in *setup, contentType, id string, msg Message, header map[string]string) ([]byte, error) {
	if f, ok := msg.Payload().(*bytes.Frame); ok {
		return f.Data, nil
	}
	lent := in.codecs.Lend(contentType, nil)
	if lent == nil {
		return nil, newError(clientID, 500, "", errors.New("unsupported Content-Type: "+contentType))
	}
	defer lent.Release()
	m := &codec.Message{Id: id, Type: codec.Event, Target: msg.Topic(), Header: header}
	if err := lent.Write(m, msg.Payload()); err != nil {
		return nil, newError(clientID, 500, "", err)
	}
	return append([]byte(nil), lent.Written()...), nil
}
