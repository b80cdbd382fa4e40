package server

import (
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/transport"
)

// encode encodes a reply and hands the bytes, and what the codec wants as headers, to send, which must not keep them.
func (k *call) encode(v any, send func(body []byte, header map[string]string) error) error {
	out := k.request.codecs.Lend(k.wireType, nil)
	if out == nil {
		return unsupportedError(k.wireType)
	}
	defer out.Release()
	var m *codec.Message
	var header map[string]string
	if !out.Plain() {
		m = k.message(codec.Response, "")
		header = m.Header
	}
	if err := out.Write(m, v); err != nil {
		return fmt.Errorf("Unable to encode body: %w", err) //nolint:staticcheck // v4's text (docs/wire.md §3.4)
	}
	return send(out.Written(), header)
}

// message describes an answer to codecs that carry headers in the body.
func (k *call) message(kind codec.MessageType, text string) *codec.Message {
	r := &k.request
	m := &codec.Message{
		Id: k.id, Type: kind, Target: r.service, Method: r.method, Endpoint: r.endpoint, Error: text,
		Header: map[string]string{mucp.ContentType: r.contentType},
	}
	if k.bodyID != "" {
		m.Id = k.bodyID
	}
	return m
}

// send sends the reply of a unary call, or one frame of a stream. extra headers may be nil.
func (k *call) send(body []byte, extra map[string]string) error {
	m := newAnswer()
	defer m.release()
	if k.id != "" {
		m.Header[mucp.ID], m.Header[mucp.XID] = k.id, k.id
	}
	m.Header[mucp.ContentType] = k.request.contentType
	maps.Copy(m.Header, extra)
	m.Body = body
	if k.stream == nil {
		return k.answer(&m.Message)
	}
	k.streamHeaders(m.Header)
	c := k.conn
	c.sending.Lock()
	defer c.sending.Unlock()
	if k.answered {
		return errAnswered
	}
	return c.sock.Send(&m.Message)
}

func (k *call) streamHeaders(h map[string]string) {
	r := &k.request
	h[mucp.Service], h[mucp.XService] = r.service, r.service
	h[mucp.Method], h[mucp.XMethod] = r.method, r.method
	h[mucp.Endpoint], h[mucp.XEndpoint] = r.endpoint, r.endpoint
	if k.marked {
		h[mucp.Stream] = k.key
	}
}

// answer sends the one message that ends the call.
func (k *call) answer(m *transport.Message) error {
	c := k.conn
	c.sending.Lock()
	defer c.sending.Unlock()
	if k.answered {
		return errAnswered
	}
	k.answered = true
	c.unkey(k)
	return c.sock.Send(m)
}

// fail answers with an error. What goes wrong with sending it shows on the connection.
func (k *call) fail(err error) {
	k.release()
	k.refuse(err, nil)
}

// refuse answers with an error and headers beside it.
func (k *call) refuse(err error, extra map[string]string) {
	text := mucp.ErrorText(err)
	m := newAnswer()
	defer m.release()
	m.Header[mucp.ContentType] = k.request.contentType
	var strange unsupportedError
	out := k.request.codecs.Lend(k.wireType, nil)
	switch {
	case errors.As(err, &strange):
		m.Header[mucp.ContentType], m.Body = "text/plain", []byte(text)
	case out != nil:
		defer out.Release()
		if out.Plain() {
			break
		}
		if framed := k.message(codec.Error, text); out.Write(framed, nil) == nil {
			m.Body = out.Written()
			maps.Copy(m.Header, framed.Header)
		}
	}
	if k.id != "" {
		m.Header[mucp.ID] = k.id
	}
	if k.marked {
		m.Header[mucp.Stream] = k.key
	}
	m.Header[mucp.Error], m.Header[mucp.XError] = text, text
	maps.Copy(m.Header, extra)
	_ = k.answer(&m.Message) // a lost caller needs no answer
}

// answer messages are reused: sockets do not keep what they send.
type answer struct{ transport.Message }

var answers = sync.Pool{New: func() any {
	return &answer{transport.Message{Header: make(map[string]string, 8)}}
}}

func newAnswer() *answer { return answers.Get().(*answer) } //nolint:forcetypeassert // the pool holds nothing else

func (a *answer) release() {
	clear(a.Header)
	a.Body = nil
	answers.Put(a)
}
