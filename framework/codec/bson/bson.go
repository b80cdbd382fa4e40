// Package bson is the BSON codec (application/bson, https://bsonspec.org/spec.html): a body is one bare document. It is there
// for programs that name it:
//
//	client.NewClient(client.Codec("application/bson", bson.NewCodec))
//
// It is not one of go-micro v4's codecs; what it writes, it reads. Start with [NewCodec] or [Marshaler].
package bson

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/internal/body"
	"github.com/microtop/microtop/framework/codec/internal/frame"
	"github.com/microtop/microtop/framework/limits"
)

// ErrDepth says that a document is nested deeper than limits.Default().BodyDepth.
var ErrDepth = errors.New("bson nested too deep")

// Codec reads and writes BSON documents on Conn.
type Codec struct {
	Conn io.ReadWriteCloser
}

// Marshaler encodes structs, maps and bson's own documents. Fields have their names from the tag "bson" or else "json".
type Marshaler struct{}

var (
	_ codec.Codec     = (*Codec)(nil)
	_ codec.Marshaler = Marshaler{}
)

// NewCodec returns a BSON codec on rwc.
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
func (c *Codec) String() string { return "bson" }

// Marshal encodes v as a document; a raw frame gives its bytes. What is no document (a number, a list) is an error.
func (Marshaler) Marshal(v any) ([]byte, error) {
	if data, ok := frame.Of(v); ok {
		return data, nil
	}
	var out bytes.Buffer
	encoder := bson.NewEncoder(bson.NewDocumentWriter(&out))
	encoder.UseJSONStructTags()
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("encode %T as bson: %w", v, err)
	}
	return out.Bytes(), nil
}

// Unmarshal decodes the document that data is into v; documents in it become maps where v does not say. A raw frame's
// pointer takes the bytes.
func (Marshaler) Unmarshal(data []byte, v any) (err error) {
	if frame.Into(v, data) {
		return nil
	}
	if err := check(data, 1); err != nil {
		return fmt.Errorf("decode bson: %w", err)
	}
	decoder := bson.NewDecoder(bson.NewDocumentReader(bytes.NewReader(data)))
	decoder.UseJSONStructTags()
	decoder.DefaultDocumentM()
	if err := decoder.Decode(v); err != nil {
		return fmt.Errorf("decode bson into %T: %w", v, err)
	}
	return nil
}

// String implements codec.Marshaler.
func (Marshaler) String() string { return "bson" }

// check walks a document before it is decoded, so that neither its nesting nor a length in it is believed.
func check(data []byte, depth int) error {
	if limit := limits.Default().BodyDepth; limits.Exceeded(depth, limit) {
		return fmt.Errorf("%w: over %d levels", ErrDepth, limit)
	}
	document := bson.Raw(data)
	if n := len(data); n < 5 || int(uint32(data[0])|uint32(data[1])<<8|uint32(data[2])<<16|uint32(data[3])<<24) != n {
		return io.ErrUnexpectedEOF
	}
	elements, err := document.Elements()
	if err != nil {
		return err
	}
	for _, element := range elements {
		value := element.Value()
		if inner, ok := nested(value); ok {
			err = check(inner, depth+1)
		} else {
			err = value.Validate()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// nested returns the document in a value.
func nested(value bson.RawValue) (inner []byte, ok bool) {
	switch value.Type {
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		return value.Value, true
	case bson.TypeCodeWithScope:
		_, scope, ok := value.CodeWithScopeOK()
		return scope, ok
	default:
		return nil, false
	}
}
