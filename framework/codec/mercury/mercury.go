// Package mercury is the codec of the mercury RPC library (application/x-protobuf): a body is a bare protobuf message, and
// the rest travels in headers: Content-Encoding says request, response or error, Service and Endpoint where a request goes.
//
// No bytes of other implementations were captured, and the headers of the id (Request-Id) and of the error (Error) are this
// package's own; what it writes, it reads. Start with [NewCodec].
package mercury

import (
	"io"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/internal/body"
	microproto "github.com/microtop/microtop/framework/codec/proto"
)

// The headers, and what Content-Encoding says.
const (
	encodingHeader = "Content-Encoding"
	serviceHeader  = "Service"
	endpointHeader = "Endpoint"
	idHeader       = "Request-Id"
	errorHeader    = "Error"

	request  = "request"
	response = "response"
	failure  = "error"
)

// NewCodec returns a mercury codec on rwc, for either side. Bodies are what the codec of application/protobuf takes.
func NewCodec(rwc io.ReadWriteCloser) codec.Codec { return &mercury{conn: rwc} }

type mercury struct{ conn io.ReadWriteCloser }

var _ codec.Codec = (*mercury)(nil)

// ReadHeader takes Id, Target, Method and Endpoint, or Id and Error, from m.Header. What has no such headers stays as it is.
func (c *mercury) ReadHeader(m *codec.Message, t codec.MessageType) error {
	take := func(field *string, header string) {
		if v, ok := m.Header[header]; ok {
			*field = v
		}
	}
	switch t {
	case codec.Event:
	case codec.Request:
		take(&m.Id, idHeader)
		take(&m.Target, serviceHeader)
		take(&m.Method, endpointHeader)
		take(&m.Endpoint, endpointHeader)
	default:
		take(&m.Id, idHeader)
		if m.Header[encodingHeader] == failure {
			take(&m.Error, errorHeader)
		}
	}
	return nil
}

// ReadBody decodes everything into v; nil discards it.
func (c *mercury) ReadBody(v any) error {
	data, err := body.Read(c.conn)
	if err != nil || v == nil {
		return err
	}
	return microproto.Marshaler{}.Unmarshal(data, v)
}

// Write writes the body, and the rest of the message into m.Header. An error has no body.
func (c *mercury) Write(m *codec.Message, v any) error {
	var data []byte
	if v != nil && m.Error == "" {
		var err error
		if data, err = (microproto.Marshaler{}).Marshal(v); err != nil {
			return err
		}
	}
	if m.Header == nil {
		m.Header = map[string]string{}
	}
	h := m.Header
	switch {
	case m.Type == codec.Event:
	case m.Type == codec.Request:
		endpoint := m.Method
		if endpoint == "" {
			endpoint = m.Endpoint
		}
		h[encodingHeader], h[serviceHeader], h[endpointHeader], h[idHeader] = request, m.Target, endpoint, m.Id
	case m.Error != "":
		h[encodingHeader], h[errorHeader], h[idHeader] = failure, m.Error, m.Id
	default:
		h[encodingHeader], h[idHeader] = response, m.Id
	}
	return body.Write(c.conn, data)
}

// Close closes the connection.
func (c *mercury) Close() error { return c.conn.Close() }

// String implements codec.Codec.
func (c *mercury) String() string { return "mercury" }
