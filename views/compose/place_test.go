package compose_test

import (
	"testing"

	"github.com/microtop/microtop/views/compose"
)

func TestPlaceOfAFault(t *testing.T) {
	text := []byte("{\n  \"a\": 1,\n  \"items\": [\n    {\"price\": {\"units\": 1}},\n    {\"price\": {\"units\": \"x\"}}\n  ],\n  \"m\": {\"k.1\": {\"v\": 2}}\n}")
	for _, c := range []struct {
		path      string
		line, col int
	}{
		{"a", 2, 3}, {"items", 3, 3}, {"items[1]", 5, 5}, {"items[1].price.units", 5, 16}, {`m["k.1"].v`, 7, 17},
		{"", 0, 0}, {"b", 0, 0}, {"items[2]", 0, 0}, {"a.b", 0, 0},
	} {
		if line, col := compose.Place(text, c.path); line != c.line || col != c.col {
			t.Errorf("%s is at %d:%d, want %d:%d", c.path, line, col, c.line, c.col)
		}
	}
}

func FuzzPlace(f *testing.F) {
	f.Add([]byte(`{"a":[{"b":1},{"b":2}]}`), "a[1].b")
	f.Add([]byte(`[[[[`), "[0][0]")
	f.Add([]byte("{\"a\xff\": }"), "a")
	f.Fuzz(func(t *testing.T, text []byte, path string) {
		if line, col := compose.Place(text, path); line < 0 || col < 0 || (line == 0) != (col == 0) || col > len(text) {
			t.Fatalf("%d:%d", line, col)
		}
	})
}
