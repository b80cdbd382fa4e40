package schema

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// fieldMaker adds a type's fields to its message.
type fieldMaker struct {
	*protoModel
	message *descriptorpb.DescriptorProto
	at      int32 // the message's place in the file
	used    map[string]bool
	oneofs  map[string]int32
}

const (
	single   = descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL
	repeated = descriptorpb.FieldDescriptorProto_LABEL_REPEATED
)

func (m *fieldMaker) add(f *Field, number int32) {
	name := f.Name
	if name == "" || f.Number == 0 { // a Go field: the name in JSON is what callers know
		name = cmp.Or(f.JSONName, f.Name)
	}
	id := m.unique(m.used, name)
	field := &descriptorpb.FieldDescriptorProto{Name: &id, Number: &number, Label: single.Enum()}
	note := m.setType(field, f.Type)
	notes := []string{f.Doc, note}
	switch {
	case f.MapKey != "":
		if key := scalarType(f.MapKey); key != 0 && f.MapKey != "double" && f.MapKey != "float" && f.MapKey != "bytes" {
			m.mapEntry(field, key)
		} else {
			notes = append(notes, "A map with keys of type "+strconv.Quote(f.MapKey)+".")
			m.unknown(field)
		}
	case f.Repeated:
		field.Label = repeated.Enum()
	case f.Oneof != "":
		field.OneofIndex = m.oneof(f.Oneof)
	case f.Optional && field.GetType() != descriptorpb.FieldDescriptorProto_TYPE_MESSAGE:
		field.Proto3Optional = proto.Bool(true)
	}
	if f.JSONName != "" && jsonName(id) != f.JSONName {
		if key := slot(f.JSONName); identifier(f.JSONName) == f.JSONName && (key == slot(id) || !m.used[key]) {
			m.used[key] = true
			field.JsonName = proto.String(f.JSONName)
		} else {
			notes = append(notes, "In JSON it is "+strconv.Quote(f.JSONName)+".")
		}
	}
	m.comment(joined(notes), 4, m.at, 2, at32(len(m.message.Field)))
	m.message.Field = append(m.message.Field, field)
}

// setType sets a field's type, and says what is not known of it.
func (m *fieldMaker) setType(field *descriptorpb.FieldDescriptorProto, name string) (note string) {
	if scalar := scalarType(name); scalar != 0 {
		field.Type = scalar.Enum()
		return ""
	}
	full, note := m.typeName(name)
	field.Type, field.TypeName = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), &full
	if t := m.service.Types[name]; t != nil && len(t.Values) > 0 || name == "google.protobuf.NullValue" {
		field.Type = descriptorpb.FieldDescriptorProto_TYPE_ENUM.Enum()
	}
	return note
}

func (m *fieldMaker) unknown(field *descriptorpb.FieldDescriptorProto) {
	field.Type, field.TypeName = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), proto.String(m.importing(anyJSON))
}

// mapEntry makes the message that a map's entries are, and the field repeated.
func (m *fieldMaker) mapEntry(field *descriptorpb.FieldDescriptorProto, key descriptorpb.FieldDescriptorProto_Type) {
	name := entryName(field.GetName())
	value := proto.CloneOf(field)
	value.Name, value.Number = proto.String("value"), proto.Int32(2)
	m.message.NestedType = append(m.message.NestedType, &descriptorpb.DescriptorProto{
		Name: &name, Options: &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)},
		Field: []*descriptorpb.FieldDescriptorProto{{Name: proto.String("key"), Number: proto.Int32(1), Label: single.Enum(), Type: key.Enum()}, value},
	})
	field.Label, field.Type = repeated.Enum(), descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()
	field.TypeName = proto.String("." + m.file.GetPackage() + "." + m.message.GetName() + "." + name)
}

func (m *fieldMaker) oneof(name string) *int32 {
	i, ok := m.oneofs[name]
	if !ok {
		i = at32(len(m.message.OneofDecl))
		m.oneofs[name] = i
		m.message.OneofDecl = append(m.message.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: proto.String(m.unique(m.used, name))})
		m.comment("", 4, m.at, 8, i)
	}
	return &i
}

// synthesize adds the oneofs that optional fields are, which come last.
func (m *fieldMaker) synthesize() {
	for _, field := range m.message.Field {
		if field.GetProto3Optional() {
			i := at32(len(m.message.OneofDecl))
			field.OneofIndex = &i
			m.message.OneofDecl = append(m.message.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: proto.String("_" + field.GetName())})
		}
	}
}

// scalarType is 0 for what is no scalar.
func scalarType(name string) descriptorpb.FieldDescriptorProto_Type {
	if slices.Contains([]string{"message", "enum", "group"}, name) || name != strings.ToLower(name) {
		return 0
	}
	return descriptorpb.FieldDescriptorProto_Type(descriptorpb.FieldDescriptorProto_Type_value["TYPE_"+strings.ToUpper(name)])
}

// jsonName is the name that protobuf gives a field in JSON.
func jsonName(id string) string { return camel(id, false) }

// entryName is the name that protobuf gives a map's entries.
func entryName(id string) string { return camel(id, true) + "Entry" }

// camel takes the underscores out and raises the letters after them.
func camel(id string, up bool) string {
	var out strings.Builder
	for _, r := range id {
		switch {
		case r == '_':
			up = true
			continue
		case up && r >= 'a' && r <= 'z':
			r -= 'a' - 'A'
		}
		up = false
		out.WriteRune(r)
	}
	return out.String()
}
