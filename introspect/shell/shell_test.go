package shell_test

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/microtop/microtop/introspect/shell"
)

var awkward = []string{"plain", "", "two words", "it's", `{"a": "b\\n"}`, "$HOME `id` $(id)", "*", "a\nb", "-x=1", "漢字", "!", "#", "~", `\`}

// A real shell reads what Join wrote as it was meant.
func TestAShellReadsTheLine(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("not run: no sh on PATH")
	}
	out, err := exec.CommandContext(t.Context(), sh, "-c", shell.Join(append([]string{"printf", "%s|"}, awkward...)...)).Output()
	if want := strings.Join(awkward, "|") + "|"; err != nil || string(out) != want {
		t.Errorf("%q, want %q: %v", out, want, err)
	}
}

func TestSplit(t *testing.T) {
	for line, want := range map[string][]string{
		`a  'b c' "d \"e\" \$f \g"`: {"a", "b c", `d "e" $f \g`},
		"a \\\n b\\ c":              {"a", "b c"},
		`''`:                        {""},
		`x''y"z"`:                   {"xyz"},
		"":                          nil,
	} {
		got, err := shell.Split(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q %v", line, got, err)
		}
	}
	for _, bad := range []string{`'a`, `"a`, strings.Repeat("x", shell.MaxLine+1)} {
		if _, err := shell.Split(bad); err == nil {
			t.Errorf("%.9q is read", bad)
		}
	}
}

func FuzzJoinAndSplit(f *testing.F) {
	for _, a := range awkward {
		f.Add(a, "b")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		got, err := shell.Split(shell.Join(a, b))
		if err != nil || !slices.Equal(got, []string{a, b}) {
			t.Fatalf("%q %q: %q %v", a, b, got, err)
		}
		if words, err := shell.Split(a); err == nil && len(strings.Join(words, "")) > len(a) {
			t.Fatalf("%q: %q", a, words)
		}
	})
}

func ExampleJoin() {
	fmt.Println(shell.Join("microtop", "call", "shop.cart", "Cart.Get", `{"id": "it's"}`))
	// Output: microtop call shop.cart Cart.Get '{"id": "it'\''s"}'
}
