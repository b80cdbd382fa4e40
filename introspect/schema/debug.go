package schema

import (
	"fmt"

	"google.golang.org/protobuf/types/descriptorpb"

	pb "github.com/microtop/microtop/framework/debug/proto"
)

// What a service may tell of itself; more is refused.
const (
	maxEndpoints = 4096
	maxTypes     = 16_384
	maxFields    = 65_536
)

var kinds = map[pb.Kind]Kind{
	pb.Kind_UNARY: Unary, pb.Kind_SERVER_STREAM: Server, pb.Kind_CLIENT_STREAM: Client,
	pb.Kind_BIDI_STREAM: Bidi, pb.Kind_SUBSCRIBER: Subscriber, pb.Kind_STREAM: Stream,
}

// FromDebug reads a debug service's answer.
func FromDebug(answer *pb.SchemaResponse) (*Service, error) {
	if n := len(answer.GetEndpoints()); n > maxEndpoints {
		return nil, fmt.Errorf("schema: %d endpoints are over the limit of %d", n, maxEndpoints)
	}
	if n := len(answer.GetTypes()); n > maxTypes {
		return nil, fmt.Errorf("schema: %d types are over the limit of %d", n, maxTypes)
	}
	s := &Service{Types: map[string]*Type{}}
	if err := s.readTypes(answer.GetTypes()); err != nil {
		return nil, err
	}
	if err := s.readDescriptors(answer.GetDescriptors()); err != nil {
		return nil, err
	}
	for _, e := range answer.GetEndpoints() {
		kind, known := kinds[e.GetKind()]
		if !known {
			kind = Stream // a kind of a newer peer's
		}
		s.Endpoints = append(s.Endpoints, &Endpoint{
			Name: e.GetName(), Kind: kind, Request: e.GetRequest(), Response: e.GetResponse(),
			Topic: e.GetTopic(), Metadata: e.GetMetadata(), Source: Debug, Protobuf: e.GetProtobuf(), Doc: e.GetDoc(),
		})
	}
	return s, nil
}

func (s *Service) readTypes(types []*pb.Type) error {
	fields := 0
	for _, t := range types {
		out := &Type{Name: t.GetName(), Doc: t.GetDoc()}
		if fields += len(t.GetFields()) + len(t.GetValues()); fields > maxFields {
			return fmt.Errorf("schema: more than %d fields", maxFields)
		}
		for _, v := range t.GetValues() {
			out.Values = append(out.Values, Value{Name: v.GetName(), Number: v.GetNumber()})
		}
		for _, f := range t.GetFields() {
			out.Fields = append(out.Fields, &Field{
				Name: f.GetName(), JSONName: f.GetJsonName(), Number: f.GetNumber(), Type: f.GetType(), Repeated: f.GetRepeated(),
				MapKey: f.GetMapKey(), Oneof: f.GetOneof(), Optional: f.GetOptional(), Doc: f.GetDoc(),
			})
			out.Protobuf = out.Protobuf || f.GetNumber() != 0
		}
		s.Types[out.Name] = out
	}
	return nil
}

func (s *Service) readDescriptors(raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	var set descriptorpb.FileDescriptorSet
	if err := unmarshalDescriptors(raw, &set, new(maxDescriptorValues)); err != nil {
		return fmt.Errorf("schema: descriptors: %w", err)
	}
	if n := len(set.GetFile()); n > maxFiles {
		return fmt.Errorf("schema: %d files are over the limit of %d", n, maxFiles)
	}
	files, err := newFiles(&set)
	if err != nil {
		return fmt.Errorf("schema: descriptors: %w", err)
	}
	s.files = files
	for _, t := range s.Types {
		t.Protobuf = t.Protobuf || s.Message(t.Name) != nil
	}
	return nil
}
