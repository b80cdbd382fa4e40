// Package grpc is the codec of gRPC's framing (application/grpc, +proto, +json; docs/wire.md §4): five bytes in front of
// each message. Status travels in the headers Grpc-Status and Grpc-Message.
package grpc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/internal/body"
	"github.com/microtop/microtop/framework/codec/internal/frame"
	microjson "github.com/microtop/microtop/framework/codec/json"
	microproto "github.com/microtop/microtop/framework/codec/proto"
)

// MaxMessageSize is the largest message read or written, in bytes: 4 MiB, gRPC's own default.
var MaxMessageSize = 4 << 20

const (
	prefix        = 5 // a flag and a length
	endOfStream   = "EOS"
	statusOK      = "0"
	statusUnknown = "13" // what v4 sends for every error
)

// Codec reads and writes gRPC frames on Conn.
type Codec struct {
	Conn io.ReadWriteCloser
	// ContentType is that of the message whose header was read last; it chooses JSON or protobuf.
	ContentType string
}

var _ codec.Codec = (*Codec)(nil)

// NewCodec returns a codec of gRPC frames on rwc.
func NewCodec(rwc io.ReadWriteCloser) codec.Codec { return &Codec{Conn: rwc} }

// ReadHeader takes the content type from the headers, the method from ":path" (/service.Handler/Method) where there is
// one, and the error of a response from Grpc-Status and Grpc-Message.
func (c *Codec) ReadHeader(m *codec.Message, t codec.MessageType) error {
	if m.Header == nil {
		m.Header = map[string]string{}
	}
	if m.Header["Content-Type"] == "" {
		m.Header["Content-Type"] = "application/grpc"
	}
	c.ContentType = m.Header["Content-Type"]
	if t == codec.Request {
		if method := method(m.Header[":path"]); method != "" {
			m.Method, m.Endpoint = method, method
		}
		return nil
	}
	if status := m.Header["Grpc-Status"]; status != "" && status != statusOK {
		if m.Error = m.Header["Grpc-Message"]; m.Error == "" {
			m.Error = "grpc status " + status
		}
	}
	return nil
}

// method returns "Handler.Method" of "/package.Handler/Method", "" when path has another form.
func method(path string) string {
	service, name, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !ok || strings.Contains(name, "/") {
		return ""
	}
	return service[strings.LastIndexByte(service, '.')+1:] + "." + name
}

// ReadBody reads one frame into v; nil discards it. No bytes are an empty message, as an error response has none.
func (c *Codec) ReadBody(v any) error {
	data, err := readFrame(c.Conn)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil || v == nil || frame.Into(v, data) {
		return err
	}
	return c.marshaler(c.ContentType).Unmarshal(data, v)
}

// Write writes v in one frame, and the status of a response into m.Header. Errors, and the end of a stream, have no
// body.
func (c *Codec) Write(m *codec.Message, v any) error {
	if m.Header == nil {
		m.Header = map[string]string{}
	}
	if m.Header["Content-Type"] == "" {
		m.Header["Content-Type"] = "application/grpc"
	}
	if m.Type == codec.Response || m.Type == codec.Error {
		m.Header["Grpc-Status"] = statusOK
		switch m.Error {
		case "":
		case endOfStream:
			return nil
		default:
			m.Header["Grpc-Status"], m.Header["Grpc-Message"] = statusUnknown, m.Error
			return nil
		}
	}
	if v == nil {
		return nil
	}
	data, ok := frame.Of(v)
	if !ok {
		var err error
		if data, err = c.marshaler(m.Header["Content-Type"]).Marshal(v); err != nil {
			return err
		}
	}
	return c.writeFrame(data)
}

func (c *Codec) writeFrame(data []byte) error {
	if len(data) > min(MaxMessageSize, math.MaxInt32) {
		return fmt.Errorf("%w: %d bytes, over %d", body.ErrTooLarge, len(data), MaxMessageSize)
	}
	out := append(body.Available(c.Conn), 0)
	out = binary.BigEndian.AppendUint32(out, uint32(len(data))) //nolint:gosec // checked above
	return body.Write(c.Conn, append(out, data...))
}

// readFrame reads one frame; no bytes at all are io.EOF. Memory is only set aside for bytes that come.
func readFrame(r io.Reader) ([]byte, error) {
	var head [prefix]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if head[0] != 0 {
		return nil, errors.New("grpc frame is compressed: send it plain")
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > math.MaxInt32 || int(n) > MaxMessageSize {
		return nil, fmt.Errorf("%w: %d bytes, over %d", body.ErrTooLarge, n, MaxMessageSize)
	}
	return body.ReadN(r, int(n))
}

// marshaler returns the one that the content type asks for.
func (c *Codec) marshaler(contentType string) codec.Marshaler {
	if contentType == "application/grpc+json" {
		return microjson.Marshaler{}
	}
	return microproto.Marshaler{}
}

// Close closes the connection.
func (c *Codec) Close() error { return c.Conn.Close() }

// String implements codec.Codec.
func (c *Codec) String() string { return "grpc" }
