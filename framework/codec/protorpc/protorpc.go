// Package protorpc is the proto-rpc codec (application/proto-rpc, docs/wire.md §4): an envelope and a protobuf message,
// each behind its length.
package protorpc

import (
	"io"
	"strconv"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/internal/body"
	microproto "github.com/microtop/microtop/framework/codec/proto"
	"google.golang.org/protobuf/proto"
)

//go:generate protoc -I ../../.. --go_out=paths=source_relative:../../.. framework/codec/protorpc/envelope.proto

// NewCodec returns a proto-rpc codec on rwc, for either side. Bodies are what the codec of application/protobuf takes;
// an event is its bare body.
func NewCodec(rwc io.ReadWriteCloser) codec.Codec { return &protorpc{conn: rwc} }

type protorpc struct {
	conn  io.ReadWriteCloser
	event bool // the message whose header was read is an event
}

var _ codec.Codec = (*protorpc)(nil)

// ReadHeader reads the envelope and fills in Id, Method and Endpoint, or Id, Method and Error. Of an event it reads
// nothing.
func (c *protorpc) ReadHeader(m *codec.Message, t codec.MessageType) error {
	c.event = t == codec.Event
	switch t {
	case codec.Event:
		return nil
	case codec.Request:
		var r Request
		if err := c.readEnvelope(&r); err != nil {
			return err
		}
		m.Id, m.Method, m.Endpoint = strconv.FormatUint(r.GetSeq(), 10), r.GetServiceMethod(), r.GetServiceMethod()
	default:
		var r Response
		if err := c.readEnvelope(&r); err != nil {
			return err
		}
		m.Id, m.Method, m.Error = strconv.FormatUint(r.GetSeq(), 10), r.GetServiceMethod(), r.GetError()
	}
	return nil
}

func (c *protorpc) readEnvelope(envelope proto.Message) error {
	block, err := ReadNetString(c.conn)
	if err != nil {
		return err
	}
	return microproto.Marshaler{}.Unmarshal(block, envelope)
}

// ReadBody reads the message behind the envelope into v; nil discards it.
func (c *protorpc) ReadBody(v any) error {
	read := func() ([]byte, error) { return ReadNetString(c.conn) }
	if c.event {
		read = func() ([]byte, error) { return body.Read(c.conn) }
	}
	data, err := read()
	if err != nil || v == nil {
		return err
	}
	return microproto.Marshaler{}.Unmarshal(data, v)
}

// Write writes a message with its body in one write; m.Type says of which kind. No body is an empty message.
func (c *protorpc) Write(m *codec.Message, v any) error {
	var data []byte
	if v != nil {
		var err error
		if data, err = (microproto.Marshaler{}).Marshal(v); err != nil {
			return err
		}
	}
	if m.Type == codec.Event {
		return body.Write(c.conn, data)
	}
	seq, err := strconv.ParseUint(m.Id, 10, 64)
	if err != nil {
		seq = 0 // ids of other makes need not be numbers
	}
	var envelope proto.Message = &Response{Seq: seq, Error: m.Error}
	if m.Type == codec.Request {
		method := m.Method
		if method == "" {
			method = m.Endpoint
		}
		envelope = &Request{ServiceMethod: method, Seq: seq}
	}
	head, err := proto.Marshal(envelope)
	if err != nil {
		return err
	}
	blocks, err := appendNetString(body.Available(c.conn), head)
	if err != nil {
		return err
	}
	if blocks, err = appendNetString(blocks, data); err != nil {
		return err
	}
	return body.Write(c.conn, blocks)
}

// Close closes the connection.
func (c *protorpc) Close() error { return c.conn.Close() }

// String implements codec.Codec.
func (c *protorpc) String() string { return "proto-rpc" }
