package schema

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/microtop/microtop/framework/debug/proto"
)

// message enters a protobuf message with everything below it and returns its full name.
func (d *describer) message(m protoreflect.MessageDescriptor) string {
	name := string(m.FullName())
	d.file(m.ParentFile())
	if strings.HasPrefix(name, "google.protobuf.") {
		return name // well known: its JSON form is not its fields
	}
	t, isNew := d.add(name)
	if !isNew {
		return name
	}
	fields := m.Fields()
	for i := range fields.Len() {
		t.Fields = append(t.Fields, d.protoField(fields.Get(i)))
	}
	return name
}

func (d *describer) protoField(f protoreflect.FieldDescriptor) *pb.Field {
	out := &pb.Field{
		Name:     string(f.Name()),
		JsonName: f.JSONName(),
		Number:   int32(f.Number()),
		Optional: f.HasOptionalKeyword() || f.HasPresence() && f.Message() == nil && f.Cardinality() != protoreflect.Required,
	}
	if oneof := f.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() {
		out.Oneof = string(oneof.Name())
	}
	if f.IsMap() {
		out.MapKey = f.MapKey().Kind().String()
		out.Type = d.protoType(f.MapValue())
		return out
	}
	out.Repeated = f.IsList()
	out.Type = d.protoType(f)
	return out
}

func (d *describer) protoType(f protoreflect.FieldDescriptor) string {
	switch {
	case f.Message() != nil:
		return d.message(f.Message())
	case f.Enum() != nil:
		return d.enum(f.Enum())
	default:
		return f.Kind().String()
	}
}

func (d *describer) enum(e protoreflect.EnumDescriptor) string {
	name := string(e.FullName())
	t, isNew := d.add(name)
	if !isNew {
		return name
	}
	values := e.Values()
	for i := range values.Len() {
		v := values.Get(i)
		t.Values = append(t.Values, &pb.EnumValue{Name: string(v.Name()), Number: int32(v.Number())})
	}
	return name
}
