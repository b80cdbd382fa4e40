// Package text is the codec of plain text: bodies travel as they are. No content type selects it by itself.
package text

import (
	"io"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/internal/body"
	"github.com/microtop/microtop/framework/codec/internal/frame"
)

// Codec reads and writes text on Conn.
type Codec struct {
	Conn io.ReadWriteCloser
}

// Frame holds raw bytes, as the Frame of codec/bytes does.
type Frame struct {
	Data []byte
}

var _ codec.Codec = (*Codec)(nil)

// NewCodec returns a text codec on rwc.
func NewCodec(rwc io.ReadWriteCloser) codec.Codec { return &Codec{Conn: rwc} }

// ReadHeader does nothing: headers travel beside the body.
func (c *Codec) ReadHeader(*codec.Message, codec.MessageType) error { return nil }

// ReadBody reads everything into v: a *string, *[]byte or *Frame of this package or codec/bytes; nil discards it. For
// any other type it returns codec.ErrInvalidMessage. Slices are not copies of what came.
func (c *Codec) ReadBody(v any) error {
	data, err := body.Read(c.Conn)
	if err != nil || v == nil || frame.Into(v, data) {
		return err
	}
	switch b := v.(type) {
	case *string:
		*b = string(data)
	case *[]byte:
		*b = data
	case *Frame:
		b.Data = data
	default:
		return codec.ErrInvalidMessage
	}
	return nil
}

// Write writes v, a string, []byte or Frame or a pointer to one, as it is; nil writes nothing. For any other type it
// returns codec.ErrInvalidMessage.
func (c *Codec) Write(_ *codec.Message, v any) error {
	if data, ok := frame.Of(v); ok {
		return body.Write(c.Conn, data)
	}
	switch b := v.(type) {
	case nil:
		return nil
	case string:
		return body.Write(c.Conn, []byte(b))
	case *string:
		return body.Write(c.Conn, []byte(*b))
	case []byte:
		return body.Write(c.Conn, b)
	case *[]byte:
		return body.Write(c.Conn, *b)
	case Frame:
		return body.Write(c.Conn, b.Data)
	case *Frame:
		return body.Write(c.Conn, b.Data)
	}
	return codec.ErrInvalidMessage
}

// Close closes the connection.
func (c *Codec) Close() error { return c.Conn.Close() }

// String implements codec.Codec.
func (c *Codec) String() string { return "text" }
