// Package bytes is the raw codec (application/octet-stream): bodies are byte slices and travel as they are.
//
// Its [Frame] means the same to every other codec: "these bytes, verbatim". Proxies and consoles call with it.
package bytes

import (
	"io"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/internal/body"
)

// Codec reads and writes raw bodies on Conn.
type Codec struct {
	Conn io.ReadWriteCloser
}

// Frame holds raw bytes. As a body its Data is written verbatim whatever the codec; reading into a *Frame gives the
// bytes as they came, which then share memory with the message they came in.
type Frame struct {
	Data []byte
}

var _ codec.Codec = (*Codec)(nil)

// NewCodec returns a raw codec on rwc.
func NewCodec(rwc io.ReadWriteCloser) codec.Codec { return &Codec{Conn: rwc} }

// ReadHeader does nothing: headers travel beside the body.
func (c *Codec) ReadHeader(*codec.Message, codec.MessageType) error { return nil }

// ReadBody reads everything into v: a *[]byte, *string, *Frame or *Message; nil discards it. For any other type it
// returns codec.ErrInvalidMessage.
func (c *Codec) ReadBody(v any) error {
	data, err := body.Read(c.Conn)
	if err != nil || v == nil {
		return err
	}
	return Marshaler{}.Unmarshal(data, v)
}

// Write writes v, of a type that Marshaler.Marshal takes, as it is; nil writes nothing.
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
func (c *Codec) String() string { return "bytes" }
