package client

import (
	"sync/atomic"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/deadline"
)

type request struct {
	service, endpoint string
	body              any
	opts              RequestOptions
	codec             codec.Writer
	called            atomic.Bool
	life              deadline.Context // of its first call, which needs no memory of its own then
}

var _ Request = (*request)(nil)

func newRequest(service, endpoint string, body any, contentType string, opts []RequestOption) Request {
	r := &request{service: service, endpoint: endpoint, body: body, opts: RequestOptions{ContentType: contentType}}
	for _, set := range opts {
		set(&r.opts)
	}
	return r
}

// Service implements Request.
func (r *request) Service() string { return r.service }

// Method implements Request.
func (r *request) Method() string { return r.endpoint }

// Endpoint implements Request.
func (r *request) Endpoint() string { return r.endpoint }

// ContentType implements Request.
func (r *request) ContentType() string { return r.opts.ContentType }

// Body implements Request.
func (r *request) Body() any { return r.body }

// Codec implements Request.
func (r *request) Codec() codec.Writer { return r.codec }

// Stream implements Request.
func (r *request) Stream() bool { return r.opts.Stream }

type message struct {
	topic       string
	payload     any
	contentType string
}

var _ Message = (*message)(nil)

func newMessage(topic string, payload any, contentType string, opts []MessageOption) Message {
	o := MessageOptions{ContentType: contentType}
	for _, set := range opts {
		set(&o)
	}
	return &message{topic: topic, payload: payload, contentType: o.ContentType}
}

// Topic implements Message.
func (m *message) Topic() string { return m.topic }

// Payload implements Message.
func (m *message) Payload() any { return m.payload }

// ContentType implements Message.
func (m *message) ContentType() string { return m.contentType }
