package schema

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"

	pb "github.com/microtop/microtop/framework/debug/proto"
)

// anyType is the name of a type whose JSON can be anything.
const anyType = "google.protobuf.Value"

var (
	timeType      = reflect.TypeFor[time.Time]()
	rawType       = reflect.TypeFor[json.RawMessage]()
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// goType names a Go type by its JSON form, entering structs with everything below them.
func (d *describer) goType(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if name, ok := special(t); ok {
		return name
	}
	if t.Kind() == reflect.Struct {
		return d.structType(t)
	}
	if name, ok := scalars[t.Kind()]; ok {
		return name
	}
	return anyType
}

func special(t reflect.Type) (string, bool) {
	switch {
	case t == timeType:
		return "google.protobuf.Timestamp", true
	case t == rawType, implements(t, jsonMarshaler):
		return anyType, true
	case implements(t, textMarshaler):
		return "string", true
	case isBytes(t):
		return "bytes", true
	default:
		return "", false
	}
}

func implements(t, iface reflect.Type) bool {
	return t.Kind() != reflect.Interface && (t.Implements(iface) || reflect.PointerTo(t).Implements(iface))
}

func isBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

var scalars = map[reflect.Kind]string{
	reflect.String: "string", reflect.Bool: "bool",
	reflect.Int: "int64", reflect.Int8: "int32", reflect.Int16: "int32", reflect.Int32: "int32", reflect.Int64: "int64",
	reflect.Uint: "uint64", reflect.Uint8: "uint32", reflect.Uint16: "uint32", reflect.Uint32: "uint32", reflect.Uint64: "uint64",
	reflect.Float32: "float", reflect.Float64: "double",
}

func (d *describer) structType(t reflect.Type) string {
	if name, ok := d.goNames[t]; ok {
		return name
	}
	name := d.freeName(t)
	d.goNames[t] = name
	out, _ := d.add(name)
	d.goFields(out, t, map[reflect.Type]bool{})
	return name
}

// freeName is the type's name as Go prints it, with a number where two packages share one.
func (d *describer) freeName(t reflect.Type) string {
	base := t.String()
	if t.Name() == "" {
		base = "struct"
	}
	name := base
	for n := 2; d.types[name] != nil; n++ {
		name = base + strconv.Itoa(n)
	}
	return name
}

// goFields enters the fields that encoding/json would write; inside guards against a struct that embeds itself.
func (d *describer) goFields(out *pb.Type, t reflect.Type, inside map[reflect.Type]bool) {
	if inside[t] {
		return
	}
	inside[t] = true
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && tag == "" && embedded(f.Type).Kind() == reflect.Struct && embedded(f.Type) != timeType {
			d.goFields(out, embedded(f.Type), inside)
			continue
		}
		if !f.IsExported() || f.Tag.Get("json") == "-" {
			continue
		}
		out.Fields = append(out.Fields, d.goField(f, tag))
	}
}

func embedded(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

func (d *describer) goField(f reflect.StructField, tag string) *pb.Field {
	out := &pb.Field{Name: f.Name, JsonName: tag, Optional: f.Type.Kind() == reflect.Pointer}
	if tag == "" {
		out.JsonName = f.Name
	}
	t := f.Type
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	_, isSpecial := special(t)
	switch {
	case !isSpecial && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
		out.Repeated = true
		out.Type = d.goType(t.Elem())
	case !isSpecial && t.Kind() == reflect.Map:
		out.MapKey = "string"
		if key, ok := scalars[t.Key().Kind()]; ok {
			out.MapKey = key
		}
		out.Type = d.goType(t.Elem())
	default:
		out.Type = d.goType(t)
	}
	return out
}
