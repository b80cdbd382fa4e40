package tui_test

import (
	"strings"
	"testing"

	"github.com/microtop/microtop/tui/frametest"
)

func TestEditingThePromptLine(t *testing.T) {
	for name, c := range map[string]struct {
		keys []string
		want string
		col  int // of the cursor, after the sign
	}{
		"typing":                {[]string{"abc"}, ":abc", 3},
		"backspace":             {[]string{"abc", "backspace"}, ":ab", 2},
		"backspace takes whole": {[]string{"a👩‍👩‍👧", "backspace"}, ":a", 1},
		"left and insert":       {[]string{"ac", "left", "b"}, ":abc", 2},
		"home and delete":       {[]string{"abc", "home", "delete"}, ":bc", 0},
		"end":                   {[]string{"abc", "home", "end"}, ":abc", 3},
		"ctrl+w":                {[]string{"one two", "ctrl+w"}, ":one", 4},
		"ctrl+u":                {[]string{"one", "left", "ctrl+u"}, ":e", 0},
		"ctrl+k":                {[]string{"one", "home", "right", "ctrl+k"}, ":o", 1},
		"wide":                  {[]string{"漢字"}, ":漢字", 4},
		"longer than the row":   {[]string{strings.Repeat("x", 90) + "end"}, strings.Repeat("x", 70) + "end", 76},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := frametest.New(t, newShop(t).cfg, 80, 24)
			x.Keys(":")
			for _, k := range c.keys {
				if len([]rune(k)) > 3 && strings.Contains(k, "👩") {
					x.Paste(k)
				} else {
					x.Keys(k)
				}
			}
			x.Settle()
			rows := strings.Split(x.Screen(), "\n")
			if !strings.HasSuffix(rows[23], c.want) || len(c.want) < 70 && strings.TrimSpace(rows[23]) != c.want {
				t.Errorf("the line is %q", rows[23])
			}
			if col, row := x.Cursor(); col != 2+c.col || row != 23 {
				t.Errorf("the cursor is at %d,%d", col, row)
			}
		})
	}
}
