package grpc

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/encoding"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/bytes"
	microjson "github.com/microtop/microtop/framework/codec/json"
	microproto "github.com/microtop/microtop/framework/codec/proto"
)

// The subtypes of application/grpc, each with a Content of its own.
const (
	Proto = "proto"
	JSON  = "json"
	Bytes = "bytes"
)

// DefaultContentType is a client's, and that of events that name none.
const DefaultContentType = "application/grpc+proto"

// EventCodecs are the codecs of published messages: their bodies are bare, also those called gRPC's.
func EventCodecs() map[string]codec.NewCodec {
	return map[string]codec.NewCodec{
		"application/grpc": microproto.NewCodec, "application/grpc+proto": microproto.NewCodec, "application/grpc+json": microjson.NewCodec,
		"application/proto": microproto.NewCodec, "application/grpc+bytes": bytes.NewCodec,
	}
}

// Subtype returns the subtype of application/grpc by which bodies of a content type travel; "" for one that has none.
func Subtype(contentType string) string {
	switch contentType {
	case "application/json", "application/grpc+json":
		return JSON
	case "application/proto", "application/protobuf", "application/octet-stream", "application/grpc", "application/grpc+proto", "":
		return Proto
	case "application/grpc+bytes":
		return Bytes
	}
	return ""
}

// SubtypeOf returns the subtype that a call's content-type header names; plain application/grpc is proto.
func SubtypeOf(header string) string {
	_, subtype, _ := strings.Cut(header, "+")
	subtype, _, _ = strings.Cut(subtype, ";")
	if subtype == "" {
		return Proto
	}
	return strings.ToLower(subtype)
}

// Contents encode and decode bodies by subtype.
type Contents map[string]Content

// Content encodes and decodes bodies.
type Content interface {
	Marshal(v any) ([]byte, error)
	Unmarshal(data []byte, v any) error
}

// NewContents returns the contents that both ends know, with the given protobuf names in JSON: those of the .proto file
// (as servers write them) or lowerCamel (as clients do). Both are read. more wins, by subtype.
func NewContents(protoNames bool, more map[string]encoding.Codec) Contents {
	all := Contents{
		Proto: microproto.Marshaler{},
		Bytes: raw{},
		JSON:  jsonContent{protojson.MarshalOptions{UseProtoNames: protoNames}},
	}
	for contentType, codec := range more {
		subtype := Subtype(contentType)
		if subtype == "" {
			subtype = SubtypeOf(contentType)
		}
		all[subtype] = codec
	}
	return all
}

// Of returns the content of a subtype; one that is not there is an error that names those that are.
func (c Contents) Of(subtype string) (Content, error) {
	if content := c[subtype]; content != nil {
		return content, nil
	}
	return nil, fmt.Errorf("unsupported content type application/grpc+%s: use proto, json or bytes", subtype)
}

// jsonContent is protobuf's JSON mapping, with 64-bit integers as strings and enums by name, and encoding/json for other
// values.
type jsonContent struct{ options protojson.MarshalOptions }

// Marshal implements Content.
func (c jsonContent) Marshal(v any) ([]byte, error) {
	switch m := v.(type) {
	case *bytes.Frame:
		return m.Data, nil
	case proto.Message:
		return c.options.Marshal(m)
	}
	return json.Marshal(v)
}

// Unmarshal implements Content.
func (jsonContent) Unmarshal(data []byte, v any) error {
	return microjson.Marshaler{}.Unmarshal(data, v)
}

// raw passes bytes on.
type raw struct{}

var errNoBytes = errors.New("application/grpc+bytes carries []byte or a bytes.Frame only")

// Marshal implements Content.
func (raw) Marshal(v any) ([]byte, error) {
	switch b := v.(type) {
	case []byte:
		return b, nil
	case *[]byte:
		return *b, nil
	case *bytes.Frame:
		return b.Data, nil
	}
	return nil, errNoBytes
}

// Unmarshal implements Content.
func (raw) Unmarshal(data []byte, v any) error {
	switch b := v.(type) {
	case *[]byte:
		*b = data
	case *bytes.Frame:
		b.Data = data
	default:
		return errNoBytes
	}
	return nil
}
