// Package msgpack is the MessagePack codec (application/msgpack, https://github.com/msgpack/msgpack/blob/master/spec.md): a
// body is one bare value. It is there for programs that name it:
//
//	client.NewClient(client.Codec("application/msgpack", msgpack.NewCodec))
//
// It is not one of go-micro v4's codecs; what it writes, it reads. Start with [NewCodec] or [Marshaler].
package msgpack

import (
	"bytes"
	"fmt"
	"io"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/internal/body"
	"github.com/microtop/microtop/framework/codec/internal/frame"
)

// Codec reads and writes MessagePack values on Conn.
type Codec struct {
	Conn io.ReadWriteCloser
}

// Marshaler encodes what encoding/json does. Fields have their names from the tag "msgpack" or else "json".
type Marshaler struct{}

var (
	_ codec.Codec     = (*Codec)(nil)
	_ codec.Marshaler = Marshaler{}
)

// NewCodec returns a MessagePack codec on rwc.
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
	data, err := Marshaler{}.Marshal(v)
	if err != nil {
		return err
	}
	return body.Write(c.Conn, data)
}

// Close closes the connection.
func (c *Codec) Close() error { return c.Conn.Close() }

// String implements codec.Codec.
func (c *Codec) String() string { return "msgpack" }

// Marshal encodes v, maps in the order of their keys; a raw frame gives its bytes.
func (Marshaler) Marshal(v any) ([]byte, error) {
	if data, ok := frame.Of(v); ok {
		return data, nil
	}
	var out bytes.Buffer
	encoder := msgpack.NewEncoder(&out)
	encoder.SetCustomStructTag("json")
	encoder.SetSortMapKeys(true)
	encoder.UseCompactInts(true)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("encode %T as msgpack: %w", v, err)
	}
	return out.Bytes(), nil
}

// Unmarshal decodes data, exactly one value, into v; a raw frame's pointer takes the bytes. In an any, an integer has the
// Go type of its size on the wire. Nesting over limits.Default().BodyDepth is ErrDepth; of extensions there are
// timestamps only.
func (Marshaler) Unmarshal(data []byte, v any) error {
	if frame.Into(v, data) {
		return nil
	}
	pass := newScan(data)
	rest, err := pass.skip(data, 0)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d bytes after the value", len(rest))
	}
	if err != nil {
		return fmt.Errorf("decode msgpack: %w", err)
	}
	decoder := msgpack.NewDecoder(bytes.NewReader(pass.lengthen(data)))
	decoder.SetCustomStructTag("json")
	if err := decoder.Decode(v); err != nil {
		return fmt.Errorf("decode msgpack into %T: %w", v, err)
	}
	return nil
}

// String implements codec.Marshaler.
func (Marshaler) String() string { return "msgpack" }
