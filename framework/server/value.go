package server

import (
	"reflect"
	"strings"

	"github.com/microtop/microtop/framework/registry"
)

// valueDepth is how many levels of a message are registered: the message, its fields, and their fields.
const valueDepth = 3

// valueOf describes a type as v4 registers it, with v4's names (docs/wire.md §6.3). depth is 0 at the message itself;
// beyond the last level it returns nil.
func valueOf(t reflect.Type, depth int) *registry.Value {
	if t == nil || depth == valueDepth {
		return nil
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	v := &registry.Value{Name: t.Name(), Type: t.Name()}
	switch t.Kind() {
	case reflect.Struct:
		v.Values = fieldsOf(t, depth)
	case reflect.Slice:
		element := t.Elem()
		if element.Kind() == reflect.Pointer {
			element = element.Elem()
		}
		v.Type = "[]" + element.Name()
	default: // the name says it all
	}
	return v
}

func fieldsOf(t reflect.Type, depth int) []*registry.Value {
	var values []*registry.Value
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		value := valueOf(f.Type, depth+1)
		if value == nil {
			continue
		}
		tag, tagged := f.Tag.Lookup("json")
		name, _, _ := strings.Cut(tag, ",")
		switch {
		case name == "-" || name == "omitempty":
			continue
		case name != "":
			value.Name = name
		case value.Name == "" || tagged:
			value.Name = f.Name
		}
		values = append(values, value)
	}
	return values
}
