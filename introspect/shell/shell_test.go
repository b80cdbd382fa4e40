package shell_test

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

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

// What a terminal might obey is not in a line to be pasted: ESC [ 201 ~ ends a paste, and what follows is typed.
func TestALineHasNoControls(t *testing.T) {
	words := []string{"a\x1b[201~\nreboot\n'b'\\", "\u009b201~", "\x00\x7f\r1", "\xff\x9b", "bell\a"}
	line := shell.Join(words...)
	if i := strings.IndexFunc(line, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }); i >= 0 || !utf8.ValidString(line) {
		t.Errorf("%q", line)
	}
	if got, err := shell.Split(line); err != nil || !slices.Equal(got, words) {
		t.Errorf("%q, want %q: %v", got, words, err)
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("not run: no bash on PATH")
	}
	words[2] = "\x7f\r1" // no argument has a NUL
	out, err := exec.CommandContext(t.Context(), bash, "-c", shell.Join(append([]string{"printf", "%s|"}, words...)...)).Output()
	if want := strings.Join(words, "|") + "|"; err != nil || string(out) != want {
		t.Errorf("%q, want %q: %v", out, want, err)
	}
}

func TestSplit(t *testing.T) {
	for line, want := range map[string][]string{
		`a  'b c' "d \"e\" \$f \g"`: {"a", "b c", `d "e" $f \g`},
		"a \\\n b\\ c":              {"a", "b c"},
		`''`:                        {""},
		`x''y"z"`:                   {"xyz"},
		`$'a\n\x41\101\u00e9' $x`:   {"a\nAAé", "$x"},
		"":                          nil,
	} {
		got, err := shell.Split(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q %v", line, got, err)
		}
	}
	for _, bad := range []string{`'a`, `"a`, `$'a`, `$'\q'`, `$'\`, `$'\x'`, strings.Repeat("x", shell.MaxLine+1)} {
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
