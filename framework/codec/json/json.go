// Package json is the JSON codec (application/json), with v4's asymmetry for protobuf messages: they are read as
// protobuf's JSON mapping and written as plain encoding/json does (docs/wire.md §4).
// Start with [NewCodec] or [Marshaler].
package json

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/internal/body"
	"github.com/microtop/microtop/framework/codec/internal/frame"
)

// Codec reads and writes JSON bodies on Conn.
//
// A connection whose bytes are all in memory (codec.Buffer, bytes.Buffer) holds one message: its first JSON value
// counts and the rest is dropped, since v4 servers leave junk there. From any other connection Decoder takes one value
// per message.
type Codec struct {
	Conn    io.ReadWriteCloser
	Encoder *json.Encoder
	Decoder *json.Decoder

	bound *body.Bound
}

// Marshaler encodes values as Codec does, without the newline at the end.
type Marshaler struct{}

var (
	_ codec.Codec     = (*Codec)(nil)
	_ codec.Marshaler = Marshaler{}
)

// NewCodec returns a JSON codec on rwc.
func NewCodec(rwc io.ReadWriteCloser) codec.Codec {
	bound := body.NewBound(rwc)
	return &Codec{Conn: rwc, Encoder: json.NewEncoder(rwc), Decoder: json.NewDecoder(bound), bound: bound}
}

// ReadHeader does nothing: headers travel beside the body.
func (c *Codec) ReadHeader(*codec.Message, codec.MessageType) error { return nil }

// ReadBody decodes one value into v, as Marshaler.Unmarshal does; nil discards it. A raw frame's pointer takes all the
// bytes as they came. No bytes at all are io.EOF.
func (c *Codec) ReadBody(v any) error {
	if _, ok := c.Conn.(interface{ Next(n int) []byte }); !ok {
		return c.readStream(v)
	}
	data, err := body.Read(c.Conn)
	if err != nil || v == nil {
		return err
	}
	if frame.Into(v, data) {
		return nil
	}
	return decode(data, v)
}

func (c *Codec) readStream(v any) error {
	if c.bound != nil {
		c.bound.Renew()
	}
	var raw json.RawMessage
	if err := c.Decoder.Decode(&raw); err != nil || v == nil {
		return err
	}
	if frame.Into(v, raw) {
		return nil
	}
	return decode(raw, v)
}

// Write encodes v and a newline; a raw frame's bytes are written as they are; nil writes nothing.
func (c *Codec) Write(_ *codec.Message, v any) error {
	if v == nil {
		return nil
	}
	if data, ok := frame.Of(v); ok {
		return body.Write(c.Conn, data)
	}
	return c.Encoder.Encode(encodable(v))
}

// Close closes the connection.
func (c *Codec) Close() error { return c.Conn.Close() }

// String implements codec.Codec.
func (c *Codec) String() string { return "json" }

// Marshal encodes v with encoding/json's rules, HTML escaping included. Generated protobuf messages are plain structs
// to it: names as in the .proto file, 64-bit integers and enums as numbers, bytes in base64, zero fields left out.
// Protobuf messages without Go fields of their own (dynamic and opaque ones) get the same form by reflection, except
// that well-known types are written in protobuf's JSON mapping, so that the other side can read them.
func (Marshaler) Marshal(v any) ([]byte, error) {
	if data, ok := frame.Of(v); ok {
		return data, nil
	}
	return json.Marshal(encodable(v))
}

// Unmarshal decodes the first JSON value of data into v and ignores what follows it. Protobuf messages are read in
// protobuf's JSON mapping: names as in the .proto file or lowerCamel, integers as numbers or strings, enums by name or
// number; an unknown field is an error. Nesting over limits.Default().BodyDepth is ErrDepth.
func (Marshaler) Unmarshal(data []byte, v any) error {
	if frame.Into(v, data) {
		return nil
	}
	err := decode(data, v)
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// String implements codec.Marshaler.
func (Marshaler) String() string { return "json" }
