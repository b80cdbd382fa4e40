package mucp

import (
	"strings"

	"github.com/microtop/microtop/framework/errors"
)

// maxErrorBytes keeps an error's text well inside the limit of a header block.
const maxErrorBytes = 4 << 10

// ErrorText returns err as the Micro-Error header carries it: the JSON form if there is an *errors.Error in its chain,
// else its text; on one line, and cut where it would not fit into a header.
func ErrorText(err error) string {
	e, ok := errors.As(err)
	if !ok {
		return oneLine(cut(err.Error(), maxErrorBytes))
	}
	text := e.Error()
	if len(text) > maxErrorBytes {
		text = errors.New(cut(e.GetId(), maxErrorBytes/4), cut(e.GetDetail(), maxErrorBytes/4), e.GetCode()).Error()
	}
	return oneLine(text)
}

func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

func oneLine(text string) string {
	if strings.ContainsAny(text, "\r\n\x00") {
		return strings.Map(func(r rune) rune {
			if r == '\r' || r == '\n' || r == 0 {
				return ' '
			}
			return r
		}, text)
	}
	if text == "" {
		return "unknown error" // an empty header would mean success
	}
	return text
}
