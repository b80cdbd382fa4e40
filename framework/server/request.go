package server

import (
	"fmt"
	"io"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/carrier"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/transport"
)

// request is what arrived, as handlers, wrappers and routers see it.
type request struct {
	service, method, endpoint string
	contentType               string // as it was sent
	once                      sync.Once
	lines                     transport.Lines   // header is made of them
	header                    map[string]string // complete once Header was called
	sock                      transport.Socket
	raw                       []byte
	copied                    bool         // the decoded body holds nothing of raw
	state                     atomic.Int32 // of raw
	read                      bool         // raw was given out by Read
	body                      any
	streaming                 bool
	codecs                    *mucp.Codecs
	wireType                  string // whose codec reads raw
	frames                    func() ([]byte, error)
}

var (
	_ Request        = (*request)(nil)
	_ carrier.Source = (*request)(nil)
)

// What became of a request's raw body.
const (
	unclaimed = iota
	claimed   // somebody may hold it
	reused    // its memory is for other requests
)

// claim returns the raw body for good.
func (r *request) claim() ([]byte, error) {
	if r.state.CompareAndSwap(unclaimed, claimed) || r.state.Load() == claimed {
		return r.raw, nil
	}
	return nil, errAnswered
}

// spent reports whether the raw body's memory can be used again. Nobody gets it any more then.
func (r *request) spent() bool { return r.copied && r.state.CompareAndSwap(unclaimed, reused) }

// Service implements Request.
func (r *request) Service() string { return r.service }

// Method implements Request.
func (r *request) Method() string { return r.method }

// Endpoint implements Request.
func (r *request) Endpoint() string { return r.endpoint }

// ContentType implements Request.
func (r *request) ContentType() string { return r.contentType }

// Header implements Request.
func (r *request) Header() map[string]string {
	r.once.Do(func() {
		if r.header == nil {
			r.header = r.lines.Header(2)
		}
		for name := range r.header {
			if isToken(name) {
				delete(r.header, name)
			}
		}
		r.header[mucp.Local], r.header[mucp.Remote] = r.sock.Local(), r.sock.Remote()
	})
	return r.header
}

// Metadata implements carrier.Source.
func (r *request) Metadata() map[string]string { return r.Header() }

// Body implements Request.
func (r *request) Body() any { return r.body }

// Stream implements Request.
func (r *request) Stream() bool { return r.streaming }

// Codec implements Request.
func (r *request) Codec() codec.Reader {
	raw, err := r.claim()
	if err != nil {
		return failedReader{err}
	}
	return reader(r.codecs, r.wireType, raw, r.Header(), codec.Request)
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
	return r.claim()
}

// failedReader reads nothing.
type failedReader struct{ err error }

// ReadHeader implements codec.Reader.
func (r failedReader) ReadHeader(*codec.Message, codec.MessageType) error { return r.err }

// ReadBody implements codec.Reader.
func (r failedReader) ReadBody(any) error { return r.err }

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
