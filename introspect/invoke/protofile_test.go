package invoke_test

import (
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/microtop/microtop/introspect/schema"
)

// The proto files of a service compile; where it has descriptors, to the same messages, enums and services.
func TestProtoFilesBySources(t *testing.T) {
	given, err := givenTorture(t, false).Describe("torture.Torture", nil)
	if err != nil {
		t.Fatal(err)
	}
	originals := map[string]protoreflect.FileDescriptor{}
	for _, file := range compiledTorture(t) {
		originals[file.Path()] = file
	}
	for _, from := range origins() {
		t.Run(from.name, func(t *testing.T) {
			t.Parallel()
			written, err := openConsole(t, from, given).description.Schema.ProtoFiles(t.Context(), "shop.torture")
			if err != nil {
				t.Fatal(err)
			}
			texts := map[string]string{}
			for _, file := range written {
				texts[file.Path] = file.Text
			}
			compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(texts)})}
			for path := range texts {
				again, err := compiler.Compile(t.Context(), path)
				if err != nil {
					t.Fatalf("%v\n%s", err, texts[path])
				}
				if from.source == schema.Registry {
					inModel(t, from, again[0], texts[path])
					continue
				}
				want, got := protodesc.ToFileDescriptorProto(originals[path]), protodesc.ToFileDescriptorProto(again[0])
				if diff := cmp.Diff(want, got, protocmp.Transform(), protocmp.IgnoreFields(want, "source_code_info"),
					protocmp.SortRepeated(func(a, b *descriptorpb.DescriptorProto) bool { return a.GetName() < b.GetName() })); diff != "" {
					t.Errorf("%s (-served +written):\n%s\n%s", path, diff, texts[path])
				}
			}
			if from.source != schema.Registry && len(texts) != len(originals) {
				t.Errorf("%d files, expected %d", len(texts), len(originals))
			}
		})
	}
}

// inModel checks the file that is made from value trees.
func inModel(t *testing.T, from origin, file protoreflect.FileDescriptor, text string) {
	t.Helper()
	if from.limits[""] != "" {
		return // nothing to tell
	}
	method := file.Services().ByName("Torture").Methods().ByName("Echo")
	if method == nil || method.Input().FullName() != "shop.torture.All" {
		t.Fatalf("%v\n%s", method, text)
	}
	for name, kind := range map[protoreflect.Name]protoreflect.Kind{"int64": protoreflect.Int64Kind, "bytes": protoreflect.BytesKind, "string": protoreflect.StringKind, "nested": protoreflect.MessageKind} {
		if f := method.Input().Fields().ByName(name); f == nil || f.Kind() != kind {
			t.Errorf("%s is %v", name, f)
		}
	}
}
