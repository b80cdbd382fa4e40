package schema_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/introspect/schema"
)

func file(path, pkg, message string, fields ...*descriptorpb.FieldDescriptorProto) *descriptorpb.FileDescriptorProto {
	return &descriptorpb.FileDescriptorProto{
		Name: &path, Package: &pkg, Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{Name: &message, Field: fields}},
	}
}

func messageField(number int32, typeName string, label descriptorpb.FieldDescriptorProto_Label) *descriptorpb.FieldDescriptorProto {
	return &descriptorpb.FieldDescriptorProto{
		Name: proto.String("w"), JsonName: proto.String("w"), Number: &number, Label: &label, TypeName: &typeName,
		Type: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(),
	}
}

func fromFiles(t *testing.T, files ...*descriptorpb.FileDescriptorProto) *schema.Service {
	t.Helper()
	raw, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: files})
	if err != nil {
		t.Fatal(err)
	}
	s, err := schema.FromDebug(&pb.SchemaResponse{Descriptors: raw})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A peer that calls its own message google.protobuf.Timestamp makes the library panic: that is the peer's error.
func TestForgedWellKnownTypes(t *testing.T) {
	const optional = descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL
	for _, name := range []string{"Timestamp", "Duration", "Any", "Struct", "Value", "ListValue", "FieldMask", "Empty", "StringValue", "Int64Value"} {
		odd := &descriptorpb.FieldDescriptorProto{
			Name: proto.String("zz"), JsonName: proto.String("zz"), Number: proto.Int32(77), Label: optional.Enum(),
			Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
		}
		user := file("a.proto", "a", "M", messageField(1, ".google.protobuf."+name, optional))
		user.Dependency = []string{"google/protobuf/x.proto"}
		s := fromFiles(t, file("google/protobuf/x.proto", "google.protobuf", name, odd), user)
		_, _ = s.Decode("a.M", []byte{0x0a, 0x02, 0x08, 0x01})
		_, _ = s.Decode("a.M", []byte{0x0a, 0x00})
		for _, value := range []string{`"2020-01-01T00:00:00Z"`, `"1s"`, `{}`, `{"@type":"a.M"}`, `{"a":1}`, `[1]`, `1`, `null`, `"a"`} {
			_, _ = s.Encode("a.M", []byte(`{"w":`+value+`}`))
		}
	}
}

// An empty message takes two bytes on the wire and hundreds in memory.
func TestManyEmptyMessagesAreRefused(t *testing.T) {
	s := fromFiles(t, file("a.proto", "a", "M", messageField(1, ".a.M", descriptorpb.FieldDescriptorProto_LABEL_REPEATED)))
	data := bytes.Repeat([]byte{0x0a, 0x00}, 1<<20)
	if _, err := s.Decode("a.M", data); err == nil || !strings.Contains(err.Error(), "values") {
		t.Errorf("got %v", err)
	}
	if _, err := s.Decode("a.M", data[:2000]); err != nil {
		t.Errorf("a thousand: %v", err)
	}
}

// Five types that each name the next one forty times unfold to gigabytes.
func TestATemplateIsBounded(t *testing.T) {
	answer := new(pb.SchemaResponse)
	for depth := range 5 {
		typ := &pb.Type{Name: fmt.Sprint("T", depth)}
		for i := range 100 {
			name := fmt.Sprint("f", i)
			typ.Fields = append(typ.Fields, &pb.Field{Name: name, JsonName: name, Type: fmt.Sprint("T", depth+1)})
		}
		answer.Types = append(answer.Types, typ)
	}
	s, err := schema.FromDebug(answer)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.Template("T0")); n > 1<<20 {
		t.Errorf("%d bytes", n)
	}
}

// Each of these files makes the library follow its imports twice as often as the one before it.
func TestPublicImportsThatDoubleAreRefused(t *testing.T) {
	set := new(descriptorpb.FileDescriptorSet)
	for depth := range 40 {
		for _, side := range []string{"a", "b"} {
			f := file(fmt.Sprint(side, depth), fmt.Sprint(side, depth), "M")
			if depth > 0 {
				f.Dependency, f.PublicDependency = []string{fmt.Sprint("a", depth-1), fmt.Sprint("b", depth-1)}, []int32{0, 1}
			}
			set.File = append(set.File, f)
		}
	}
	describe := func(set *descriptorpb.FileDescriptorSet) error {
		raw, err := proto.Marshal(set)
		if err != nil {
			t.Fatal(err)
		}
		_, err = schema.FromDebug(&pb.SchemaResponse{Descriptors: raw})
		return err
	}
	if err := describe(set); err == nil || !strings.Contains(err.Error(), "public imports") {
		t.Error(err)
	}
	set.File = set.File[:20]
	if err := describe(set); err != nil {
		t.Errorf("ten deep: %v", err)
	}
}

func TestDescriptorsOfManyEmptyValuesAreRefused(t *testing.T) {
	messages := append([]byte{0x0a, 1, 'a'}, bytes.Repeat([]byte{0x22, 0}, 1<<20)...)
	if _, err := schema.FromReflection(raws(messages), "S", false); err == nil || !strings.Contains(err.Error(), "values") {
		t.Errorf("reflection: %v", err)
	}
	if _, err := schema.FromDebug(&pb.SchemaResponse{Descriptors: bytes.Repeat([]byte{0x0a, 0}, 1<<20)}); err == nil || !strings.Contains(err.Error(), "values") {
		t.Errorf("debug: %v", err)
	}
	if _, err := schema.FromDebug(&pb.SchemaResponse{Descriptors: bytes.Repeat([]byte{0x0a, 0}, 1<<12)}); err == nil || !strings.Contains(err.Error(), "files") {
		t.Errorf("debug: %v", err)
	}
}

// To look for each of a million imports among those before it takes hours.
func TestManyImportsAreRefused(t *testing.T) {
	imports := []byte{0x0a, 1, 'a'}
	for i := range 1 << 19 {
		imports = append(imports, 0x1a, 3, byte('A'+i%50), byte(1+i/50%100), byte(1+i/5000%100))
	}
	if _, err := schema.FromReflection(raws(imports), "S", false); err == nil || !strings.Contains(err.Error(), "more than 2048 files") {
		t.Errorf("reflection: %.200v", err)
	}
}
