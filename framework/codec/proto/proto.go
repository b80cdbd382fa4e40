// Package proto is the protobuf codec (application/protobuf): a body is a bare message, an empty one no bytes.
// Start with [NewCodec] or [Marshaler].
package proto

import (
	"fmt"
	"io"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/internal/body"
	"github.com/microtop/microtop/framework/codec/internal/frame"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
)

// Codec reads and writes protobuf bodies on Conn.
type Codec struct {
	Conn io.ReadWriteCloser
}

// Marshaler encodes protobuf messages, raw frames and Messages.
type Marshaler struct{}

var (
	_ codec.Codec     = (*Codec)(nil)
	_ codec.Marshaler = Marshaler{}
)

// unmarshal bounds nesting, which protobuf's own default sets at 10,000.
var unmarshal = proto.UnmarshalOptions{RecursionLimit: 100}

// NewCodec returns a protobuf codec on rwc.
func NewCodec(rwc io.ReadWriteCloser) codec.Codec { return &Codec{Conn: rwc} }

// ReadHeader does nothing: headers travel beside the body.
func (c *Codec) ReadHeader(*codec.Message, codec.MessageType) error { return nil }

// ReadBody decodes everything into v, as Marshaler.Unmarshal does; nil discards it.
func (c *Codec) ReadBody(v any) error {
	data, err := body.Read(c.Conn)
	if err != nil || v == nil {
		return err
	}
	return Marshaler{}.Unmarshal(data, v)
}

// Write encodes v, as Marshaler.Marshal does; nil writes nothing.
func (c *Codec) Write(_ *codec.Message, v any) error {
	if v == nil {
		return nil
	}
	data, err := appendMessage(body.Available(c.Conn), v)
	if err != nil {
		return err
	}
	return body.Write(c.Conn, data)
}

// Close closes the connection.
func (c *Codec) Close() error { return c.Conn.Close() }

// String implements codec.Codec.
func (c *Codec) String() string { return "proto" }

// Marshal encodes a protobuf message; a raw frame and a Message give their bytes. For any other type it returns
// codec.ErrInvalidMessage.
func (Marshaler) Marshal(v any) ([]byte, error) { return appendMessage(nil, v) }

// Unmarshal decodes data into v, a protobuf message, replacing what is there; a *Message and a raw frame's pointer
// keep the bytes without a copy. For any other type it returns codec.ErrInvalidMessage.
func (Marshaler) Unmarshal(data []byte, v any) error {
	switch m := v.(type) {
	case proto.Message:
		return decode(data, m)
	case *Message:
		m.Data = data
		return nil
	case protoadapt.MessageV1:
		return decode(data, protoadapt.MessageV2Of(m))
	}
	if frame.Into(v, data) {
		return nil
	}
	return codec.ErrInvalidMessage
}

// String implements codec.Marshaler.
func (Marshaler) String() string { return "proto" }

func decode(data []byte, m proto.Message) error {
	if err := unmarshal.Unmarshal(data, m); err != nil {
		return fmt.Errorf("decode %s: %w", m.ProtoReflect().Descriptor().FullName(), err)
	}
	return nil
}

func appendMessage(dst []byte, v any) ([]byte, error) {
	switch m := v.(type) {
	case proto.Message:
		return proto.MarshalOptions{}.MarshalAppend(dst, m)
	case *Message:
		return append(dst, m.Data...), nil
	case protoadapt.MessageV1:
		return proto.MarshalOptions{}.MarshalAppend(dst, protoadapt.MessageV2Of(m))
	}
	if data, ok := frame.Of(v); ok {
		return append(dst, data...), nil
	}
	return nil, codec.ErrInvalidMessage
}
