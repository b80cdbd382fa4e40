package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/microtop/microtop/introspect/nearest"
)

// Kind says how an endpoint is called.
type Kind string

// The kinds. Stream is a stream whose direction nobody told.
const (
	Unary      Kind = "unary"
	Server     Kind = "server"
	Client     Kind = "client"
	Bidi       Kind = "bidi"
	Stream     Kind = "stream"
	Subscriber Kind = "subscriber"
)

// Callable says whether endpoints of the kind can be called at all.
func (k Kind) Callable() bool { return k != Subscriber }

// Streams says whether endpoints of the kind are called as streams.
func (k Kind) Streams() bool { return k != Unary && k != Subscriber }

// Source says where the model of an endpoint came from.
type Source string

// The sources, best first.
const (
	Debug      Source = "debug"
	Reflection Source = "reflection"
	Given      Source = "files"
	Registry   Source = "registry"
)

// Service is what one version of a service understands. Immutable once made; safe to share.
type Service struct {
	Endpoints []*Endpoint
	// Types by full name: messages and enums that the endpoints reach.
	Types map[string]*Type

	files *protoregistry.Files // nil without descriptors
}

// Endpoint is something a service answers or listens to.
type Endpoint struct {
	Name string
	// Path is the gRPC method, "/package.Service/Method", where the source knows it.
	Path string
	Kind Kind
	// Request and Response name entries of Types, or scalars; empty where unknown.
	Request, Response string
	// Topic is a subscriber's.
	Topic    string
	Metadata map[string]string
	Source   Source
	// Protobuf: request and response are protobuf messages.
	Protobuf bool
	Doc      string
}

// Type is a message with fields, or an enum with values.
type Type struct {
	Name   string
	Fields []*Field
	Values []Value
	Doc    string
	// Partial: the source stopped here; there may be more fields.
	Partial bool
	// Protobuf: JSON follows the protobuf mapping (both name styles, 64-bit integers as strings, enums by name).
	Protobuf bool
}

// Unknown says that only the type's name is known: values may be objects, but texts and numbers too (enums, times).
func (t *Type) Unknown() bool { return t.Partial && len(t.Fields)+len(t.Values) == 0 }

// Value is one value of an enum.
type Value struct {
	Name   string
	Number int32
}

// Field is one field of a message.
type Field struct {
	Name, JSONName string
	Number         int32
	// Type is a scalar ("string", "int64", …) or names an entry of Types; for a map the value's. Empty where unknown.
	Type     string
	Repeated bool
	// MapKey is a map's key scalar, or empty.
	MapKey   string
	Oneof    string
	Optional bool
	Doc      string
}

// Shown is the field's type as people write it: "[]Money", "map<string, uint32>".
func (f *Field) Shown() string {
	name := f.Type
	if name == "" {
		name = "any"
	}
	switch {
	case f.MapKey != "":
		return "map<" + f.MapKey + ", " + name + ">"
	case f.Repeated:
		return "[]" + name
	default:
		return name
	}
}

// Endpoint returns the endpoint of that name, or an error that says which are there. A gRPC method may be named by its
// path too, with or without the first slash and with a dot for the second; a method that only one handler has, by its
// name alone.
func (s *Service) Endpoint(name string) (*Endpoint, error) {
	var names []string
	var short []*Endpoint
	path := strings.ReplaceAll(strings.TrimPrefix(name, "/"), "/", ".")
	for _, e := range s.Endpoints {
		if e.Name == name || e.Path != "" && strings.ReplaceAll(e.Path[1:], "/", ".") == path {
			return e, nil
		}
		if name != "" && strings.HasSuffix(e.Name, "."+name) {
			short = append(short, e)
		}
		names = append(names, e.Name)
	}
	if len(short) == 1 && short[0].Kind.Callable() {
		return short[0], nil
	}
	return nil, &UnknownEndpointError{Name: name, Known: names, Nearest: alike(name, names)}
}

// alike are the names most like name; where it has no handler, those whose methods are.
func alike(name string, names []string) []string {
	if found := nearest.Names(name, names); len(found) > 0 || strings.Contains(name, ".") {
		return found
	}
	var methods, out []string
	for _, n := range names {
		methods = append(methods, n[strings.LastIndexByte(n, '.')+1:])
	}
	for _, method := range nearest.Names(name, methods) {
		out = append(out, names[slices.Index(methods, method)])
	}
	return out
}

// UnknownEndpointError says that a service has no endpoint of a name.
type UnknownEndpointError struct {
	Name           string
	Known, Nearest []string
}

// Error implements error.
func (e *UnknownEndpointError) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("no endpoint %q: the service shows none", e.Name)
	}
	if len(e.Nearest) > 0 {
		return fmt.Sprintf("no endpoint %q: did you mean %s?", e.Name, strings.Join(e.Nearest, " or "))
	}
	return fmt.Sprintf("no endpoint %q: there are %s", e.Name, strings.Join(e.Known, ", "))
}

// Message returns the descriptor of a protobuf message, or nil where none is known.
func (s *Service) Message(name string) protoreflect.MessageDescriptor {
	if s.files == nil {
		return nil
	}
	d, err := s.files.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil
	}
	m, _ := d.(protoreflect.MessageDescriptor)
	return m
}

// Reach returns the types that the named ones reach, themselves included, by name.
func (s *Service) Reach(names ...string) []*Type {
	found := map[string]*Type{}
	for len(names) > 0 {
		name := names[0]
		names = names[1:]
		t := s.Types[name]
		if t == nil || found[name] != nil {
			continue
		}
		found[name] = t
		for _, f := range t.Fields {
			names = append(names, f.Type)
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *Type) int { return strings.Compare(a.Name, b.Name) })
}
