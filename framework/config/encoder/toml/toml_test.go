package toml_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/config/encoder/encodertest"
	"github.com/microtop/microtop/framework/config/encoder/toml"
)

func TestConformance(t *testing.T) {
	encodertest.Run(t, toml.NewEncoder(), encodertest.Caps{
		Lists: true, Broken: "a = [", Most: "a = '" + strings.Repeat("x", 5<<20) + "'",
		Deep: "a = " + strings.Repeat("[", 101) + strings.Repeat("]", 101),
		Hostile: map[string]string{
			"deeper":             "a = " + strings.Repeat("[", 4<<20-10),
			"inline tables":      "a = " + strings.Repeat("{a=", 1<<20),
			"tables too deep":    "a = " + strings.Repeat("{a=", 20_000) + "1" + strings.Repeat("}", 20_000),
			"hidden by comments": "a = " + strings.Repeat("[ #]]]\n", 20_000),
			"hidden by strings":  "a = " + strings.Repeat("['],]'', \"\"\"\\\"]\"\"\"\"\", \"\\\"]\", ']', ", 20_000),
			"a long name":        strings.Repeat("a.", 2<<20-10) + "a = 1",
			"long names":         strings.Repeat("[["+strings.Repeat("a.", 1000)+"a]]\n", 1000),
			"many values":        "a = [" + strings.Repeat("0,", 100_001) + "]",
			"a name twice":       "a = 1\na = 2",
			"no number of JSON":  "a = nan",
		},
	})
}

func TestDecode(t *testing.T) {
	const text = "a = 9007199254740993\nb = 0x10\nc = 1.5\nd = 2026-01-02T03:04:05Z\ne = 2026-01-02\nf = 03:04:05.5\ng = 2026-01-02T03:04:05\n[h.i]\nj = [[1], ['x', true]]\n[[k]]\n[[k]]\nl = {}"
	const want = `{"a":9007199254740993,"b":16,"c":1.5,"d":"2026-01-02T03:04:05Z","e":"2026-01-02","f":"03:04:05.5","g":"2026-01-02T03:04:05","h":{"i":{"j":[[1],["x",true]]}},"k":[{},{"l":{}}]}`
	many := "a = ['" + strings.Repeat("[", 200) + "', " + strings.Repeat("[], {}, ", 200) + "] # " + strings.Repeat("[", 200)
	var got map[string]any
	if err := toml.NewEncoder().Decode([]byte(many), &got); err != nil {
		t.Errorf("brackets that do not nest: %v", err)
	}
	got = nil
	err := toml.NewEncoder().Decode([]byte(text), &got)
	out, _ := json.Marshal(got)
	if diff := cmp.Diff(want, string(out)); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestWhatTOMLHasNot(t *testing.T) {
	for _, v := range []any{nil, []int{1}, map[string]any{"a": []any{nil}}} {
		if text, err := toml.NewEncoder().Encode(v); err == nil {
			t.Errorf("%v was written as %q", v, text)
		}
	}
	if text, err := toml.NewEncoder().Encode(map[string]any{"a": nil, "b": 1}); err != nil || string(text) != "b = 1\n" {
		t.Errorf("%q, %v", text, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "a = 1", "[a.b]\nc = [1, 'x', {d = 1.5}]", "[[a]]\n[[a]]", "a = 2026-01-02", "a = \"\"\"\nx\"\"\"", "a = inf", "a.b.c = true"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) { encodertest.Fuzz(t, toml.NewEncoder(), text) })
}

func ExampleNewEncoder() {
	var settings struct {
		Database struct{ Host string }
	}
	err := toml.NewEncoder().Decode([]byte("[database]\nhost = 'db.example.org'"), &settings)
	fmt.Println(settings.Database.Host, err)
	// Output: db.example.org <nil>
}
