// Package toml is TOML 1.0 as a format of configuration. Start with [NewEncoder].
package toml

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/microtop/microtop/framework/config/encoder"
	"github.com/microtop/microtop/framework/config/encoder/internal/plain"
)

const name = "toml"

type format struct{}

var _ encoder.Encoder = format{}

// NewEncoder returns the TOML encoder. Structs have json tags. TOML has no null: members that are null are left out. Times
// are read as text. Text may have 4 MiB, 100 levels (framework/limits) and 100,000 values, and names of 100 parts.
func NewEncoder() encoder.Encoder { return format{} }

// Encode implements encoder.Encoder. What it writes is an object.
func (format) Encode(v any) ([]byte, error) {
	tree, err := plain.Tree(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	object, ok := tree.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: it holds objects only, not %T", name, v)
	}
	plain, err := writable(object)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var out bytes.Buffer
	if err := toml.NewEncoder(&out).Encode(plain); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out.Bytes(), nil
}

// writable returns a tree that TOML can hold.
func writable(tree any) (any, error) {
	switch v := tree.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			if value == nil {
				continue
			}
			var err error
			if out[key], err = writable(value); err != nil {
				return nil, err
			}
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			var err error
			if out[i], err = writable(value); err != nil {
				return nil, err
			}
		}
		return out, nil
	case nil:
		return nil, errors.New("no null in a list")
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		return v.Float64()
	default:
		return v, nil
	}
}

// Decode implements encoder.Encoder.
func (format) Decode(text []byte, v any) error {
	if err := plain.Text(name, text); err != nil {
		return err
	}
	err := errors.Join(nesting(text), names(text))
	var object map[string]any
	if err == nil {
		_, err = toml.NewDecoder(bytes.NewReader(text)).Decode(&object)
	}
	var tree any
	if err == nil {
		tree, err = readable(object, plain.NewBudget(), 0)
	}
	if err == nil {
		err = plain.Decode(tree, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// names reports a line with more dots than a name and its value may have: the parser takes long for names of many parts.
func names(text []byte) error {
	const most = 100
	for line := range bytes.Lines(text) {
		key, _, _ := bytes.Cut(line, []byte("="))
		if n := bytes.Count(key, []byte(".")); n > most {
			return fmt.Errorf("%d dots before the first = of a line, at most %d are read", n, most)
		}
	}
	return nil
}

// readable makes a tree of what the parser returned.
func readable(v any, b *plain.Budget, depth int) (any, error) {
	text, _ := v.(string)
	if err := b.Spend(len(text), depth); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case map[string]any:
		return object(v, b, depth)
	case []map[string]any:
		list := make([]any, len(v))
		for i, value := range v {
			var err error
			if list[i], err = readable(value, b, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case []any:
		list := make([]any, len(v))
		for i, value := range v {
			var err error
			if list[i], err = readable(value, b, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case int64:
		return json.Number(strconv.FormatInt(v, 10)), nil
	case time.Time:
		return clock(v), nil
	default:
		return plain.Tree(v) // NaN is an error of it
	}
}

func object(v map[string]any, b *plain.Budget, depth int) (any, error) {
	out := make(map[string]any, len(v))
	for key, value := range v {
		if err := b.Spend(len(key), depth); err != nil {
			return nil, err
		}
		var err error
		if out[key], err = readable(value, b, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// clock writes a time as TOML does; the parser says by the zone's name what a local one leaves out.
func clock(t time.Time) string {
	switch t.Location().String() {
	case "datetime-local":
		return t.Format("2006-01-02T15:04:05.999999999")
	case "date-local":
		return t.Format(time.DateOnly)
	case "time-local":
		return t.Format("15:04:05.999999999")
	default:
		return t.Format(time.RFC3339Nano)
	}
}

// String implements encoder.Encoder.
func (format) String() string { return name }
