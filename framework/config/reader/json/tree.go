package json

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"

	"github.com/microtop/microtop/framework/limits"
)

// A tree is what configuration is in memory: map[string]any, []any, string, json.Number, bool, nil. Trees in values
// are never changed, only replaced.

// maxValues is the largest number of values, members and elements counted.
const maxValues = 100_000

// bounds is how much a tree may hold.
type bounds struct{ bytes, depth, values int }

// check reports a tree that holds more. It looks at whatever encoders return, not only at what trees are made of.
func (b bounds) check(tree any) error {
	count := &counter{bounds: b}
	return count.visit(reflect.ValueOf(tree), 0)
}

type counter struct {
	bounds

	seenBytes, seenValues int
}

func (c *counter) visit(v reflect.Value, depth int) error {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	c.seenValues++
	if v.Kind() == reflect.String {
		c.seenBytes += v.Len()
	}
	switch {
	case limits.Exceeded(depth, c.depth):
		return fmt.Errorf("nests deeper than %d levels", c.depth)
	case limits.Exceeded(c.seenValues, c.values):
		return fmt.Errorf("more than %d values", c.values)
	case limits.Exceeded(c.seenBytes, c.bytes):
		return fmt.Errorf("more than %d bytes of text", c.bytes)
	}
	switch v.Kind() {
	case reflect.Map:
		return c.members(v, depth)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := c.visit(v.Index(i), depth+1); err != nil {
				return err
			}
		}
	default: // a leaf
	}
	return nil
}

func (c *counter) members(v reflect.Value, depth int) error {
	for each := v.MapRange(); each.Next(); {
		if name := each.Key(); name.Kind() == reflect.String {
			c.seenBytes += name.Len()
		}
		if err := c.visit(each.Value(), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// parse reads JSON into a tree. Numbers keep their digits.
func parse(text []byte) (any, error) {
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	var tree any
	if err := in.Decode(&tree); err != nil {
		return nil, err
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the end of the JSON value")
	}
	return tree, nil
}

func encode(tree any) ([]byte, error) { return json.Marshal(tree) }

// normal makes a tree of what an encoder returned. The result shares nothing with it that can be changed.
func normal(v any) (any, error) {
	switch v := v.(type) {
	case nil, string, bool, json.Number:
		return v, nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v is no number that JSON has", v)
		}
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Map:
		return normalMap(r)
	case reflect.Slice:
		if r.Type().Elem().Kind() == reflect.Uint8 {
			break
		}
		list := make([]any, r.Len())
		for i := range list {
			var err error
			if list[i], err = normal(r.Index(i).Interface()); err != nil {
				return nil, err
			}
		}
		return list, nil
	default: // numbers, times and the like: what encoding/json makes of them
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return parse(text)
}

// normalMap also takes names that are no text, as YAML has them.
func normalMap(r reflect.Value) (any, error) {
	if r.IsNil() {
		return nil, nil
	}
	object := make(map[string]any, r.Len())
	for each := r.MapRange(); each.Next(); {
		value, err := normal(each.Value().Interface())
		if err != nil {
			return nil, err
		}
		object[fmt.Sprint(each.Key().Interface())] = value
	}
	return object, nil
}

// float returns a copy of a tree in which numbers are float64, as encoding/json has them.
func float(tree any) any {
	switch v := tree.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			out[name] = float(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = float(value)
		}
		return out
	case json.Number:
		f, _ := v.Float64() // out of range: the largest there is
		return f
	default:
		return v
	}
}
