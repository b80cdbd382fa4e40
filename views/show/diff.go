package show

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
)

// Compared is how much of each text a diff looks at, in bytes.
const Compared = 1 << 20

// Diff is what changed from one text to another, line by line, with some lines around; JSON is indented first. same is
// true when nothing did. It takes a while for long texts, so it is not for Update.
func Diff(from, to []byte) (lines []pager.Line, same bool) {
	a, b := lined(from), lined(to)
	text := udiff.Unified("", "", a, b)
	if text == "" {
		return nil, a == b
	}
	for row := range strings.Lines(text) {
		row = strings.TrimSuffix(row, "\n")
		line := pager.Line{Prefix: safetext.Literal(" ")}
		switch {
		case strings.HasPrefix(row, "---"), strings.HasPrefix(row, "+++"), strings.HasPrefix(row, `\ No newline`):
			continue
		case strings.HasPrefix(row, "@@"):
			lines = append(lines, pager.Line{Text: safetext.Literal("…"), Role: pager.Dim})
			continue
		case strings.HasPrefix(row, "-"):
			line.Prefix, line.Role = safetext.Literal("-"), pager.Bad
		case strings.HasPrefix(row, "+"):
			line.Prefix, line.Role = safetext.Literal("+"), pager.Good
		}
		line.Text = safetext.Clean(row[min(1, len(row)):])
		lines = append(lines, line)
	}
	return lines, false
}

// lined is a text as its lines are compared.
func lined(text []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, text, "", "  ") != nil {
		out.Reset()
		out.Write(text)
	}
	if out.Len() > Compared {
		out.Truncate(Compared)
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}
