package pager

import "github.com/microtop/microtop/tui/paint"

// segment is a part of a line in one pen, up to the byte offset end.
type segment struct {
	end int
	pen paint.Pen
}

// colour appends to dst the segments of one line of JSON, of which only the
// first limit bytes matter. Text that is not JSON gets harmless segments.
func colour(dst []segment, s string, limit int, pens *paint.Pens) []segment {
	for at := 0; at < len(s) && at < limit; {
		end, pen := token(s, at, pens)
		if n := len(dst); n > 0 && dst[n-1].pen == pen {
			dst[n-1].end = end
		} else {
			dst = append(dst, segment{end, pen})
		}
		at = end
	}
	return dst
}

// token returns the end and the pen of the token that begins at offset at.
func token(s string, at int, pens *paint.Pens) (int, paint.Pen) {
	switch c := s[at]; {
	case c == '"':
		end := stringEnd(s, at)
		if isKey(s, end) {
			return end, pens.Field
		}
		return end, pens.String
	case c == '-' || '0' <= c && c <= '9':
		return run(s, at, isNumber), pens.Number
	case isLetter(c):
		return run(s, at, isLetter), pens.Keyword
	case c >= 0x80: // no JSON; keep characters whole
		return run(s, at, func(c byte) bool { return c >= 0x80 }), pens.Text
	default:
		return at + 1, pens.Text
	}
}

// stringEnd returns the offset after the string that begins at offset at.
func stringEnd(s string, at int) int {
	for i := at + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// isKey reports whether a colon follows.
func isKey(s string, at int) bool {
	for ; at < len(s); at++ {
		if s[at] != ' ' {
			return s[at] == ':'
		}
	}
	return false
}

func run(s string, at int, in func(byte) bool) int {
	for at++; at < len(s) && in(s[at]); at++ {
	}
	return at
}

func isNumber(c byte) bool {
	return '0' <= c && c <= '9' || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E'
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
