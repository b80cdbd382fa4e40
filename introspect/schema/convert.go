package schema

import (
	"bytes"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
)

// Encode turns a JSON body into the protobuf bytes of the message; an empty body is an empty message.
// It fails where no descriptor of the type is known, see Message.
func (s *Service) Encode(typeName string, body []byte) ([]byte, error) {
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
func (s *Service) Decode(typeName string, data []byte) ([]byte, error) {
	m, err := s.newMessage(typeName)
	if err != nil {
		return nil, err
	}
	if err := (proto.UnmarshalOptions{RecursionLimit: maxDepth}).Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("decode %s: %w", typeName, err)
	}
	types := dynamicpb.NewTypes(s.files)
	text, err := protojson.MarshalOptions{Resolver: types}.Marshal(m)
	if err != nil { // an Any of a type that nobody knows: shown without it
		return nil, fmt.Errorf("decode %s: %w", typeName, err)
	}
	return compact(text), nil
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
