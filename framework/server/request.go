package server

import (
	"fmt"
	"io"
	"maps"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/mucp"
)

// request is what arrived, as handlers, wrappers and routers see it.
type request struct {
	service, method, endpoint string
	contentType               string // as it was sent
	header                    map[string]string
	raw                       []byte
	read                      bool // raw was given out by Read
	body                      any
	streaming                 bool
	codecs                    *mucp.Codecs
	wireType                  string // whose codec reads raw
	frames                    func() ([]byte, error)
}

var _ Request = (*request)(nil)

// Service implements Request.
func (r *request) Service() string { return r.service }

// Method implements Request.
func (r *request) Method() string { return r.method }

// Endpoint implements Request.
func (r *request) Endpoint() string { return r.endpoint }

// ContentType implements Request.
func (r *request) ContentType() string { return r.contentType }

// Header implements Request.
func (r *request) Header() map[string]string { return r.header }

// Body implements Request.
func (r *request) Body() any { return r.body }

// Stream implements Request.
func (r *request) Stream() bool { return r.streaming }

// Codec implements Request.
func (r *request) Codec() codec.Reader {
	return reader(r.codecs, r.wireType, r.raw, r.header, codec.Request)
}

// Read implements Request. The open frame of a stream has no body.
func (r *request) Read() ([]byte, error) {
	if r.frames != nil {
		return r.frames()
	}
	if r.read {
		return nil, io.EOF
	}
	r.read = true
	return r.raw, nil
}

// reader returns a reader of one body that is the caller's to keep.
func reader(codecs *mucp.Codecs, contentType string, body []byte, header map[string]string, kind codec.MessageType) codec.Reader {
	return &lazyReader{codecs: codecs, contentType: contentType, body: body, header: header, kind: kind}
}

type lazyReader struct {
	codecs      *mucp.Codecs
	contentType string
	body        []byte
	header      map[string]string
	kind        codec.MessageType
	lent        *mucp.Codec // never released: the reader's owner may keep it
}

// ReadHeader implements codec.Reader.
func (r *lazyReader) ReadHeader(m *codec.Message, t codec.MessageType) error {
	if r.lent = r.codecs.Lend(r.contentType, r.body); r.lent == nil {
		return fmt.Errorf("no codec for content type %q", r.contentType)
	}
	return r.lent.ReadHeader(m, t)
}

// ReadBody implements codec.Reader.
func (r *lazyReader) ReadBody(v any) error {
	if r.lent == nil {
		if err := r.ReadHeader(&codec.Message{Header: r.header, Type: r.kind}, r.kind); err != nil {
			return err
		}
	}
	if len(r.body) == 0 {
		return nil
	}
	return r.lent.ReadBody(v)
}

// response answers a request of a Router.
type response struct {
	call   *call
	header map[string]string
}

var _ Response = (*response)(nil)

// Codec implements Response.
func (r *response) Codec() codec.Writer { return encoder{r} }

// WriteHeader implements Response.
func (r *response) WriteHeader(header map[string]string) {
	if r.header == nil {
		r.header = make(map[string]string, len(header))
	}
	maps.Copy(r.header, header)
}

// Write implements Response: the answer of a unary request, one frame of a stream.
func (r *response) Write(body []byte) error { return r.call.send(body, r.header) }

// encoder writes answers from values.
type encoder struct{ response *response }

// Write implements codec.Writer.
func (e encoder) Write(_ *codec.Message, v any) error {
	return e.response.call.encode(v, func(body []byte, header map[string]string) error {
		e.response.WriteHeader(header)
		return e.response.Write(body)
	})
}
