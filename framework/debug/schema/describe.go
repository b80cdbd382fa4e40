package schema

import (
	"reflect"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	pb "github.com/microtop/microtop/framework/debug/proto"
)

// Endpoint is what a server knows of one endpoint.
type Endpoint struct {
	// Name is "Handler.Method", or a subscriber's function.
	Name string
	// Request and Response are the handler's argument types; nil where the handler has none (streams).
	Request, Response reflect.Type
	// Method is the descriptor of the protobuf method behind the endpoint; nil without one.
	Method protoreflect.MethodDescriptor
	// Stream says that the handler takes a stream.
	Stream bool
	// Subscriber says that the endpoint takes the messages of Topic.
	Subscriber bool
	Topic      string
	Metadata   map[string]string
}

// Describe returns the schema of the endpoints and of every type that they reach.
func Describe(endpoints []Endpoint) *pb.SchemaResponse {
	d := &describer{types: map[string]*pb.Type{}, goNames: map[reflect.Type]string{}, files: map[string]bool{}}
	out := new(pb.SchemaResponse)
	for _, e := range endpoints {
		out.Endpoints = append(out.Endpoints, d.endpoint(e))
	}
	out.Types = d.order
	if len(d.set.File) > 0 {
		// Descriptors that were linked into this program always marshal; without them the types still stand.
		out.Descriptors, _ = proto.Marshal(&d.set)
	}
	return out
}

// describer collects types as endpoints name them. Recursion ends because a type is entered before its fields.
type describer struct {
	types   map[string]*pb.Type
	order   []*pb.Type
	goNames map[reflect.Type]string
	files   map[string]bool
	set     descriptorpb.FileDescriptorSet
}

func (d *describer) endpoint(e Endpoint) *pb.Endpoint {
	out := &pb.Endpoint{Name: e.Name, Topic: e.Topic, Metadata: e.Metadata, Kind: kind(e)}
	if e.Method != nil {
		out.Protobuf = true
		out.Request = d.message(e.Method.Input())
		out.Response = d.message(e.Method.Output())
		return out
	}
	request, requestIsProto := d.argument(e.Request)
	response, responseIsProto := d.argument(e.Response)
	out.Request, out.Response = request, response
	out.Protobuf = requestIsProto && (responseIsProto || e.Response == nil)
	return out
}

func kind(e Endpoint) pb.Kind {
	switch {
	case e.Subscriber:
		return pb.Kind_SUBSCRIBER
	case !e.Stream:
		return pb.Kind_UNARY
	case e.Method == nil:
		return pb.Kind_STREAM
	case e.Method.IsStreamingClient() && e.Method.IsStreamingServer():
		return pb.Kind_BIDI_STREAM
	case e.Method.IsStreamingClient():
		return pb.Kind_CLIENT_STREAM
	default:
		return pb.Kind_SERVER_STREAM
	}
}

// argument names a handler's argument type and says whether it is a protobuf message.
func (d *describer) argument(t reflect.Type) (string, bool) {
	if t == nil {
		return "", false
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if m, ok := reflect.New(t).Interface().(proto.Message); ok {
		return d.message(m.ProtoReflect().Descriptor()), true
	}
	return d.goType(t), false
}

// add enters a type and reports whether it was new.
func (d *describer) add(name string) (*pb.Type, bool) {
	if known, ok := d.types[name]; ok {
		return known, false
	}
	t := &pb.Type{Name: name}
	d.types[name] = t
	d.order = append(d.order, t)
	return t, true
}

// file adds a file and what it imports to the descriptor set, imports first.
func (d *describer) file(f protoreflect.FileDescriptor) {
	if d.files[f.Path()] {
		return
	}
	d.files[f.Path()] = true
	imports := f.Imports()
	for i := range imports.Len() {
		d.file(imports.Get(i).FileDescriptor)
	}
	d.set.File = append(d.set.File, protodesc.ToFileDescriptorProto(f))
}
