package schema_test

import (
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/introspect/schema"
)

func written(t *testing.T, s *schema.Service, name string) (string, protoreflect.FileDescriptor) {
	t.Helper()
	files, err := s.ProtoFiles(t.Context(), name)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{files[0].Path: files[0].Text}),
	})}
	compiled, err := compiler.Compile(t.Context(), files[0].Path)
	if err != nil {
		t.Fatalf("%v\n%s", err, files[0].Text)
	}
	return files[0].Text, compiled[0]
}

// What is not known of a Go service is marked in comments, and everything else is there.
func TestProtoFileOfGoTypes(t *testing.T) {
	s, err := schema.FromDebug(&pb.SchemaResponse{
		Endpoints: []*pb.Endpoint{
			{Name: "Shop.Add", Kind: pb.Kind_UNARY, Request: "shop.Item", Response: "string", Doc: "Add adds.\nTwice."},
			{Name: "Shop.Watch", Kind: pb.Kind_STREAM},
			{Name: "Func", Kind: pb.Kind_SUBSCRIBER, Request: "shop.Item", Topic: "items"},
		},
		Types: []*pb.Type{
			{Name: "shop.Item", Fields: []*pb.Field{
				{Name: "ID", JsonName: "id", Type: "string", Doc: "Of the item."}, {Name: "Prices", JsonName: "prices", Type: "shop.Money", MapKey: "string"},
				{Name: "Notes", JsonName: "notes", Type: "string", Repeated: true}, {Name: "When", JsonName: "when"}, {Name: "Odd", JsonName: "odd key", Type: "bool", Optional: true},
				{Name: "Level", JsonName: "level", Type: "shop.Level"}, {Name: "Inner", JsonName: "inner", Type: "shop.Item"},
			}},
			{Name: "shop.Money", Fields: []*pb.Field{{Name: "a_b", JsonName: "a_b", Type: "int64"}, {Name: "aB", JsonName: "aB", Type: "int64"}}},
			{Name: "shop.Level", Values: []*pb.EnumValue{{Name: "LOW", Number: 1}, {Name: "SMALL", Number: 1}, {Name: "NONE", Number: 0}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	text, file := written(t, s, "shop.items")
	item := file.Messages().ByName("shop_Item")
	if item == nil || item.Fields().Len() != 7 || !item.Fields().ByName("prices").IsMap() || item.Fields().ByName("id") == nil || item.Fields().ByName("level").Kind() != protoreflect.EnumKind {
		t.Errorf("%v", item)
	}
	for _, want := range []string{"field numbers are made up", "  // Add adds.\n  // Twice.\n", "Its type is not known", `In JSON it is "odd key"`, `topic "items"`, "nobody tells its direction", `Returns "string"`} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// Names and comments of a peer's do not leave their places.
func TestHostileProtoFile(t *testing.T) {
	for _, evil := range []string{"\"; } message Evil {", "a\nmessage Evil {}", "*/ message Evil {} /*", "\r\nmessage Evil {}\r", "\\\"\u2028message Evil {}", "\xff\x00", "message", "", ".", "..", "9", "string", "google.protobuf.Value", "google", strings.Repeat("x", 5000)} {
		s, err := schema.FromDebug(hostileAnswer(evil))
		if err != nil {
			t.Fatal(err)
		}
		text, file := written(t, s, evil)
		if file.Messages().ByName("Evil") != nil || file.Messages().Len() != 1 {
			t.Errorf("%q makes\n%s", evil, text)
		}
	}
}

func hostileAnswer(evil string) *pb.SchemaResponse {
	return &pb.SchemaResponse{
		Endpoints: []*pb.Endpoint{{Name: evil + ".Do", Kind: pb.Kind_UNARY, Request: evil + "T", Response: evil, Doc: evil}, {Name: evil + "." + evil + "x", Request: evil + "T", Topic: evil, Kind: pb.Kind_SUBSCRIBER, Doc: evil}},
		Types: []*pb.Type{{Name: evil + "T", Doc: evil, Fields: []*pb.Field{
			{Name: evil, JsonName: evil, Type: evil + "T", Doc: evil, Oneof: evil}, {Name: evil, JsonName: evil, Type: evil, MapKey: evil},
			{Name: evil, Type: "string", MapKey: "string"}, {Name: evil, Type: evil, Repeated: true, Oneof: evil, Optional: true},
		}}},
	}
}

// Whatever a peer tells makes files that compile, or an error.
func FuzzProtoFile(f *testing.F) {
	raw, err := proto.Marshal(hostileAnswer("x"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("shop", raw)
	f.Fuzz(func(t *testing.T, name string, raw []byte) {
		answer := new(pb.SchemaResponse)
		if proto.Unmarshal(raw, answer) != nil {
			return
		}
		s, err := schema.FromDebug(answer)
		if err != nil {
			return
		}
		_, _ = s.ProtoFiles(t.Context(), name) // it compiles what it wrote
	})
}
