// Package json is JSON (RFC 8259) as a format of configuration. Start with [NewEncoder].
package json

import (
	"encoding/json"
	"fmt"

	"github.com/microtop/microtop/framework/config/encoder"
	"github.com/microtop/microtop/framework/limits"
)

type format struct{ limits limits.Limits }

var _ encoder.Encoder = format{}

// NewEncoder returns the JSON encoder.
func NewEncoder() encoder.Encoder { return format{limits: limits.Default()} }

// Encode implements encoder.Encoder.
func (format) Encode(v any) ([]byte, error) { return json.Marshal(v) }

// Decode implements encoder.Encoder. Numbers in a map become float64; how deep text may nest is encoding/json's bound.
func (f format) Decode(text []byte, v any) error {
	if limits.Exceeded(len(text), f.limits.MessageBytes) {
		return fmt.Errorf("json: %d bytes, at most %d are read", len(text), f.limits.MessageBytes)
	}
	return json.Unmarshal(text, v)
}

// String implements encoder.Encoder.
func (format) String() string { return "json" }
