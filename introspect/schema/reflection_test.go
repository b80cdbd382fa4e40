package schema_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/microtop/microtop/introspect/schema"
)

// oracle answers reflection's questions from files by path; every symbol is in the first one.
func oracle(services []string, files ...*descriptorpb.FileDescriptorProto) schema.Ask {
	answer := func(file *descriptorpb.FileDescriptorProto) (*reflectionpb.ServerReflectionResponse, error) {
		raw, err := proto.Marshal(file)
		return &reflectionpb.ServerReflectionResponse{MessageResponse: &reflectionpb.ServerReflectionResponse_FileDescriptorResponse{
			FileDescriptorResponse: &reflectionpb.FileDescriptorResponse{FileDescriptorProto: [][]byte{raw}},
		}}, err
	}
	return func(q *reflectionpb.ServerReflectionRequest) (*reflectionpb.ServerReflectionResponse, error) {
		switch {
		case q.GetListServices() != "":
			list := new(reflectionpb.ListServiceResponse)
			for _, name := range services {
				list.Service = append(list.Service, &reflectionpb.ServiceResponse{Name: name})
			}
			return &reflectionpb.ServerReflectionResponse{MessageResponse: &reflectionpb.ServerReflectionResponse_ListServicesResponse{ListServicesResponse: list}}, nil
		case q.GetFileContainingSymbol() != "" && len(files) > 0:
			return answer(files[0])
		}
		for _, file := range files {
			if file.GetName() == q.GetFileByFilename() {
				return answer(file)
			}
		}
		return &reflectionpb.ServerReflectionResponse{MessageResponse: &reflectionpb.ServerReflectionResponse_ErrorResponse{
			ErrorResponse: &reflectionpb.ErrorResponse{ErrorCode: 5, ErrorMessage: "not found"},
		}}, nil
	}
}

// raws answers that the service S is in a file of these bytes.
func raws(file []byte) schema.Ask {
	list := oracle([]string{"S"})
	return func(q *reflectionpb.ServerReflectionRequest) (*reflectionpb.ServerReflectionResponse, error) {
		if q.GetFileContainingSymbol() == "" {
			return list(q)
		}
		return &reflectionpb.ServerReflectionResponse{MessageResponse: &reflectionpb.ServerReflectionResponse_FileDescriptorResponse{
			FileDescriptorResponse: &reflectionpb.FileDescriptorResponse{FileDescriptorProto: [][]byte{file}},
		}}, nil
	}
}

func withService(f *descriptorpb.FileDescriptorProto, name, message string) *descriptorpb.FileDescriptorProto {
	f.Service = append(f.Service, &descriptorpb.ServiceDescriptorProto{Name: &name, Method: []*descriptorpb.MethodDescriptorProto{
		{Name: proto.String("Do"), InputType: &message, OutputType: &message},
		{Name: proto.String("Watch"), InputType: &message, OutputType: &message, ServerStreaming: proto.Bool(true)},
	}})
	return f
}

