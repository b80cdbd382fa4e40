package toml

import (
	"bytes"
	"fmt"

	"github.com/microtop/microtop/framework/limits"
)

// nesting reports text that nests deeper than is read, before the parser sees it: that takes minutes for some thousand
// levels. Text that is not closed is left to the parser, which stops where this does.
func nesting(text []byte) error {
	most, depth := limits.Default().BodyDepth, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[', '{':
			if depth++; limits.Exceeded(depth, most) {
				return fmt.Errorf("nests deeper than %d levels", most)
			}
		case ']', '}':
			depth = max(depth-1, 0)
		case '#':
			end := bytes.IndexByte(text[i:], '\n')
			if end < 0 {
				return nil
			}
			i += end
		case '"', '\'':
			length := quoted(text[i:])
			if length < 0 {
				return nil
			}
			i += length - 1
		}
	}
	return nil
}

// quoted is the length of the string that text begins with, or -1 if it does not end.
func quoted(text []byte) int {
	quote := text[0]
	end := []byte{quote}
	if triple := bytes.Repeat(end, 3); bytes.HasPrefix(text, triple) {
		end = triple
	}
	for i := len(end); i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] == '\n' && len(end) == 1:
			return -1
		case bytes.HasPrefix(text[i:], end):
			return i + len(end) + more(text[i+len(end):], quote, len(end))
		}
	}
	return -1
}

// more is how many quotes at the end of a string of several lines are text of it.
func more(rest []byte, quote byte, end int) int {
	n := 0
	for end == 3 && n < 2 && n < len(rest) && rest[n] == quote {
		n++
	}
	return n
}
