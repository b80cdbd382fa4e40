package safetext

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON escapes what encoding/json leaves alone and a terminal does not: DEL, the C1
// controls, bidirectional and invisible characters, stacked marks. The document
// means the same afterwards. It is for a reader that is a terminal; b is not changed
// and is returned itself when there was nothing to do.
func JSON(b []byte) []byte {
	var out []byte // nil until something changes
	var c scan
	for i := 0; i < len(b); {
		if ch := b[i]; ' ' <= ch && ch < 0x7f {
			if c = (scan{prev: rune(ch)}); out != nil {
				out = append(out, ch)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		start := i
		i += n
		next, _ := utf8.DecodeRune(b[i:])
		if r == '\n' || r == '\t' {
			c = scan{}
		} else if (r != utf8.RuneError || n > 1) && c.keep(r, next) {
			// as it is
		} else {
			if out == nil {
				out = append(make([]byte, 0, len(b)+len(b)/8), b[:start]...)
			}
			out = appendEscape(out, r)
			continue
		}
		if out != nil {
			out = append(out, b[start:i]...)
		}
	}
	if out == nil {
		return b
	}
	return out
}

func appendEscape(out []byte, r rune) []byte {
	if r == '\r' { // white space between values; inside a string it is escaped already
		return append(out, ' ')
	}
	if hi, lo := utf16.EncodeRune(r); hi != utf8.RuneError {
		return fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
	}
	return fmt.Appendf(out, `\u%04x`, r)
}
