package schema_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/framework/debug/schema"
)

type base struct {
	ID string `json:"id"`
}

type node struct {
	base
	Name     string          `json:"name,omitempty"`
	Tags     map[string]int  `json:"tags"`
	Children []*node         `json:"children"`
	At       time.Time       `json:"at"`
	Raw      json.RawMessage `json:"raw"`
	Data     []byte
	Limit    *int32 `json:"limit"`
	Any      any
	Hidden   string `json:"-"`
	Inline   struct{ X bool }
	private  int
}

func find(t *testing.T, r *pb.SchemaResponse, name string) *pb.Type {
	t.Helper()
	for _, typ := range r.GetTypes() {
		if typ.GetName() == name {
			return typ
		}
	}
	t.Fatalf("no type %q among %v", name, r.GetTypes())
	return nil
}

func render(f *pb.Field) string {
	out := f.GetJsonName() + ":" + f.GetType()
	if f.GetRepeated() {
		out = f.GetJsonName() + ":[]" + f.GetType()
	}
	if f.GetMapKey() != "" {
		out = f.GetJsonName() + ":map[" + f.GetMapKey() + "]" + f.GetType()
	}
	if f.GetOneof() != "" {
		out += "|" + f.GetOneof()
	}
	if f.GetOptional() {
		out += "?"
	}
	return out
}

func fields(typ *pb.Type) string {
	out := make([]string, 0, len(typ.GetFields()))
	for _, f := range typ.GetFields() {
		out = append(out, render(f))
	}
	return strings.Join(out, " ")
}

func TestGoStructs(t *testing.T) {
	got := schema.Describe([]schema.Endpoint{{Name: "Tree.Get", Request: reflect.TypeFor[*node](), Response: reflect.TypeFor[*string]()}})
	e := got.GetEndpoints()[0]
	if e.GetRequest() != "schema_test.node" || e.GetResponse() != "string" || e.GetProtobuf() || e.GetKind() != pb.Kind_UNARY {
		t.Errorf("endpoint %v", e)
	}
	want := "id:string name:string tags:map[string]int64 children:[]schema_test.node at:google.protobuf.Timestamp " +
		"raw:google.protobuf.Value Data:bytes limit:int32? Any:google.protobuf.Value Inline:struct"
	if got := fields(find(t, got, "schema_test.node")); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	_ = node{}.private
}

func TestProtobuf(t *testing.T) {
	service := pb.File_framework_debug_proto_debug_proto.Services().ByName("Debug")
	method := service.Methods().ByName("Log")
	got := schema.Describe([]schema.Endpoint{
		{Name: "Debug.Log", Stream: true, Method: method},
		{Name: "Debug.Trace", Request: reflect.TypeFor[*pb.TraceRequest](), Response: reflect.TypeFor[*pb.TraceResponse]()},
		{Name: "Other.Stream", Stream: true},
		{Name: "Func", Subscriber: true, Topic: "t", Request: reflect.TypeFor[*pb.Record]()},
	})
	kinds := []pb.Kind{pb.Kind_SERVER_STREAM, pb.Kind_UNARY, pb.Kind_STREAM, pb.Kind_SUBSCRIBER}
	for i, e := range got.GetEndpoints() {
		if e.GetKind() != kinds[i] {
			t.Errorf("%s: kind %v, want %v", e.GetName(), e.GetKind(), kinds[i])
		}
	}
	if e := got.GetEndpoints()[0]; e.GetRequest() != "micro.debug.LogRequest" || e.GetResponse() != "micro.debug.Record" || !e.GetProtobuf() {
		t.Errorf("endpoint %v", e)
	}
	if got := fields(find(t, got, "micro.debug.Record")); got != "timestamp:int64 metadata:map[string]string message:string" {
		t.Errorf("got %s", got)
	}
	if values := find(t, got, "micro.debug.SpanType").GetValues(); len(values) != 2 || values[1].GetName() != "OUTBOUND" {
		t.Errorf("enum %v", values)
	}
	if !got.GetEndpoints()[3].GetProtobuf() {
		t.Error("a subscriber of a protobuf event is not marked as such")
	}

	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(got.GetDescriptors(), &set); err != nil {
		t.Fatal(err)
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := files.FindDescriptorByName(protoreflect.FullName("micro.debug.TraceResponse")); err != nil {
		t.Error(err)
	}
}
