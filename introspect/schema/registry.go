package schema

import (
	"strconv"
	"strings"

	"github.com/microtop/microtop/framework/registry"
)

// FromRegistry reads the value trees of a registry record (docs/wire.md §6.3): three levels, no element types of
// lists of messages, no stream directions. What is missing is marked as partial; a type without fields may be anything,
// see [Type.Unknown].
func FromRegistry(endpoints []*registry.Endpoint) *Service {
	s := &Service{Types: map[string]*Type{}}
	for _, e := range endpoints {
		out := &Endpoint{Name: e.Name, Kind: registryKind(e), Metadata: e.Metadata, Source: Registry, Topic: e.Metadata["topic"]}
		if !out.Kind.Streams() { // a stream's values are those of its Go arguments, not of its messages
			out.Request = s.value(e.Request, e.Name+".request")
			out.Response = s.value(e.Response, e.Name+".response")
		}
		s.Endpoints = append(s.Endpoints, out)
	}
	return s
}

func registryKind(e *registry.Endpoint) Kind {
	switch {
	case e.Metadata["subscriber"] == "true":
		return Subscriber
	case e.Metadata["stream"] == "true":
		return Stream
	default:
		return Unary
	}
}

// goScalars are the Go type names that the value trees use for scalars.
var goScalars = map[string]string{
	"string": "string", "bool": "bool", "int": "int64", "int8": "int32", "int16": "int32", "int32": "int32", "int64": "int64",
	"uint": "uint64", "uint8": "uint32", "uint16": "uint32", "uint32": "uint32", "uint64": "uint64",
	"float32": "float", "float64": "double", "[]uint8": "bytes",
}

// value enters a value's type and returns its name. Two values of one Go type name may differ in depth, or be
// different types of two packages: a type is entered under its own name once, and under its place if that is taken.
func (s *Service) value(v *registry.Value, place string) string {
	if v == nil {
		return ""
	}
	if scalar, ok := goScalars[v.Type]; ok {
		return scalar
	}
	if v.Type == "" || strings.HasPrefix(v.Type, "[]") {
		return ""
	}
	name := v.Type
	members, oneofs := membersOf(v)
	if known := s.Types[name]; known != nil {
		if len(members) == 0 || len(known.Fields) == len(members) {
			return name
		}
		if len(known.Fields) > 0 {
			name = place
		}
	}
	t := &Type{Name: name, Partial: len(members) == 0 || oneofs}
	s.Types[name] = t
	for i, child := range members {
		t.Fields = append(t.Fields, s.field(child, place+"."+strconv.Itoa(i)))
	}
	return name
}

// goFields are the fields that generated code has for well-known types, whose JSON is another one.
var goFields = map[string]string{
	"Any": "type_url value", "Duration": "seconds nanos", "FieldMask": "paths", "ListValue": "values", "Struct": "fields",
	"Timestamp": "seconds nanos", "Value": "isValue_Kind", "BoolValue": "value", "BytesValue": "value", "DoubleValue": "value",
	"FloatValue": "value", "Int32Value": "value", "Int64Value": "value", "StringValue": "value", "UInt32Value": "value", "UInt64Value": "value",
}

// membersOf returns the values that are members of a type's JSON, and whether there are more: generated code has an
// interface for a oneof, which does not name the members. Well-known types have none.
func membersOf(v *registry.Value) (members []*registry.Value, oneofs bool) {
	names := make([]string, 0, len(v.Values))
	for _, child := range v.Values {
		names = append(names, child.Name)
		if !strings.HasPrefix(child.Type, "is"+v.Type+"_") {
			members = append(members, child)
		}
	}
	if goFields[v.Type] == strings.Join(names, " ") {
		return nil, false
	}
	return members, len(members) < len(v.Values)
}

func (s *Service) field(v *registry.Value, place string) *Field {
	f := &Field{Name: v.Name, JSONName: v.Name}
	if element, isList := strings.CutPrefix(v.Type, "[]"); isList && v.Type != "[]uint8" {
		f.Repeated = true
		f.Type = goScalars[element]
		return f
	}
	f.Type = s.value(v, place)
	return f
}
