package show_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/views/show"
)

func TestTheBeginningOfAMessageIsIndented(t *testing.T) {
	for name, c := range map[string]struct {
		body, want string
		syntax     pager.Syntax
	}{
		"a list":      {`{"rows":["a\"b","c`, "{\n  \"rows\": [\n    \"a\\\"b\",\n    \"c", pager.JSON},
		"an escape":   {`["a\`, "[\n  \"a\\", pager.JSON},
		"empty ones":  {`[{ },[], {"a" : {`, "[\n  {},\n  [],\n  {\n    \"a\": {", pager.JSON},
		"a half rune": {"[\"\u00e4\u00e4"[:5], "[\n  \"\u00e4", pager.JSON},
		"text":        {"some words \u00e4"[:12], "some words ", pager.Text},
		"bytes":       {"\xff\x00[", "00000000  ff 00 5b", pager.Text},
	} {
		t.Run(name, func(t *testing.T) {
			block, syntax := show.Head([]byte(c.body))
			if got := block.String(); !strings.HasPrefix(strings.TrimRight(got, " "), strings.TrimRight(c.want, " ")) || syntax != c.syntax {
				t.Errorf("%q, %v", got, syntax)
			}
		})
	}
	t.Run("growth is bounded", func(t *testing.T) {
		for _, body := range []string{strings.Repeat("[", 100_000), strings.Repeat("1,", 100_000)} {
			if block, _ := show.Head([]byte("[" + body)); len(block.String()) > 3*len(body) {
				t.Errorf("%d bytes became %d", len(body), len(block.String()))
			}
		}
	})
}

// A text that is not cut, and does not grow beyond the bound, looks as json.Indent has it; whatever else is shown, too.
func FuzzHead(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"b":"c\\\""}],"long enough not to grow beyond the bound":true}`, `[{}, [ ] ,"é"]`, `{"a`, "[\"\xc3", "[] "} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 4<<10 {
			return
		}
		block, _ := show.Head(body)
		var whole bytes.Buffer
		if err := json.Indent(&whole, bytes.TrimSpace(body), "", "  "); err != nil || whole.Len() > len(body)+len(body)/2 {
			return
		}
		want, _ := show.Body(body)
		if got, want := strings.TrimRight(block.String(), " \n"), strings.TrimRight(want.String(), " \n"); got != want {
			t.Errorf("%q is shown as %q, want %q", body, got, want)
		}
	})
}
