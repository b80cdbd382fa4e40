package client

import (
	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/mucp"
)

// streamRequest is the request of an open stream.
type streamRequest struct {
	Request
	stream *stream
}

// Codec implements Request.
func (r streamRequest) Codec() codec.Writer { return streamWriter{r.stream} }

// Stream implements Request.
func (r streamRequest) Stream() bool { return true }

type streamWriter struct{ stream *stream }

// Write implements codec.Writer.
func (w streamWriter) Write(_ *codec.Message, v any) error { return w.stream.Send(v) }

// streamResponse is the last frame of a stream.
type streamResponse struct {
	stream  *stream
	message *answer
}

var (
	_ Response     = (*streamResponse)(nil)
	_ codec.Reader = (*streamResponse)(nil)
)

// Codec implements Response.
func (r *streamResponse) Codec() codec.Reader { return r }

// Header implements Response.
func (r *streamResponse) Header() map[string]string { return r.message.header() }

// Read implements Response.
func (r *streamResponse) Read() ([]byte, error) { return r.message.Body, nil }

// ReadHeader implements codec.Reader.
func (r *streamResponse) ReadHeader(m *codec.Message, _ codec.MessageType) error {
	m.Header = r.message.header()
	m.Error, m.Id = m.Header[mucp.Error], m.Header[mucp.ID]
	return nil
}

// ReadBody implements codec.Reader.
func (r *streamResponse) ReadBody(v any) error { return r.stream.decode(r.message, v) }
