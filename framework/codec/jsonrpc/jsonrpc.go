// Package jsonrpc is the JSON-RPC 1.0 codec (application/json-rpc, docs/wire.md §4): the method, the id and the error
// travel in the body.
package jsonrpc

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/internal/body"
	"github.com/microtop/microtop/framework/codec/internal/frame"
	microjson "github.com/microtop/microtop/framework/codec/json"
)

// NewCodec returns a JSON-RPC codec on rwc, for either side. Bodies are JSON as the codec of application/json reads
// and writes them; an event is its bare body.
func NewCodec(rwc io.ReadWriteCloser) codec.Codec {
	return &jsonrpc{conn: rwc, values: microjson.NewCodec(rwc)}
}

type jsonrpc struct {
	conn   io.ReadWriteCloser
	values codec.Codec     // reads JSON values off conn
	body   json.RawMessage // of the message whose header was read; nil for none
	event  bool
}

var _ codec.Codec = (*jsonrpc)(nil)

type request struct {
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	ID     json.RawMessage `json:"id"`
}

type response struct {
	ID     json.RawMessage `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

// ReadHeader reads a whole request or response and fills in Id, Method and Endpoint, or Id and Error. Of an event it
// reads nothing.
func (c *jsonrpc) ReadHeader(m *codec.Message, t codec.MessageType) error {
	c.body, c.event = nil, t == codec.Event
	switch t {
	case codec.Event:
		return nil
	case codec.Request:
		var r request
		if err := c.values.ReadBody(&r); err != nil {
			return err
		}
		m.Id, m.Method, m.Endpoint = text(r.ID), r.Method, r.Method
		var err error
		c.body, err = firstParam(r.Params)
		return err
	default:
		var r response
		if err := c.values.ReadBody(&r); err != nil {
			return err
		}
		m.Id, m.Error = text(r.ID), text(r.Error)
		c.body = r.Result
		return nil
	}
}

// ReadBody decodes the body of the message whose header was read last. A message without one leaves v as it is.
func (c *jsonrpc) ReadBody(v any) error {
	switch {
	case c.event:
		return c.values.ReadBody(v)
	case v == nil || isNull(c.body):
		return nil
	case frame.Into(v, c.body):
		return nil
	}
	return microjson.Marshaler{}.Unmarshal(c.body, v)
}

// Write writes a message with its body; m.Type says of which kind.
func (c *jsonrpc) Write(m *codec.Message, v any) error {
	value, err := marshal(v)
	if err != nil {
		return err
	}
	switch m.Type {
	case codec.Event:
		if v == nil {
			return nil
		}
		return body.Write(c.conn, value)
	case codec.Request:
		method := m.Method
		if method == "" {
			method = m.Endpoint
		}
		return c.encode(struct {
			Method string             `json:"method"`
			Params [1]json.RawMessage `json:"params"`
			ID     string             `json:"id"`
		}{method, [1]json.RawMessage{value}, m.Id})
	default:
		answer := struct {
			ID     string          `json:"id"`
			Result json.RawMessage `json:"result"`
			Error  *string         `json:"error"`
		}{m.Id, value, nil}
		if m.Error != "" {
			answer.Result, answer.Error = json.RawMessage("null"), &m.Error
		}
		return c.encode(answer)
	}
}

func (c *jsonrpc) encode(v any) error { return c.values.Write(nil, v) }

// Close closes the connection.
func (c *jsonrpc) Close() error { return c.conn.Close() }

// String implements codec.Codec.
func (c *jsonrpc) String() string { return "json-rpc" }

// marshal encodes a body; none is null.
func marshal(v any) (json.RawMessage, error) {
	data, err := microjson.Marshaler{}.Marshal(v)
	if err == nil && len(data) == 0 {
		data = []byte("null")
	}
	return data, err
}

// firstParam returns the only parameter there is in this protocol; params that are no array are it themselves.
func firstParam(params json.RawMessage) (json.RawMessage, error) {
	if len(params) == 0 || params[0] != '[' {
		return params, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(params, &list); err != nil {
		return nil, fmt.Errorf("json-rpc params: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list[0], nil
}

// text returns an id or an error as text: strings without their quotes, null as "".
func text(value json.RawMessage) string {
	if isNull(value) {
		return ""
	}
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	return string(value)
}

func isNull(value json.RawMessage) bool { return len(value) == 0 || string(value) == "null" }
