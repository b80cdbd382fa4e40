package show

import (
	"bytes"
	"unicode/utf8"

	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
)

// Head is the beginning of a message that was cut, as Body shows whole ones: JSON indented, as far as it goes.
func Head(body []byte) (safetext.Block, pager.Syntax) {
	body = wholeRunes(body)
	start := bytes.TrimLeft(body, " \t\r\n")
	if !utf8.Valid(body) || len(start) == 0 || start[0] != '{' && start[0] != '[' {
		return Body(body)
	}
	text := safetext.JSON(indentHead(start))
	if most := safetext.MaxBlock - len("…"); len(text) > most { // what is within the bound is clean at a glance
		text = append(wholeRunes(text[:most:most]), "…"...)
	}
	return safetext.CleanBlock(string(text)), pager.JSON
}

// wholeRunes leaves out a character that was cut at the end.
func wholeRunes(text []byte) []byte {
	for i := len(text) - 1; i >= max(len(text)-utf8.UTFMax, 0); i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRune(text[i:]) {
				return text[:i]
			}
			break
		}
	}
	return text
}

const (
	// deepest is how deep indentHead indents.
	deepest = 50
	// mostRows is how many rows it makes.
	mostRows = 200_000
	// roomy is how many bytes more than half of a text it may add, so that short texts are indented whole.
	roomy = 4 << 10
)

// indentHead indents a beginning of JSON as json.Indent does a whole text. After many rows, or when it is half as long
// again, the rest follows as it came: lists of single digits, or of lists, would grow by far more.
func indentHead(text []byte) []byte {
	out, depth, rows := make([]byte, 0, len(text)+len(text)/2+roomy+4*deepest), 0, 0
	newline := func() {
		rows++
		out = append(out, '\n')
		for range min(depth, deepest) {
			out = append(out, ' ', ' ')
		}
	}
	for i := 0; i < len(text); i++ {
		if rows > mostRows || len(out)-i > len(text)/2+roomy {
			return append(out, text[i:]...)
		}
		switch c := text[i]; c {
		case ' ', '\t', '\r', '\n':
		case '"':
			end := stringEnd(text, i)
			out = append(out, text[i:end]...)
			i = end - 1
		case '{', '[':
			out = append(out, c)
			depth++
			next := i + 1 + len(text[i+1:]) - len(bytes.TrimLeft(text[i+1:], " \t\r\n"))
			if next < len(text) && (text[next] == '}' || text[next] == ']') { // {} stays together
				depth--
				out = append(out, text[next])
				i = next
				continue
			}
			newline()
		case '}', ']':
			depth = max(depth-1, 0)
			newline()
			out = append(out, c)
		case ',':
			out = append(out, c)
			newline()
		case ':':
			out = append(out, ':', ' ')
		default:
			out = append(out, c)
		}
	}
	return out
}

// stringEnd is where the string ends that begins at a place of the text, or the text.
func stringEnd(text []byte, from int) int {
	for i := from + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
