// Package json reads configuration as JSON, whatever the format of its sources. Start with [NewReader].
package json

import (
	"errors"
	"fmt"
	"time"

	"github.com/microtop/microtop/framework/config/encoder"
	"github.com/microtop/microtop/framework/config/reader"
	"github.com/microtop/microtop/framework/config/source"
	"github.com/microtop/microtop/framework/limits"
)

const format = "json"

type jsonReader struct {
	encoders map[string]encoder.Encoder
	bounds   bounds
}

var _ reader.Reader = (*jsonReader)(nil)

// NewReader returns the reader. Beside JSON it knows the formats of the encoders that it is given.
//
// What is read is bounded: 4 MiB of text and 100 levels (framework/limits), 100,000 values.
func NewReader(opts ...reader.Option) reader.Reader {
	o := reader.NewOptions(opts...)
	l := limits.Default()
	return &jsonReader{encoders: o.Encoding, bounds: bounds{bytes: l.MessageBytes, depth: l.BodyDepth, values: maxValues}}
}

// Merge implements reader.Reader. Where an object and something else meet, the later takes the place of the earlier;
// lists are not merged. That a later value is empty, zero or false makes no difference.
func (r *jsonReader) Merge(sets ...*source.ChangeSet) (*source.ChangeSet, error) {
	merged := map[string]any{}
	for _, set := range sets {
		if set == nil || len(set.Data) == 0 {
			continue
		}
		next, err := r.decode(set)
		if err != nil {
			return nil, fmt.Errorf("config: read %s of source %s: %w", set.Format, set.Source, err)
		}
		merge(merged, next)
	}
	if err := r.bounds.check(merged); err != nil {
		return nil, fmt.Errorf("config: all sources together: %w", err)
	}
	data, err := encode(merged)
	if err != nil {
		return nil, fmt.Errorf("config: write the merged values: %w", err)
	}
	out := &source.ChangeSet{Timestamp: time.Now(), Data: data, Source: format, Format: format}
	out.Checksum = out.Sum()
	return out, nil
}

// decode returns what a set says. A format that nobody knows is tried as JSON, as in v4.
func (r *jsonReader) decode(set *source.ChangeSet) (map[string]any, error) {
	if limits.Exceeded(len(set.Data), r.bounds.bytes) {
		return nil, fmt.Errorf("%d bytes, at most %d are read", len(set.Data), r.bounds.bytes)
	}
	known := r.encoders[set.Format]
	if known == nil || known.String() == format {
		tree, err := parse(set.Data)
		if err != nil && known == nil && set.Format != "" {
			return nil, fmt.Errorf("no encoder of this name (give the reader one with reader.WithEncoder), and it is no JSON: %w", err)
		}
		if err != nil {
			return nil, err
		}
		return r.object(tree)
	}
	var raw map[string]any
	if err := known.Decode(set.Data, &raw); err != nil {
		return nil, err
	}
	return r.object(raw)
}

// object checks a tree and makes it one of JSON's types.
func (r *jsonReader) object(tree any) (map[string]any, error) {
	if err := r.bounds.check(tree); err != nil {
		return nil, err
	}
	plain, err := normal(tree)
	if err != nil {
		return nil, err
	}
	if plain == nil {
		return nil, nil
	}
	object, ok := plain.(map[string]any)
	if !ok {
		return nil, errors.New("configuration is an object: names with values")
	}
	return object, nil
}

// merge puts from into to. Objects of from are not changed, and none is shared where it may be changed later.
func merge(to, from map[string]any) {
	for name, value := range from {
		object, ok := value.(map[string]any)
		if !ok {
			to[name] = value
			continue
		}
		there, ok := to[name].(map[string]any)
		if !ok {
			there = make(map[string]any, len(object))
			to[name] = there
		}
		merge(there, object)
	}
}

// Values implements reader.Reader.
func (r *jsonReader) Values(set *source.ChangeSet) (reader.Values, error) {
	if set == nil {
		return nil, errors.New("config: no change set to read values from")
	}
	if set.Format != format {
		return nil, fmt.Errorf("config: values are read from json, not from %q: merge the change set first", set.Format)
	}
	text, err := reader.ReplaceEnvVars(set.Data)
	if err != nil {
		return nil, err
	}
	var tree any = map[string]any{}
	if len(text) > 0 {
		if tree, err = parse(text); err != nil {
			return nil, fmt.Errorf("config: read values: %w", err)
		}
	}
	if err := r.bounds.check(tree); err != nil {
		return nil, fmt.Errorf("config: read values: %w", err)
	}
	return newValues(tree), nil
}

// String implements reader.Reader.
func (r *jsonReader) String() string { return format }
