// Package msgpackrpc is the MessagePack-RPC codec (application/msgpack-rpc,
// https://github.com/msgpack-rpc/msgpack-rpc/blob/master/spec.md): a request is [0, msgid, method, [body]], an answer
// [1, msgid, error, result], an event the notification [2, method, [body]].
//
// No bytes of other implementations were captured; what it writes, it reads. Start with [NewCodec].
package msgpackrpc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/internal/body"
	"github.com/microtop/microtop/framework/codec/internal/frame"
	micromsgpack "github.com/microtop/microtop/framework/codec/msgpack"
)

// The spec's message types.
const (
	request int = iota
	response
	notification
)

const (
	arrayOf  = 0x90 // | the number of elements, up to 15
	nilValue = 0xc0
)

// NewCodec returns a MessagePack-RPC codec on rwc, for either side. Bodies are what the codec of package msgpack takes. An id
// that is no number goes as text, and one over 32 bits as a longer number, both beyond the spec. One connection holds one
// message at a time.
func NewCodec(rwc io.ReadWriteCloser) codec.Codec { return &msgpackrpc{conn: rwc} }

type msgpackrpc struct {
	conn io.ReadWriteCloser
	body []byte // of the message whose header was read
}

var _ codec.Codec = (*msgpackrpc)(nil)

// ReadHeader reads a whole message and fills in Id, Method and Endpoint, or Id and Error, or Method of an event.
func (c *msgpackrpc) ReadHeader(m *codec.Message, t codec.MessageType) error {
	c.body = nil
	data, err := body.Read(c.conn)
	if err != nil {
		return err
	}
	parts, err := elements(data)
	if err != nil {
		return fmt.Errorf("msgpack-rpc message: %w", err)
	}
	switch kind := kindOf(parts); {
	case t == codec.Request && kind == request:
		m.Id, m.Method = text(parts[1]), text(parts[2])
		m.Endpoint = m.Method
		c.body, err = firstParam(parts[3])
	case t == codec.Event && kind == notification:
		m.Method = text(parts[1])
		c.body, err = firstParam(parts[2])
	case (t == codec.Response || t == codec.Error) && kind == response:
		m.Id, m.Error = text(parts[1]), text(parts[2])
		c.body = parts[3]
	default:
		err = fmt.Errorf("msgpack-rpc: a message of type %d with %d elements is not what was waited for", kind, len(parts))
	}
	return err
}

// kindOf is the type of a message with as many elements as its type has, else -1.
func kindOf(parts [][]byte) int {
	if len(parts) == 0 || len(parts[0]) != 1 {
		return -1
	}
	kind := int(parts[0][0])
	if kind > notification || len(parts) != map[int]int{request: 4, response: 4, notification: 3}[kind] {
		return -1
	}
	return kind
}

// elements parts an array into its elements, without decoding them.
func elements(data []byte) ([][]byte, error) {
	rest, err := micromsgpack.Skip(data)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes after it", len(rest))
	}
	if data[0]&0xf0 != arrayOf {
		return nil, errors.New("no array of up to 15 elements")
	}
	parts := make([][]byte, 0, data[0]&0x0f)
	for data = data[1:]; len(data) > 0; data = rest {
		if rest, err = micromsgpack.Skip(data); err != nil {
			return nil, err
		}
		parts = append(parts, data[:len(data)-len(rest)])
	}
	return parts, nil
}

// firstParam returns the only parameter there is in this protocol, nil if there is none.
func firstParam(params []byte) ([]byte, error) {
	list, err := elements(params)
	if err != nil {
		return nil, fmt.Errorf("msgpack-rpc params: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list[0], nil
}

// text returns an id, a method or an error as text: numbers in decimal, nil as "", anything else as Go prints it.
func text(data []byte) string {
	var v any
	decoder := msgpack.NewDecoder(bytes.NewReader(data))
	decoder.UseLooseInterfaceDecoding(true)
	if err := decoder.Decode(&v); err != nil || v == nil {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case uint64:
		return strconv.FormatUint(v, 10)
	}
	return fmt.Sprint(v)
}

// ReadBody decodes the body of the message whose header was read last. A message without one leaves v as it is.
func (c *msgpackrpc) ReadBody(v any) error {
	if v == nil || len(c.body) == 0 {
		return nil
	}
	if frame.Into(v, c.body) {
		return nil
	}
	if len(c.body) == 1 && c.body[0] == nilValue {
		return nil
	}
	return micromsgpack.Marshaler{}.Unmarshal(c.body, v)
}

// Write writes a message with its body in one write; m.Type says of which kind.
func (c *msgpackrpc) Write(m *codec.Message, v any) error {
	value := []byte{nilValue}
	if v != nil {
		var err error
		if value, err = (micromsgpack.Marshaler{}).Marshal(v); err != nil {
			return err
		}
	}
	if len(value) == 0 { // an empty raw frame
		value = []byte{nilValue}
	}
	var out bytes.Buffer
	encoder := msgpack.NewEncoder(&out)
	encoder.UseCompactInts(true)
	if err := head(encoder, m); err != nil {
		return fmt.Errorf("msgpack-rpc message: %w", err)
	}
	if m.Type == codec.Request || m.Type == codec.Event {
		out.WriteByte(arrayOf | 1)
	}
	out.Write(value)
	return body.Write(c.conn, out.Bytes())
}

// head writes what comes before the body.
func head(encoder *msgpack.Encoder, m *codec.Message) error {
	method := m.Method
	if method == "" {
		method = m.Endpoint
	}
	switch m.Type {
	case codec.Event:
		return encode(encoder, 3, notification, method)
	case codec.Request:
		return encode(encoder, 4, request, id(m.Id), method)
	default:
		var failure any
		if m.Error != "" {
			failure = m.Error
		}
		return encode(encoder, 4, response, id(m.Id), failure)
	}
}

// encode begins an array of n elements with the values.
func encode(encoder *msgpack.Encoder, n int, values ...any) error {
	if err := encoder.EncodeArrayLen(n); err != nil {
		return err
	}
	return encoder.EncodeMulti(values...)
}

// id is a number where text is one.
func id(text string) any {
	if n, err := strconv.ParseUint(text, 10, 64); err == nil && strconv.FormatUint(n, 10) == text {
		return n
	}
	return text
}

// Close closes the connection.
func (c *msgpackrpc) Close() error { return c.conn.Close() }

// String implements codec.Codec.
func (c *msgpackrpc) String() string { return "msgpack-rpc" }
