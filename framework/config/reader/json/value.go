package json

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/microtop/microtop/framework/config/reader"
)

// value is a part of a tree.
type value struct{ tree any }

var _ reader.Value = value{}

// text returns a scalar as text.
func (v value) text() (string, bool) {
	switch t := v.tree.(type) {
	case string:
		return t, true
	case json.Number:
		return t.String(), true
	case bool:
		return strconv.FormatBool(t), true
	default:
		return "", false
	}
}

// Bool implements reader.Value.
func (v value) Bool(fallback bool) bool {
	text, _ := v.text()
	if _, number := v.tree.(json.Number); number {
		return fallback
	}
	if b, err := strconv.ParseBool(text); err == nil {
		return b
	}
	return fallback
}

// number returns a number, or text that is one. That an old text of "true" is a number nobody says.
func (v value) number() (string, bool) {
	if _, boolean := v.tree.(bool); boolean {
		return "", false
	}
	return v.text()
}

// Int implements reader.Value.
func (v value) Int(fallback int) int {
	text, ok := v.number()
	if !ok {
		return fallback
	}
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || f >= math.MaxInt64 || f <= math.MinInt64 {
		return fallback
	}
	return int(f)
}

// String implements reader.Value.
func (v value) String(fallback string) string {
	if text, ok := v.text(); ok {
		return text
	}
	return fallback
}

// Float64 implements reader.Value.
func (v value) Float64(fallback float64) float64 {
	text, ok := v.number()
	if !ok {
		return fallback
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fallback
	}
	return f
}

// Duration implements reader.Value.
func (v value) Duration(fallback time.Duration) time.Duration {
	text, ok := v.number()
	if !ok {
		return fallback
	}
	if d, err := time.ParseDuration(text); err == nil {
		return d
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(n)
	}
	return fallback
}

// StringSlice implements reader.Value.
func (v value) StringSlice(fallback []string) []string {
	if text, ok := v.tree.(string); ok {
		return strings.Split(text, ",")
	}
	list, ok := v.tree.([]any)
	if !ok {
		return fallback
	}
	out := make([]string, len(list))
	for i, element := range list {
		out[i] = string(value{element}.Bytes())
	}
	return out
}

// StringMap implements reader.Value.
func (v value) StringMap(fallback map[string]string) map[string]string {
	object, ok := v.tree.(map[string]any)
	if !ok {
		return fallback
	}
	out := make(map[string]string, len(object))
	for name, member := range object {
		out[name] = string(value{member}.Bytes())
	}
	return out
}

// Scan implements reader.Value.
func (v value) Scan(to any) error {
	text, err := encode(v.tree)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

// Bytes implements reader.Value.
func (v value) Bytes() []byte {
	if text, ok := v.tree.(string); ok {
		return []byte(text)
	}
	text, _ := encode(v.tree) // trees hold nothing else than JSON does
	return text
}
