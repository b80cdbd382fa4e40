// Package plain is what the formats of configuration share: JSON's types as the middle between a format and a Go value, so that
// the json tags of structs count in every format. Start with [Decode].
package plain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/microtop/microtop/framework/limits"
)

// Values is the largest number of values that text may hold, members and elements counted.
const Values = 100_000

// Text reports text that is longer than a message may be (framework/limits).
func Text(format string, text []byte) error {
	if most := limits.Default().MessageBytes; limits.Exceeded(len(text), most) {
		return fmt.Errorf("%s: %d bytes, at most %d are read", format, len(text), most)
	}
	return nil
}

// Decode puts a tree of JSON's types, with json.Number for numbers, into v, a pointer. In a map, numbers are json.Number.
func Decode(tree, v any) error {
	switch to := v.(type) {
	case *any:
		*to = tree
		return nil
	case *map[string]any:
		if object, ok := tree.(map[string]any); ok {
			*to = object
			return nil
		}
	}
	text, err := json.Marshal(tree)
	if err != nil {
		return err
	}
	return parse(text, v)
}

func parse(text []byte, v any) error {
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	if err := in.Decode(v); err != nil {
		return err
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text after the end of the JSON value")
	}
	return nil
}

// Tree returns v as a tree of JSON's types, as encoding/json would write it. Numbers are json.Number.
func Tree(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var tree any
	return tree, parse(text, &tree)
}

// JSON puts JSON text into v, a pointer, as Decode does.
func JSON(text []byte, v any) error { return parse(text, v) }

// Budget bounds what text unfolds to.
type Budget struct{ values, bytes int }

// NewBudget returns the budget of one text: 100,000 values and 4 MiB (framework/limits).
func NewBudget() *Budget { return &Budget{values: Values, bytes: limits.Default().MessageBytes} }

// Spend takes one value of so many bytes, at a depth, from the budget.
func (b *Budget) Spend(bytes, depth int) error {
	b.values--
	b.bytes -= bytes
	switch most := limits.Default().BodyDepth; {
	case b.values < 0:
		return fmt.Errorf("more than %d values", Values)
	case b.bytes < 0:
		return errors.New("more text than a message may have, with what stands for other text unfolded")
	case limits.Exceeded(depth, most):
		return fmt.Errorf("nests deeper than %d levels", most)
	}
	return nil
}

// brackets is how many brackets text may open. A parser that calls itself for each uses some megabytes of stack then.
const brackets = 20_000

// Brackets reports text that may nest deeper than a parser can take. It counts every bracket that opens, in strings too: what it
// lets through cannot be deeper.
func Brackets(text []byte) error {
	if n := bytes.Count(text, []byte("[")) + bytes.Count(text, []byte("{")); n > brackets {
		return fmt.Errorf("%d brackets open, at most %d are read: split the file", n, brackets)
	}
	return nil
}
