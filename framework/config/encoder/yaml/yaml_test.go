package yaml_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/config"
	"github.com/microtop/microtop/framework/config/encoder/encodertest"
	"github.com/microtop/microtop/framework/config/encoder/json"
	"github.com/microtop/microtop/framework/config/encoder/yaml"
	"github.com/microtop/microtop/framework/config/reader"
	readerjson "github.com/microtop/microtop/framework/config/reader/json"
	"github.com/microtop/microtop/framework/config/source/memory"
)

// laughs is a bomb of n levels of aliases.
func laughs(n int, level string) string {
	text := "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := range n {
		text += fmt.Sprintf(level, i+1, i)
	}
	return text
}

func TestConformance(t *testing.T) {
	encodertest.Run(t, yaml.NewEncoder(), encodertest.Caps{
		Null: true, Lists: true, Broken: "a: [", Most: "a: " + strings.Repeat("x", 5<<20),
		Deep: "a: " + strings.Repeat("[", 101) + strings.Repeat("]", 101),
		Hostile: map[string]string{
			"deeper":              "a: " + strings.Repeat("[", 1<<20),
			"indented":            deep(2000),
			"a bomb of aliases":   laughs(20, "a%[1]d: &a%[1]d [*a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d]\n"),
			"a bomb of merges":    "a0: &a0 {x: 1}\n" + laughs(40, "b%[1]d: &a%[1]d {<<: [*a%[2]d, *a%[2]d]}\n")[len(laughs(0, "")):],
			"a bomb of text":      "a: &a " + strings.Repeat("x", 1<<20) + "\nb: [*a, *a, *a, *a, *a]\n",
			"one that holds self": "a: &a [*a]",
			"many values":         "a: [" + strings.Repeat("0,", 100_001) + "]",
			"a name twice":        "a: 1\na: 2",
			"a name that is none": "? [a]\n: 1",
			"a tag of others":     "a: !!python/object x",
			"no number of JSON":   "a: .nan",
			"a list":              "- a",
		},
	})
}

func deep(n int) string {
	var text strings.Builder
	for i := range n {
		text.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return text.String()
}

func TestDecode(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "# only this", "null"},
		{"types", "a: 1\nb: 0x10\nc: 1_000\nd: ~\ne: yes\nf: 2026-01-02\ng: 1.50\nh: 12345678901234567890123", `{"a":1,"b":16,"c":1000,"d":null,"e":"yes","f":"2026-01-02","g":1.50,"h":12345678901234567890123}`},
		{"names that are no text", "1: a\ntrue: b\n~: c", `{"1":"a","true":"b","~":"c"}`},
		{"aliases", "a: &x {b: 1}\nc: *x", `{"a":{"b":1},"c":{"b":1}}`},
		{"merged", "a: &x {b: 1, c: 1}\nd: {<<: *x, c: 2}\ne: {<<: [{b: 3}, *x]}", `{"a":{"b":1,"c":1},"d":{"b":1,"c":2},"e":{"b":3,"c":1}}`},
		{"the first document", "a: 1\n---\na: 2", `{"a":1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got map[string]any
			err := yaml.NewEncoder().Decode([]byte(c.text), &got)
			text, _ := json.NewEncoder().Encode(got)
			if diff := cmp.Diff(c.want, string(text)); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "a: 1", "a: &x [1]\nb: *x", "a: {<<: {b: 1}}", "? a\n: b", "- a", "a: !!binary aGk=", "a: |\n  x\n  y\n", "a: &a [*a]", "\"<<\": 1", "a: 1e999"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) { encodertest.Fuzz(t, yaml.NewEncoder(), text) })
}

func ExampleNewEncoder() {
	conf, err := config.NewConfig(
		config.WithReader(readerjson.NewReader(reader.WithEncoder(yaml.NewEncoder()))),
		config.WithSource(memory.NewSource(memory.WithYAML([]byte("database:\n  host: db.example.org\n")))),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = conf.Close() }()
	fmt.Println(conf.Get("database", "host").String(""))
	// Output: db.example.org
}
