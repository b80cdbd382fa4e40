package show_test

import (
	"strings"
	"testing"

	"github.com/microtop/microtop/views/show"
)

func TestJQ(t *testing.T) {
	body := []byte(`{"items":[{"id":9007199254740993,"n":"a"},{"id":2,"n":"b"}]}`)
	for expr, want := range map[string]string{
		".items[0].id": "9007199254740993\n", ".items[] | .n": "\"a\"\n\"b\"\n", ".items | length": "2\n", "empty": "",
	} {
		got, err := show.JQ(t.Context(), expr, body)
		if err != nil || string(got) != want {
			t.Errorf("%s: %q %v", expr, got, err)
		}
	}
	for _, bad := range []string{".items[", "nosuch", ".items + 1", strings.Repeat(".", 1<<20), "[range(1e9)]"} {
		if _, err := show.JQ(t.Context(), bad, body); err == nil {
			t.Errorf("%.20s is taken", bad)
		}
	}
}

func TestJSONAsATree(t *testing.T) {
	roots, ok := show.JSONTree([]byte(`{"a":{"b":[1,"x"]},"e":{},"t":"` + `\u001b[2J` + `"}`))
	if !ok || len(roots) != 3 || roots[0].Label.String() != `a  {"b":[1,"x"]}` || roots[1].Children != nil {
		t.Fatalf("%+v", roots)
	}
	list := roots[0].Children()[0].Children()
	if len(list) != 2 || list[1].Label.String() != `1  "x"` {
		t.Errorf("%+v", list)
	}
	if _, ok := show.JSONTree([]byte(`7`)); ok {
		t.Error("a number is no tree")
	}
	if roots, _ := show.JSONTree([]byte("[" + strings.Repeat("1,", 9999) + "1]")); len(roots) != 5001 {
		t.Error(len(roots))
	}
}

func TestDiffOfJSON(t *testing.T) {
	lines, same := show.Diff([]byte(`{"a":1,"b":2}`), []byte("{\"a\": 1,\n\"b\": 3}"))
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.Prefix.String() + l.Text.String() + "\n")
	}
	if same || !strings.Contains(text.String(), "-  \"b\": 2\n+  \"b\": 3\n") {
		t.Errorf("%v\n%s", same, text.String())
	}
	if _, same := show.Diff([]byte(`{"a":1}`), []byte(`{ "a": 1 }`)); !same {
		t.Error("they are the same")
	}
}
