package server

import (
	"errors"
	"fmt"
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
func (k *call) send(body []byte, extra map[string]string) error { return k.reply(body, extra, false) }

// queue is send for a frame that may leave with those that follow it.
func (k *call) queue(body []byte, extra map[string]string) error {
	err := k.reply(body, extra, true)
	k.conn.flushSoon()
	return err
}

func (k *call) reply(body []byte, extra map[string]string, later bool) error {
	if k.stream == nil {
		m := newAnswer()
		defer m.release()
		k.headers(m, extra)
		return k.answer(m, body, k.inline)
	}
	c := k.conn
	c.sending.Lock()
	defer c.sending.Unlock()
	if k.answered {
		return errAnswered
	}
	m := k.stream.head
	if m == nil || extra != nil {
		m = new(answer)
		k.headers(m, extra)
		k.streamHeaders(m)
	}
	if extra == nil {
		k.stream.head = m
	}
	return c.send(m, body, later)
}

func (k *call) headers(m *answer, extra map[string]string) {
	if k.id != "" {
		m.add(mucp.ID, k.id)
		m.add(mucp.XID, k.id)
	}
	m.add(mucp.ContentType, k.request.contentType)
	m.setAll(extra)
}

func (k *call) streamHeaders(m *answer) {
	r := &k.request
	m.set(mucp.Service, r.service)
	m.set(mucp.XService, r.service)
	m.set(mucp.Method, r.method)
	m.set(mucp.XMethod, r.method)
	m.set(mucp.Endpoint, r.endpoint)
	m.set(mucp.XEndpoint, r.endpoint)
	if k.marked {
		m.set(mucp.Stream, k.key)
	}
}

// answer sends the one message that ends the call. One that may leave later leaves with the answers that follow it.
func (k *call) answer(m *answer, body []byte, later bool) error {
	c := k.conn
	c.sending.Lock()
	defer c.sending.Unlock()
	if k.answered {
		return errAnswered
	}
	k.answered = true
	c.unkey(k)
	return c.send(m, body, later)
}

// send sends a message; one that may leave later leaves before the reader waits. c.sending is held.
func (c *conn) send(m *answer, body []byte, later bool) error {
	switch {
	case c.lists == nil:
		header := make(map[string]string, len(m.list))
		for _, field := range m.list {
			header[field.Name] = field.Value
		}
		return c.sock.Send(&transport.Message{Header: header, Body: body})
	case later:
		return c.lists.QueueFields(m.list, body)
	}
	return c.lists.SendFields(m.list, body)
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
	m.add(mucp.ContentType, k.request.contentType)
	var body []byte
	var strange unsupportedError
	out := k.request.codecs.Lend(k.wireType, nil)
	switch {
	case errors.As(err, &strange):
		m.set(mucp.ContentType, "text/plain")
		body = []byte(text)
	case out != nil:
		defer out.Release()
		if out.Plain() {
			break
		}
		if framed := k.message(codec.Error, text); out.Write(framed, nil) == nil {
			body = out.Written()
			m.setAll(framed.Header)
		}
	}
	if k.id != "" {
		m.set(mucp.ID, k.id)
	}
	if k.marked {
		m.set(mucp.Stream, k.key)
	}
	m.set(mucp.Error, text)
	m.set(mucp.XError, text)
	m.setAll(extra)
	_ = k.answer(m, body, false) // a lost caller needs no answer
}

// answer is the headers of an answer. It is used again: sockets do not keep what they send.
type answer struct{ list []transport.Field }

var answers = sync.Pool{New: func() any { return &answer{make([]transport.Field, 0, 16)} }}

func newAnswer() *answer { return answers.Get().(*answer) } //nolint:forcetypeassert // the pool holds nothing else

// add adds a header that is not there, its name in canonical form.
func (a *answer) add(name, value string) {
	a.list = append(a.list, transport.Field{Name: name, Value: value})
}

// set is add for a header that may be there: it is replaced.
func (a *answer) set(name, value string) {
	for i := range a.list {
		if a.list[i].Name == name {
			a.list[i].Value = value
			return
		}
	}
	a.add(name, value)
}

// setAll sets headers that come from elsewhere.
func (a *answer) setAll(header map[string]string) {
	for name, value := range header {
		a.set(mucp.Canonical(name), value)
	}
}

func (a *answer) release() {
	clear(a.list)
	a.list = a.list[:0]
	answers.Put(a)
}
