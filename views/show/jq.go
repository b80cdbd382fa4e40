package show

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"github.com/itchyny/gojq"

	"github.com/microtop/microtop/tui/match"
)

const (
	// jqTime bounds a jq expression's run on one answer.
	jqTime = 5 * time.Second
	// jqOut is how much it may give, in bytes.
	jqOut = 8 << 20
)

// JQ runs a jq expression on a JSON body and returns what it gives, each value on its lines. It may take a while.
func JQ(ctx context.Context, expr string, body []byte) ([]byte, error) {
	if len(expr) > match.MaxExpr {
		return nil, fmt.Errorf("jq: the expression is longer than %d bytes", match.MaxExpr)
	}
	query, err := gojq.Parse(expr)
	if err != nil {
		return nil, fmt.Errorf("jq: %w", err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, fmt.Errorf("jq: %w", err)
	}
	v, err := Decode(body)
	if err != nil {
		return nil, fmt.Errorf("jq: the answer is not JSON: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, jqTime)
	defer cancel()
	var out bytes.Buffer
	for values := code.RunWithContext(ctx, v); ; {
		v, ok := values.Next()
		if !ok {
			return out.Bytes(), nil
		}
		if err, failed := v.(error); failed {
			return nil, fmt.Errorf("jq: %w", err)
		}
		text, err := gojq.Marshal(v)
		if err == nil {
			err = json.Indent(&out, text, "", "  ")
		}
		if err != nil {
			return nil, fmt.Errorf("jq: %w", err)
		}
		out.WriteByte('\n')
		if out.Len() > jqOut {
			return nil, fmt.Errorf("jq: it gives more than %s: narrow it", Bytes(jqOut))
		}
	}
}

// Decode reads JSON as jq takes it, with whole numbers as they are.
func Decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	return numbers(v), nil
}

// numbers turns the numbers in a value into those that jq knows. The decoder bounds how
// deep a value is.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return int(n)
		}
		if n, ok := new(big.Int).SetString(v.String(), 10); ok {
			return n
		}
		n, _ := v.Float64() // what is out of range is an infinity
		return n
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = numbers(v[key])
		}
	}
	return v
}
