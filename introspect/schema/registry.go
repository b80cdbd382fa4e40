package schema

import (
	"strconv"
	"strings"

	"github.com/microtop/microtop/framework/registry"
)

// FromRegistry reads the value trees of a registry record (docs/wire.md §6.3): three levels, no element types of
// lists of messages, no stream directions. What is missing is marked as partial.
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
	if known := s.Types[name]; known != nil {
		if len(v.Values) == 0 || len(known.Fields) == len(v.Values) {
			return name
		}
		if len(known.Fields) > 0 {
			name = place
		}
	}
	t := &Type{Name: name, Partial: len(v.Values) == 0}
	s.Types[name] = t
	for i, child := range v.Values {
		t.Fields = append(t.Fields, s.field(child, place+"."+strconv.Itoa(i)))
	}
	return name
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
