package grpc

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/transport"
)

// The numbers of a message's fields (docs/wire.md §9.7).
const (
	headerField protowire.Number = 1
	bodyField   protowire.Number = 2

	keyField   protowire.Number = 1
	valueField protowire.Number = 2
)

// perHeader is what a header takes beside its name and its value, at most.
const perHeader = 16

var errMalformed = errors.New("the message is no protobuf of a header map and a body")

// largest is the size of the largest message that keeps the limits; without one it is what gRPC can count.
func largest(l limits.Limits) int {
	if l.MessageBytes < 0 || l.HeaderBytes < 0 || l.Headers < 0 {
		return 1<<31 - 1
	}
	return l.MessageBytes + l.HeaderBytes + (l.Headers+1)*perHeader
}

// encode returns a message's bytes, in new memory.
func encode(m *transport.Message) ([]byte, error) {
	size := len(m.Body) + perHeader
	for name, value := range m.Header {
		size += len(name) + len(value) + perHeader
	}
	data := make([]byte, 0, size)
	for name, value := range m.Header {
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return nil, fmt.Errorf("header %q is not UTF-8, as the grpc transport needs it: encode it", name)
		}
		length := protowire.SizeTag(keyField) + protowire.SizeBytes(len(name)) + protowire.SizeTag(valueField) + protowire.SizeBytes(len(value))
		data = protowire.AppendTag(data, headerField, protowire.BytesType)
		data = protowire.AppendVarint(data, uint64(length)) //nolint:gosec // a length is not negative
		data = protowire.AppendTag(data, keyField, protowire.BytesType)
		data = protowire.AppendString(data, name)
		data = protowire.AppendTag(data, valueField, protowire.BytesType)
		data = protowire.AppendString(data, value)
	}
	if len(m.Body) > 0 {
		data = protowire.AppendTag(data, bodyField, protowire.BytesType)
		data = protowire.AppendBytes(data, m.Body)
	}
	return data, nil
}

// decode reads a message; its body is a part of data. Of headers with the same name the last one counts.
func decode(data []byte, l limits.Limits) (transport.Message, error) {
	m := transport.Message{Header: map[string]string{}}
	headers, headerBytes := 0, 0
	err := fields(data, func(number protowire.Number, value []byte) error {
		switch number { //nolint:exhaustive // others are nobody's
		case headerField:
			name, text, err := entry(value)
			if err != nil {
				return err
			}
			headers, headerBytes = headers+1, headerBytes+len(name)+len(text)
			if limits.Exceeded(headers, l.Headers) || limits.Exceeded(headerBytes, l.HeaderBytes) {
				return fmt.Errorf("the message has more headers than %d, or longer ones than %d bytes together", l.Headers, l.HeaderBytes)
			}
			m.Header[name] = text
		case bodyField:
			if limits.Exceeded(len(value), l.MessageBytes) {
				return fmt.Errorf("the body of %d bytes is over the limit of %d", len(value), l.MessageBytes)
			}
			m.Body = value
		}
		return nil
	})
	return m, err
}

// entry reads one entry of the header map.
func entry(data []byte) (name, value string, err error) {
	err = fields(data, func(number protowire.Number, text []byte) error {
		switch {
		case !utf8.Valid(text):
			return errors.New("a header is not UTF-8")
		case number == keyField:
			name = string(text)
		case number == valueField:
			value = string(text)
		}
		return nil
	})
	return name, value, err
}

// fields calls visit for each field that has a length; others are nobody's and are passed over.
func fields(data []byte, visit func(protowire.Number, []byte) error) error {
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return errMalformed
		}
		data = data[n:]
		if kind != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(number, kind, data); n < 0 {
				return errMalformed
			}
			data = data[n:]
			continue
		}
		value, n := protowire.ConsumeBytes(data)
		if n < 0 {
			return errMalformed
		}
		if err := visit(number, value); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
