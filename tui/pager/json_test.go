package pager

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/theme"
)

func TestColour(t *testing.T) {
	pens := paint.NewPens(theme.Default())
	names := map[paint.Pen]string{pens.Field: "field", pens.String: "string", pens.Number: "number", pens.Keyword: "keyword", pens.Text: ""}
	for _, c := range []struct {
		in   string
		want []string
	}{
		{`  "a\"b" : "c:",`, []string{"", `field "a\"b"`, "", `string "c:"`, ""}},
		{`[1, -2.5e+3, true, null]`, []string{"", "number 1", "", "number -2.5e+3", "", "keyword true", "", "keyword null", ""}},
		{`"open \`, []string{`string "open \`}},
		{`漢{"字":1}`, []string{"", `field "字"`, "", "number 1", ""}},
		{``, nil},
	} {
		var got []string
		at := 0
		for _, s := range colour(nil, c.in, len(c.in), pens) {
			if name := names[s.pen]; name != "" {
				got = append(got, name+" "+c.in[at:s.end])
			} else {
				got = append(got, "")
			}
			at = s.end
		}
		if at != len(c.in) {
			t.Errorf("%q: coloured up to %d", c.in, at)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: %s", c.in, diff)
		}
	}
}
