package server

import (
	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/mucp"
)

// message is a published message.
type message struct {
	topic, contentType string
	header             map[string]string
	body               []byte
	payload            any
	codecs             *mucp.Codecs
}

var _ Message = (*message)(nil)

func newMessage(topic, contentType string, header map[string]string, body []byte, codecs *mucp.Codecs) *message {
	return &message{topic: topic, contentType: contentType, header: header, body: body, codecs: codecs}
}

// Topic implements Message.
func (m *message) Topic() string { return m.topic }

// Payload implements Message.
func (m *message) Payload() any { return m.payload }

// ContentType implements Message.
func (m *message) ContentType() string { return m.contentType }

// Header implements Message.
func (m *message) Header() map[string]string { return m.header }

// Body implements Message.
func (m *message) Body() []byte { return m.body }

// Codec implements Message.
func (m *message) Codec() codec.Reader {
	return reader(m.codecs, m.contentType, m.body, m.header, codec.Event)
}
