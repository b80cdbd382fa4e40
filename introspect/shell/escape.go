package shell

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// control are the characters that a terminal may obey; line breaks and tabs within quotes are harmless.
func control(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

// escaped is a word as $'…', with the bytes of control characters as three octal digits, which no digit after them changes.
func escaped(arg string) string {
	var out strings.Builder
	out.WriteString("$'")
	for i := 0; i < len(arg); {
		r, n := utf8.DecodeRuneInString(arg[i:])
		piece := arg[i : i+n]
		i += n
		switch {
		case r == '\'' || r == '\\':
			out.WriteString("\\" + piece)
		case control(r) || r == utf8.RuneError && n == 1:
			for _, c := range []byte(piece) {
				fmt.Fprintf(&out, `\%03o`, c)
			}
		default:
			out.WriteString(piece)
		}
	}
	out.WriteString("'")
	return out.String()
}

// named are the escapes of one letter.
var named = map[byte]byte{
	'a': '\a', 'b': '\b', 'e': 0x1b, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '\\': '\\', '\'': '\'', '"': '"',
}

// unescape reads up to the quote that ends $'…' and returns how much that was.
func unescape(word *strings.Builder, text string) (n int, err error) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'':
			return i + 1, nil
		case c != '\\' || i+1 == len(text):
			word.WriteByte(c)
		default:
			used, err := escape(word, text[i+1:])
			if err != nil {
				return 0, err
			}
			i += used
		}
	}
	return 0, errors.New("a $' is not closed")
}

// escape reads what follows a backslash and returns how much that was.
func escape(word *strings.Builder, text string) (n int, err error) {
	if c, ok := named[text[0]]; ok {
		word.WriteByte(c)
		return 1, nil
	}
	switch text[0] {
	case 'x':
		n, value := digits(text[1:], 16, 2)
		word.WriteByte(byte(value)) //nolint:gosec // two digits
		return 1 + n, known(n)
	case 'u':
		n, value := digits(text[1:], 16, 4)
		word.WriteRune(value)
		return 1 + n, known(n)
	case 'U':
		n, value := digits(text[1:], 16, 8)
		word.WriteRune(value)
		return 1 + n, known(n)
	}
	n, value := digits(text, 8, 3)
	word.WriteByte(byte(value)) //nolint:gosec // shells drop what three digits have over a byte
	return n, known(n)
}

// known is an error for an escape without digits.
func known(digits int) error {
	if digits > 0 {
		return nil
	}
	return errors.New(`in $'…' a \ begins what no shell knows`)
}

// digits reads at most so many digits.
func digits(text string, base rune, most int) (n int, value rune) {
	for n < min(len(text), most) {
		digit := rune(strings.IndexByte("0123456789abcdef", text[n]|0x20)) //nolint:gosec // -1 to 15
		if digit < 0 || digit >= base {
			break
		}
		value = value*base + digit
		n++
	}
	return n, value
}
