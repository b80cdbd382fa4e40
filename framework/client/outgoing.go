package client

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/transport"
)

// outgoing is an encoded request. It is used again: transports do not keep what they send.
type outgoing struct {
	list  []transport.Field // the first is the id
	body  []byte
	codec *mucp.Codec
	id    string
}

var outgoings = sync.Pool{New: func() any { return &outgoing{list: make([]transport.Field, 0, 16)} }}

// encode makes the message of a request. stream is the id of the stream it opens, or empty. The id of a request whose
// codec does not write it into the body is left open.
func (c *front) encode(ctx context.Context, in *setup, node *registry.Node, req Request, stream string) (*outgoing, error) {
	contentType := req.ContentType()
	if contentType == "" {
		contentType = in.opts.ContentType
	}
	wireType := contentType
	if node.Metadata["protocol"] == "" {
		wireType = mucp.Legacy(contentType)
	}
	lent := in.codecs.Lend(wireType, nil)
	if lent == nil {
		return nil, newError(clientID, 500, "", errors.New("unsupported Content-Type: "+contentType))
	}
	x := outgoings.Get().(*outgoing) //nolint:forcetypeassert // the pool holds nothing else
	x.codec, x.id = lent, stream
	if x.id == "" && !lent.Plain() {
		x.id = c.nextID()
	}
	x.headers(ctx, req, contentType, wireType)
	if stream != "" {
		x.add(mucp.Stream, stream)
	}
	if err := x.write(req); err != nil {
		x.release()
		return nil, newError(codecID, 500, "", err)
	}
	return x, nil
}

// headers sets the headers of a request: the protocol's own (docs/wire.md §3.1), and the context's metadata.
func (x *outgoing) headers(ctx context.Context, req Request, contentType, wireType string) {
	x.add(mucp.ID, x.id)
	x.add(mucp.Service, req.Service())
	x.add(mucp.Method, req.Method())
	x.add(mucp.Endpoint, req.Endpoint())
	x.add(mucp.ContentType, wireType)
	x.add(mucp.Accept, contentType)
	metadata.Range(ctx, func(key, value string) bool {
		if key = mucp.Canonical(key); !mucp.Reserved(key) {
			x.set(key, value)
		}
		return true
	})
}

// write encodes the request's body. Codecs that carry headers see and change them as a map.
func (x *outgoing) write(req Request) (err error) {
	if x.codec.Plain() {
		x.body, err = write(x.codec, codec.Request, x.id, req, nil, req.Body())
		return err
	}
	header := headerOf(x.list)
	if x.body, err = write(x.codec, codec.Request, x.id, req, header, req.Body()); err != nil {
		return err
	}
	for name, value := range header {
		x.set(mucp.Canonical(name), value)
	}
	return nil
}

// write encodes v. The bytes are valid until the codec is used again.
func write(lent *mucp.Codec, kind codec.MessageType, id string, req Request, header map[string]string, v any) ([]byte, error) {
	var m *codec.Message
	if !lent.Plain() {
		m = &codec.Message{Id: id, Type: kind, Target: req.Service(), Method: req.Method(), Endpoint: req.Endpoint(), Header: header}
	}
	if err := lent.Write(m, v); err != nil {
		return nil, err
	}
	return lent.Written(), nil
}

// add adds a header that is not there, its name in canonical form.
func (x *outgoing) add(name, value string) {
	x.list = append(x.list, transport.Field{Name: name, Value: value})
}

// set is add for a header that may be there: it is replaced.
func (x *outgoing) set(name, value string) {
	for i := range x.list {
		if x.list[i].Name == name {
			x.list[i].Value = value
			return
		}
	}
	x.add(name, value)
}

// size is about how many bytes the request has on the wire.
func (x *outgoing) size() int {
	size := headSize + len(x.body)
	for i := range x.list {
		size += len(x.list[i].Name) + len(x.list[i].Value) + lineSize
	}
	return size
}

// setID sets the id that was left open.
func (x *outgoing) setID(id string) { x.id, x.list[0].Value = id, id }

func (x *outgoing) release() {
	x.codec.Release()
	clear(x.list)
	*x = outgoing{list: x.list[:0]}
	outgoings.Put(x)
}

func headerOf(list []transport.Field) map[string]string {
	header := make(map[string]string, len(list)+1)
	for _, field := range list {
		header[field.Name] = field.Value
	}
	return header
}

// timeouts remembers the text of one Timeout header: most calls of a client have the same.
type timeouts struct{ last atomic.Pointer[timeoutText] }

type timeoutText struct {
	of   time.Duration
	text string
}

// timeoutText is the text of a Timeout header. What is left of a longer time is told in full milliseconds, or tens of
// them: calls of that time then have the same text.
func (c *front) timeoutText(d time.Duration) string {
	switch {
	case d > time.Second:
		d = d.Truncate(10 * time.Millisecond)
	case d > 100*time.Millisecond:
		d = d.Truncate(time.Millisecond)
	}
	last := c.timeouts.last.Load()
	if last != nil && last.of == d {
		return last.text
	}
	text := mucp.FormatTimeout(d)
	c.timeouts.last.Store(&timeoutText{d, text})
	return text
}

func listOf(header map[string]string) []transport.Field {
	list := make([]transport.Field, 0, len(header))
	for name, value := range header {
		list = append(list, transport.Field{Name: mucp.Canonical(name), Value: value})
	}
	return list
}
