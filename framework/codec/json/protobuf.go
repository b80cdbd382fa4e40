package json

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// decode decodes the first value of data into v.
func decode(data []byte, v any) error {
	value, err := first(data)
	if err != nil {
		return err
	}
	switch m := v.(type) {
	case json.Unmarshaler:
		return json.Unmarshal(value, v)
	case proto.Message:
		return decodeProto(value, m)
	case protoadapt.MessageV1:
		return decodeProto(value, protoadapt.MessageV2Of(m))
	}
	return json.Unmarshal(value, v)
}

func decodeProto(value []byte, m proto.Message) error {
	if err := (protojson.UnmarshalOptions{}).Unmarshal(value, m); err != nil {
		return readable(err, value, m.ProtoReflect().Descriptor())
	}
	return nil
}

var unknownField = regexp.MustCompile(`unknown field "(.*)"$`)

// readable gives protojson's error the form that v4 peers know: no prefix, and for an unknown field the message that
// lacks it: `unknown field "nome" in fleet.HelloRequest`.
func readable(err error, value []byte, message protoreflect.MessageDescriptor) error {
	text := strings.ReplaceAll(err.Error(), "\u00a0", " ") // protojson varies the space after its prefix
	text = strings.TrimPrefix(text, "proto: ")
	match := unknownField.FindStringSubmatch(text)
	if match == nil {
		return errors.New(text)
	}
	var decoded any
	if json.Unmarshal(value, &decoded) == nil {
		if lacking, ok := lacks(decoded, message, match[1]); ok {
			return fmt.Errorf("unknown field %q in %s", match[1], lacking)
		}
	}
	return fmt.Errorf("unknown field %q in %s", match[1], message.FullName())
}

// lacks finds the message below value, which should be one of the given type, that has name in the JSON and not in its
// type.
func lacks(value any, message protoreflect.MessageDescriptor, name string) (protoreflect.FullName, bool) {
	object, ok := value.(map[string]any)
	if !ok {
		return "", false
	}
	for key, inner := range object {
		field := message.Fields().ByJSONName(key)
		if field == nil {
			field = message.Fields().ByTextName(key)
		}
		if field == nil {
			if key == name {
				return message.FullName(), true
			}
			continue
		}
		if found, ok := fieldLacks(inner, field, name); ok {
			return found, true
		}
	}
	return "", false
}

func fieldLacks(value any, field protoreflect.FieldDescriptor, name string) (protoreflect.FullName, bool) {
	if field.IsMap() {
		field = field.MapValue()
	}
	if field.Message() == nil {
		return "", false
	}
	values := []any{value}
	switch v := value.(type) {
	case []any:
		values = v
	case map[string]any:
		if field.ContainingMessage().IsMapEntry() {
			values = values[:0]
			for _, inner := range v {
				values = append(values, inner)
			}
		}
	}
	for _, inner := range values {
		if found, ok := lacks(inner, field.Message(), name); ok {
			return found, true
		}
	}
	return "", false
}

// encodable returns v, or what encoding/json can encode in its place: a protobuf message whose Go type has no fields
// that encoding/json could see.
func encodable(v any) any {
	if _, ok := v.(json.Marshaler); ok {
		return v
	}
	m, ok := v.(proto.Message)
	if !ok || hasGoFields(reflect.TypeOf(v)) {
		return v
	}
	if message := m.ProtoReflect(); message.IsValid() {
		return reflected{message}
	}
	return nil
}

// hasGoFields says whether a message's type is a struct with exported fields. A generated message without fields has
// none and encodes as {} either way.
func hasGoFields(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		if t.Field(i).IsExported() {
			return true
		}
	}
	return false
}

// reflected encodes a message by reflection in the form encoding/json gives generated ones.
type reflected struct{ message protoreflect.Message }

// MarshalJSON implements json.Marshaler.
func (r reflected) MarshalJSON() ([]byte, error) {
	if strings.HasPrefix(string(r.message.Descriptor().FullName()), "google.protobuf.") {
		return protojson.Marshal(r.message.Interface())
	}
	var out bytes.Buffer
	out.WriteByte('{')
	fields := r.message.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if !r.message.Has(field) {
			continue
		}
		value, err := json.Marshal(plain(r.message.Get(field), field))
		if err != nil {
			return nil, err
		}
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(field.TextName())
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// plain returns a field's value as encoding/json would see it in a generated struct.
func plain(value protoreflect.Value, field protoreflect.FieldDescriptor) any {
	switch {
	case field.IsList():
		list := value.List()
		values := make([]any, list.Len())
		for i := range values {
			values[i] = scalar(list.Get(i), field)
		}
		return values
	case field.IsMap():
		values := make(map[string]any, value.Map().Len())
		value.Map().Range(func(key protoreflect.MapKey, inner protoreflect.Value) bool {
			values[key.String()] = scalar(inner, field.MapValue())
			return true
		})
		return values
	default:
		return scalar(value, field)
	}
}

func scalar(value protoreflect.Value, field protoreflect.FieldDescriptor) any {
	switch {
	case field.Message() != nil:
		return reflected{value.Message()}
	case field.Enum() != nil:
		return int32(value.Enum())
	default:
		return value.Interface()
	}
}
