package microgen_test

import (
	"context"
	"flag"
	"os"
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/microtop/microtop/framework/cmd/protoc-gen-micro/microgen"
)

var update = flag.Bool("update", false, "write the golden files anew")

// generate runs the generator on a file of testdata and returns the text of the one file it makes, or "".
func generate(t *testing.T, name string) string {
	t.Helper()
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{"testdata"}}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := compiler.Compile(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	request := &pluginpb.CodeGeneratorRequest{FileToGenerate: []string{name}, Parameter: proto.String("paths=source_relative")}
	seen := map[string]bool{}
	var add func(protoreflect.FileDescriptor)
	add = func(f protoreflect.FileDescriptor) {
		if seen[f.Path()] {
			return
		}
		seen[f.Path()] = true
		for i := range f.Imports().Len() {
			add(f.Imports().Get(i).FileDescriptor)
		}
		request.ProtoFile = append(request.ProtoFile, protodesc.ToFileDescriptorProto(f))
	}
	add(files[0])
	plugin, err := protogen.Options{}.New(request)
	if err != nil {
		t.Fatal(err)
	}
	microgen.Generate(plugin, plugin.FilesByPath[name], microgen.Framework)
	made := plugin.Response()
	if made.Error != nil || len(made.GetFile()) > 1 {
		t.Fatalf("%d files, %s", len(made.GetFile()), made.GetError())
	}
	if len(made.GetFile()) == 0 {
		return ""
	}
	return made.GetFile()[0].GetContent()
}

func TestA010_A011_GeneratedCode(t *testing.T) {
	got := generate(t, "greeter.proto")
	const golden = "testdata/greeter.pb.micro.go.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("generated code (-want +got):\n%s", diff)
	}
}

func TestAFileWithoutServicesAddsNone(t *testing.T) {
	if got := generate(t, "rule.proto"); got != "" {
		t.Errorf("got %q", got)
	}
}
