package nested_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/config/internal/nested"
)

func TestTree(t *testing.T) {
	for _, c := range []struct {
		name string
		in   map[string]any
		want map[string]any
	}{
		{"nothing", nil, map[string]any{}},
		{"parts", map[string]any{"DATABASE_HOST": "x", "database-port": 1}, map[string]any{"database": map[string]any{"host": "x", "port": 1}}},
		{"the longer name counts", map[string]any{"a": 1, "a_b_c": 2, "a_b": 3}, map[string]any{"a": map[string]any{"b": map[string]any{"c": 2}}}},
		{"whichever comes first", map[string]any{"a-b": 1, "a": 2}, map[string]any{"a": map[string]any{"b": 1}}},
		{"empty parts are none", map[string]any{"__a__b_": 1, "_": 2, "": 3}, map[string]any{"a": map[string]any{"b": 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := nested.Tree(c.in)
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
	if _, err := nested.Tree(map[string]any{strings.Repeat("a_", 101): 1}); err == nil || !strings.Contains(err.Error(), "parts") {
		t.Errorf("a deep name: %v", err)
	}
}

func TestScalar(t *testing.T) {
	for text, want := range map[string]any{
		"": "", "x": "x", "true": true, "FALSE": false, "t": "t", "0": json.Number("0"), "-12": json.Number("-12"), "007": "007", "-0": "-0", "1.50": "1.50",
		"1e3": "1e3", "+1": "+1", "9223372036854775807": json.Number("9223372036854775807"), "9223372036854775808": "9223372036854775808",
	} {
		if got := nested.Scalar(text); got != want {
			t.Errorf("%q became %#v, want %#v", text, got, want)
		}
	}
}