// Services that share a name are told apart, imports are followed, and those that every program has need not be served.
func TestReflection(t *testing.T) {
	const optional = descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL
	a := withService(file("a.proto", "a", "M", messageField(1, ".b.N", optional)), "S", ".a.M")
	a.Dependency = []string{"b.proto"}
	b := file("b.proto", "b", "N", messageField(1, ".google.protobuf.Timestamp", optional))
	b.Dependency = []string{"google/protobuf/timestamp.proto"}
	s, err := schema.FromReflection(oracle([]string{"a.S", "grpc.reflection.v1.ServerReflection"}, a, b), "", false)
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Endpoint("S.Watch")
	if err != nil || e.Kind != schema.Server || e.Path != "/a.S/Watch" || e.Source != schema.Reflection || !e.Protobuf || len(s.Endpoints) != 2 {
		t.Fatalf("%+v, %v", e, err)
	}
	for _, name := range []string{"Watch", "a.S.Watch", "a.S/Watch", "/a.S/Watch"} {
		if found, err := s.Endpoint(name); err != nil || found != e {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	data, err := s.Encode("a.M", []byte(`{"w":{"w":"2020-01-02T03:04:05Z"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := s.Decode("a.M", data); err != nil || string(text) != `{"w":{"w":"2020-01-02T03:04:05Z"}}` {
		t.Errorf("%s, %v", text, err)
	}
	c := withService(file("c.proto", "c", "M"), "S", ".c.M")
	both := withService(file("a.proto", "a", "M", messageField(1, ".c.M", optional)), "S", ".a.M")
	both.Dependency = []string{"c.proto"}
	s, err = schema.FromReflection(oracle([]string{"a.S", "c.S"}, both, c), "micro", true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Endpoint("c.S.Do"); err != nil || len(s.Endpoints) != 4 {
		t.Errorf("%v, %v", s.Endpoints, err)
	}
	if _, err := s.Endpoint("Do"); err == nil {
		t.Error("a method that two services have was called by its name alone")
	}
	var unknown *schema.UnknownServiceError
	if _, err := schema.FromReflection(oracle([]string{"a.S"}, a, b), "a.T", false); !errors.As(err, &unknown) {
		t.Errorf("an unknown service: %v", err)
	}
}

// What a hostile server tells is refused, and ends.
func TestHostileReflection(t *testing.T) {
	const optional = descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL
	many := make([]string, 5000)
	for i := range many {
		many[i] = fmt.Sprintf("a.S%d", i)
	}
	endless := 0
	deep := withService(file("a.proto", "a", "M"), "S", ".a.M")
	deep.Dependency = []string{"0.proto"}
	self := withService(file("a.proto", "a", "M"), "S", ".a.M")
	self.Dependency = []string{"a.proto"}
	absent := withService(file("a.proto", "a", "M"), "S", ".a.M")
	absent.Dependency = []string{"b.proto"}
	forged := withService(file("a.proto", "a", "M", messageField(1, ".google.protobuf.Timestamp", optional)), "S", ".a.M")
	forged.Dependency = []string{"t.proto"}
	big := withService(file("a.proto", "a", "M"), "S", ".a.M")
	big.Dependency = []string{"0.proto"}
	big.MessageType[0].ReservedName = []string{strings.Repeat("x", 3<<20)}
	chain := func(first *descriptorpb.FileDescriptorProto) schema.Ask {
		return func(q *reflectionpb.ServerReflectionRequest) (*reflectionpb.ServerReflectionResponse, error) {
			if q.GetFileByFilename() == "" {
				return oracle([]string{"a.S"}, first)(q)
			}
			endless++
			next := file(q.GetFileByFilename(), fmt.Sprintf("p%d", endless), "M")
			next.MessageType[0].ReservedName = first.MessageType[0].ReservedName
			next.Dependency = []string{fmt.Sprintf("%d.proto", endless)}
			return oracle(nil, next)(q)
		}
	}
	for name, ask := range map[string]schema.Ask{
		"too many services":           oracle(many, self),
		"imports without end":         chain(deep),
		"too many bytes":              chain(big),
		"a file that imports itself":  oracle([]string{"a.S"}, self),
		"an import that is not there": oracle([]string{"a.S"}, absent),
		"a service that is not there": oracle([]string{"a.T"}, withService(file("a.proto", "a", "M"), "S", ".a.M")),
		"a service that is a message": oracle([]string{"a.M"}, withService(file("a.proto", "a", "M", messageField(1, ".nope", optional)), "S", ".a.M")),
		"nothing":                     oracle([]string{"a.S"}),
		"an answer to another question": func(*reflectionpb.ServerReflectionRequest) (*reflectionpb.ServerReflectionResponse, error) {
			return oracle([]string{"a.S"})(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{ListServices: "*"}})
		},
	} {
		if s, err := schema.FromReflection(ask, "", false); err == nil {
			t.Errorf("%s: taken as %v", name, s.Endpoints)
		}
	}
	s, err := schema.FromReflection(oracle([]string{"a.S"}, forged, file("t.proto", "google.protobuf", "Timestamp")), "", false)
	if err == nil { // the library may take it; then using it must not end the program
		_, _ = s.Encode("a.M", []byte(`{"w":"2020-01-01T00:00:00Z"}`))
		_, _ = s.Decode("a.M", []byte{0x0a, 0x02, 0x08, 0x01})
	}
}

func FuzzReflection(f *testing.F) {
	raw, err := proto.Marshal(withService(file("a.proto", "a", "M"), "S", ".a.M"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("a.S", raw)
	f.Fuzz(func(t *testing.T, name string, raw []byte) {
		ask := func(q *reflectionpb.ServerReflectionRequest) (*reflectionpb.ServerReflectionResponse, error) {
			if q.GetListServices() != "" {
				return oracle([]string{name})(q)
			}
			return &reflectionpb.ServerReflectionResponse{MessageResponse: &reflectionpb.ServerReflectionResponse_FileDescriptorResponse{
				FileDescriptorResponse: &reflectionpb.FileDescriptorResponse{FileDescriptorProto: [][]byte{raw}},
			}}, nil
		}
		s, err := schema.FromReflection(ask, "", false)
		if err != nil {
			return
		}
		if len(s.Endpoints) > 4096 || len(s.Types) > 16_384 {
			t.Errorf("%d endpoints, %d types", len(s.Endpoints), len(s.Types))
		}
		for _, e := range s.Endpoints {
			_ = s.Template(e.Request)
			_, _ = s.Decode(e.Response, raw)
		}
	})
}
