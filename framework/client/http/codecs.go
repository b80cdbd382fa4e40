package http

import (
	"bytes"
	"reflect"
	"sync"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/proto"
	"github.com/microtop/microtop/framework/internal/mucp"
)

// own are the content types that other clients do not know.
var own = map[string]codec.NewCodec{DefaultContentType: proto.NewCodec}

// codecs makes the table of codecs once, and again when the options' have changed.
type codecs struct {
	mu   sync.Mutex
	from uintptr
	made *mucp.Codecs
}

// of returns the codecs; options are not changed in place, so that a table is known by its address.
func (c *codecs) of(options map[string]codec.NewCodec) *mucp.Codecs {
	from := reflect.ValueOf(options).Pointer()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil || c.from != from {
		c.from, c.made = from, mucp.NewCodecs(client.DefaultCodecs, own, options)
	}
	return c.made
}

// encode encodes a message.
func (c *call) encode(v any) ([]byte, error) {
	lent := c.codecs.Lend(c.contentType, nil)
	defer lent.Release()
	m := &codec.Message{
		Type: codec.Request, Target: c.request.Service(), Method: c.request.Method(), Endpoint: c.request.Endpoint(), Header: map[string]string{},
	}
	if err := lent.Write(m, v); err != nil {
		return nil, err
	}
	return bytes.Clone(lent.Written()), nil // the connection may still read it when the answer is there
}

// decode decodes an answer into v by its own content type if there is a codec for it, else by the request's.
func (c *call) decode(answer got, v any) error {
	if v == nil || len(answer.body) == 0 {
		return nil
	}
	kind := c.contentType
	if c.codecs.Has(answer.contentType) {
		kind = answer.contentType
	}
	lent := c.codecs.Lend(kind, answer.body)
	defer lent.Release()
	m := codec.Message{Type: codec.Response, Header: flat(answer.header)}
	if err := lent.ReadHeader(&m, codec.Response); err != nil {
		return client.NewError(clientID+".codec", 500, "", err)
	}
	if m.Error != "" {
		return mucp.NewRemoteError(m.Error)
	}
	if err := lent.ReadBody(v); err != nil {
		return client.NewError(clientID+".codec", 500, "", err)
	}
	return nil
}
