// Package bsonrpc is the BSON-RPC codec (application/bson-rpc): net/rpc's envelope, one BSON document for the head and one
// for the body. A request's head is {ServiceMethod, Seq}, an answer's {ServiceMethod, Seq, Error}, as
// https://pkg.go.dev/net/rpc#Request and #Response name them.
//
// No bytes of other implementations were captured; what it writes, it reads. Start with [NewCodec].
package bsonrpc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/microtop/microtop/framework/codec"
	microbson "github.com/microtop/microtop/framework/codec/bson"
	"github.com/microtop/microtop/framework/codec/internal/body"
	"github.com/microtop/microtop/framework/limits"
)

// empty is the document without elements: no body.
var empty = []byte{5, 0, 0, 0, 0}

// NewCodec returns a BSON-RPC codec on rwc, for either side. Bodies are what the codec of package bson takes; an event is its
// bare body. An id that is no number goes as text.
func NewCodec(rwc io.ReadWriteCloser) codec.Codec { return &bsonrpc{conn: rwc} }

type bsonrpc struct {
	conn  io.ReadWriteCloser
	event bool // the message whose header was read is an event
}

var _ codec.Codec = (*bsonrpc)(nil)

// head is a request's, or with Error a response's.
type head struct {
	ServiceMethod string        `bson:"ServiceMethod"`
	Seq           bson.RawValue `bson:"Seq"`
	Error         string        `bson:"Error,omitempty"`
}

// ReadHeader reads the head and fills in Id, Method and Endpoint, or Id, Method and Error. Of an event it reads nothing.
func (c *bsonrpc) ReadHeader(m *codec.Message, t codec.MessageType) error {
	c.event = t == codec.Event
	if c.event {
		return nil
	}
	data, err := c.document()
	if err != nil {
		return err
	}
	var h head
	if err := (microbson.Marshaler{}).Unmarshal(data, &h); err != nil {
		return fmt.Errorf("bson-rpc head: %w", err)
	}
	m.Id, m.Method = idOf(h.Seq), h.ServiceMethod
	if t == codec.Request {
		m.Endpoint = h.ServiceMethod
	} else {
		m.Error = h.Error
	}
	return nil
}

// ReadBody reads the document behind the head into v; nil discards it.
func (c *bsonrpc) ReadBody(v any) error {
	read := c.document
	if c.event {
		read = func() ([]byte, error) { return body.Read(c.conn) }
	}
	data, err := read()
	if err != nil || v == nil {
		return err
	}
	return microbson.Marshaler{}.Unmarshal(data, v)
}

// document reads one document: its first four bytes are its length.
func (c *bsonrpc) document() ([]byte, error) {
	prefix, err := body.ReadN(c.conn, 4)
	if err != nil {
		return nil, err
	}
	n, limit := int64(binary.LittleEndian.Uint32(prefix)), limits.Default().MessageBytes
	switch {
	case n < int64(len(empty)):
		return nil, errors.New("bson-rpc: a document of less than 5 bytes")
	case n > math.MaxInt32 || limits.Exceeded(int(n), limit):
		return nil, fmt.Errorf("%w: %d bytes, over %d", body.ErrTooLarge, n, limit)
	}
	rest, err := body.ReadN(c.conn, int(n)-4)
	if err != nil {
		return nil, err
	}
	return append(prefix[:4:4], rest...), nil
}

// Write writes a message with its body in one write; m.Type says of which kind. No body is an empty document.
func (c *bsonrpc) Write(m *codec.Message, v any) error {
	data := empty
	if v != nil {
		var err error
		if data, err = (microbson.Marshaler{}).Marshal(v); err != nil {
			return err
		}
	}
	if m.Type == codec.Event {
		return body.Write(c.conn, data)
	}
	h := bson.D{{Key: "ServiceMethod", Value: method(m)}, {Key: "Seq", Value: seqOf(m.Id)}}
	if m.Type != codec.Request {
		h = append(h, bson.E{Key: "Error", Value: m.Error})
	}
	out, err := bson.Marshal(h)
	if err != nil {
		return fmt.Errorf("bson-rpc head: %w", err)
	}
	return body.Write(c.conn, append(out, data...))
}

func method(m *codec.Message) string {
	if m.Method == "" {
		return m.Endpoint
	}
	return m.Method
}

// seqOf is a number where an id is one.
func seqOf(id string) any {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && strconv.FormatInt(n, 10) == id {
		return n
	}
	return id
}

func idOf(seq bson.RawValue) string {
	if n, ok := seq.AsInt64OK(); ok {
		return strconv.FormatInt(n, 10)
	}
	text, _ := seq.StringValueOK() // of any other type there is no id
	return text
}

// Close closes the connection.
func (c *bsonrpc) Close() error { return c.conn.Close() }

// String implements codec.Codec.
func (c *bsonrpc) String() string { return "bson-rpc" }
