package hcl_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/config/encoder/encodertest"
	"github.com/microtop/microtop/framework/config/encoder/hcl"
)

func TestConformance(t *testing.T) {
	encodertest.Run(t, hcl.NewEncoder(), encodertest.Caps{
		Null: true, Lists: true, Broken: "a = [", Most: `a = "` + strings.Repeat("x", 5<<20) + `"`,
		Deep: strings.Repeat("a {\n", 101) + strings.Repeat("}\n", 101),
		Hostile: map[string]string{
			"deeper":            "a = " + strings.Repeat("[", 4<<20-10),
			"lists as deep":     "a = " + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
			"blocks as deep":    strings.Repeat("a {\n", 20_000) + strings.Repeat("}\n", 20_000),
			"a long path":       strings.Repeat("a ", 1<<20) + "{}",
			"many values":       "a = [" + strings.Repeat("0,", 100_001) + "0]",
			"many heredocs":     strings.Repeat("a = <<A\nA\n", 400_000),
			"no number":         "a = 99999999999999999999999x",
			"an unclosed quote": `a = "` + strings.Repeat("${", 10_000),
		},
	})
}

func TestDecode(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"assignments", "a = 1\nb = \"x\\ty\"\nc = true\nd = [1, \"x\"]\ne = 0x10\nf = 1.50\n\"g h\" = 12345678901234567890", `{"a":1,"b":"x\ty","c":true,"d":[1,"x"],"e":16,"f":1.50,"g h":12345678901234567890}`},
		{"a block", "database {\n  host = \"x\"\n}", `{"database":{"host":"x"}}`},
		{"labels", "server \"a\" {\n  n = 1\n}\nserver \"b\" {\n  n = 2\n}", `{"server":{"a":{"n":1},"b":{"n":2}}}`},
		{"several", "rule {\n  n = 1\n}\nrule {\n  n = 2\n}\nrule {\n}", `{"rule":[{"n":1},{"n":2},{}]}`},
		{"the later", "a = 1\na = 2", `{"a":2}`},
		{"a heredoc", "a = <<EOF\none\n two\nEOF\n", `{"a":"one\n two\n"}`},
		{"a list of one object", "a = [{\n  n = 1\n}]", `{"a":[{"n":1}]}`},
		{"interpolation is text", `a = "${b}"`, `{"a":"${b}"}`},
		{"nothing", "# only this", `{}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got map[string]any
			err := hcl.NewEncoder().Decode([]byte(c.text), &got)
			text, _ := json.Marshal(got)
			if diff := cmp.Diff(c.want, string(text)); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "a = 1", "a \"b\" { c = [1, {d = 2}] }", "a = <<-X\n  y\n  X\n", `{"a": 1}`, `a = "${b("c")}"`, "a = -0x1", "a = <<\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) { encodertest.Fuzz(t, hcl.NewEncoder(), text) })
}

func ExampleNewEncoder() {
	var settings struct {
		Database struct{ Host string }
	}
	err := hcl.NewEncoder().Decode([]byte("database {\n  host = \"db.example.org\"\n}"), &settings)
	fmt.Println(settings.Database.Host, err)
	// Output: db.example.org <nil>
}
