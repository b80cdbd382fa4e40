package schema

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

const (
	// templateDepth is how deep a template goes; deeper messages are left as {}.
	templateDepth = 4
	// templateBytes is how large it grows: once over it, messages are left as {}. A small schema can fan out without end.
	templateBytes = 64 << 10
)

// Template returns a JSON body with every field of the type: what an engineer starts typing from. Sent as it is, it means
// nearly the same as {}: scalars are zero, lists and maps empty, optional fields null; messages are written out. Of a oneof
// only the first member is there; a message inside itself is left as {}. An unknown type gives {}.
func (s *Service) Template(typeName string) []byte {
	t := &templater{service: s, inside: map[string]bool{}}
	t.typed(typeName, 0)
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(t.out.String()), "", "  "); err != nil {
		return []byte("{}") // unreachable: the templater writes JSON
	}
	return out.Bytes()
}

type templater struct {
	service *Service
	inside  map[string]bool
	out     strings.Builder
}

func (t *templater) typed(name string, depth int) {
	if text, ok := examples[name]; ok {
		t.out.WriteString(text)
		return
	}
	typ := t.service.Types[name]
	switch {
	case typ == nil:
		t.out.WriteString("{}")
	case typ.Unknown() && depth > 0: // {} would not fit if it is an enum or a time
		t.out.WriteString("null")
	case len(typ.Values) > 0:
		t.out.WriteString(strconv.Quote(typ.Values[0].Name))
	case t.inside[name] || depth >= templateDepth || t.out.Len() > templateBytes:
		t.out.WriteString("{}")
	default:
		t.inside[name] = true
		t.message(typ, depth)
		delete(t.inside, name)
	}
}

func (t *templater) message(typ *Type, depth int) {
	t.out.WriteByte('{')
	oneofs := map[string]bool{}
	first := true
	for _, f := range typ.Fields {
		if f.Oneof != "" && oneofs[f.Oneof] {
			continue
		}
		oneofs[f.Oneof] = f.Oneof != ""
		if !first {
			t.out.WriteByte(',')
		}
		first = false
		name, _ := json.Marshal(f.JSONName) // a string always marshals
		t.out.Write(name)
		t.out.WriteByte(':')
		t.field(f, depth)
	}
	t.out.WriteByte('}')
}

func (t *templater) field(f *Field, depth int) {
	switch {
	case f.Repeated:
		t.out.WriteString("[]")
	case f.Optional && f.Oneof == "":
		t.out.WriteString("null")
	case f.MapKey != "":
		t.out.WriteString("{}")
	default:
		t.typed(f.Type, depth+1)
	}
}

// examples are the JSON forms of scalars and well-known types with nothing in them.
var examples = map[string]string{
	"string": `""`, "bytes": `""`, "bool": "false", "": "null",
	"int32": "0", "sint32": "0", "sfixed32": "0", "uint32": "0", "fixed32": "0",
	"int64": "0", "sint64": "0", "sfixed64": "0", "uint64": "0", "fixed64": "0",
	"float": "0", "double": "0",
	"google.protobuf.Timestamp": `"2026-01-01T00:00:00Z"`, "google.protobuf.Duration": `"0s"`,
	"google.protobuf.FieldMask": `""`, "google.protobuf.Struct": "{}", "google.protobuf.Empty": "{}",
	"google.protobuf.Value": "null", "google.protobuf.ListValue": "[]", "google.protobuf.Any": "{}",
	"google.protobuf.StringValue": `""`, "google.protobuf.BytesValue": `""`, "google.protobuf.BoolValue": "false",
	"google.protobuf.Int32Value": "0", "google.protobuf.Int64Value": "0", "google.protobuf.UInt32Value": "0",
	"google.protobuf.UInt64Value": "0", "google.protobuf.FloatValue": "0", "google.protobuf.DoubleValue": "0",
}
