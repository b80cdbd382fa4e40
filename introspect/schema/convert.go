package schema

import (
	"bytes"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// Encode turns a JSON body into the protobuf bytes of the message; an empty body is an empty message.
// It fails where no descriptor of the type is known, see Message.
func (s *Service) Encode(typeName string, body []byte) (data []byte, err error) {
	defer hostile(&err)
	m, err := s.newMessage(typeName)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(body)) > 0 {
		options := protojson.UnmarshalOptions{Resolver: dynamicpb.NewTypes(s.files), RecursionLimit: maxDepth}
		if err := options.Unmarshal(body, m); err != nil {
			return nil, &BodyError{Reason: err.Error()}
		}
	}
	return proto.Marshal(m)
}

// Decode turns protobuf bytes of the message into JSON on one line: lowerCamel names, 64-bit integers as strings.
func (s *Service) Decode(typeName string, data []byte) (text []byte, err error) {
	defer hostile(&err)
	m, err := s.newMessage(typeName)
	if err != nil {
		return nil, err
	}
	if err := countValues(m.ProtoReflect().Descriptor(), data); err != nil {
		return nil, fmt.Errorf("decode %s: %w", typeName, err)
	}
	if err := (proto.UnmarshalOptions{RecursionLimit: maxDepth}).Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("decode %s: %w", typeName, err)
	}
	types := dynamicpb.NewTypes(s.files)
	text, err = protojson.MarshalOptions{Resolver: types}.Marshal(m)
	if err != nil { // an Any of a type that nobody knows: shown without it
		return nil, fmt.Errorf("decode %s: %w", typeName, err)
	}
	return compact(text), nil
}

// hostile turns a panic into an error. The descriptors are a peer's: one that calls its own message by a well-known
// name makes the library read fields that are not there.
func hostile(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("the service's descriptors cannot be used: %v", v)
	}
}

// maxValues is how many values a message may hold: an empty one takes two bytes on the wire and hundreds in memory.
const maxValues = 200_000

// countValues refuses messages of more than maxValues values.
func countValues(m protoreflect.MessageDescriptor, data []byte) error {
	left := maxValues
	if !within(m, data, &left, 0) {
		return fmt.Errorf("more than %d values", maxValues)
	}
	return nil
}

// within counts data's values down from left and reports whether there were enough. What is malformed counts as far as
// it goes: the decoder will refuse it.
func within(m protoreflect.MessageDescriptor, data []byte, left *int, depth int) bool {
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return true
		}
		data = data[n:]
		size := protowire.ConsumeFieldValue(number, kind, data)
		if size < 0 {
			return true
		}
		if *left--; *left < 0 {
			return false
		}
		field := m.Fields().ByNumber(number)
		if kind == protowire.BytesType && field != nil && field.Message() != nil && depth < maxDepth {
			if inner, _ := protowire.ConsumeBytes(data); !within(field.Message(), inner, left, depth+1) {
				return false
			}
		}
		data = data[size:]
	}
	return true
}

func (s *Service) newMessage(typeName string) (proto.Message, error) {
	d := s.Message(typeName)
	if d == nil {
		return nil, fmt.Errorf("no descriptor of message %q is known", typeName)
	}
	return dynamicpb.NewMessage(d), nil
}

// compact takes out the white space that protojson puts in at random.
func compact(text []byte) []byte {
	var out bytes.Buffer
	if err := json.Compact(&out, text); err != nil {
		return text
	}
	return out.Bytes()
}
