// Package shell writes and reads lines as a POSIX shell takes them: words, quoted where they must be.
//
// [Join] writes one, [Split] reads one. Neither runs anything, and Split knows no variables, globs or operators. Control
// characters are written as $'\x1b' (POSIX.1-2024): a terminal into which a line is pasted may obey them, and end the paste.
package shell

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// MaxLine is the longest line that is read, in bytes.
const MaxLine = 4 << 20

// Join is a command line with its arguments quoted for a shell.
func Join(args ...string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = quote(a)
	}
	return strings.Join(quoted, " ")
}

func quote(arg string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:@%+,", r)
	}
	if arg != "" && strings.IndexFunc(arg, func(r rune) bool { return !plain(r) }) < 0 {
		return arg
	}
	if strings.ContainsFunc(arg, control) || !utf8.ValidString(arg) {
		return escaped(arg)
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// Split is the words of a line: single and double quotes, backslashes, and "\" at the end of a row are understood. The
// error says what is wrong.
func Split(line string) ([]string, error) {
	if len(line) > MaxLine {
		return nil, errors.New("the line is too long")
	}
	var words []string
	var word strings.Builder
	inside := false // of a word, which may be empty
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case ' ', '\t', '\n', '\r':
			if inside {
				words = append(words, word.String())
				word.Reset()
			}
			inside = false
		case '$':
			if !strings.HasPrefix(line[i+1:], "'") {
				word.WriteByte(c)
				inside = true
				continue
			}
			n, err := unescape(&word, line[i+2:])
			if err != nil {
				return nil, err
			}
			i += n + 1
			inside = true
		case '\'':
			end := strings.IndexByte(line[i+1:], '\'')
			if end < 0 {
				return nil, errors.New("a ' is not closed")
			}
			word.WriteString(line[i+1 : i+1+end])
			i += end + 1
			inside = true
		case '"':
			n, err := double(&word, line[i+1:])
			if err != nil {
				return nil, err
			}
			i += n
			inside = true
		case '\\':
			if i++; i < len(line) && line[i] != '\n' {
				word.WriteByte(line[i])
				inside = true
			}
		default:
			word.WriteByte(c)
			inside = true
		}
	}
	if inside {
		words = append(words, word.String())
	}
	return words, nil
}

// double reads up to the closing double quote and returns how much that was.
func double(word *strings.Builder, text string) (n int, err error) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return i + 1, nil
		case c == '\\' && i+1 < len(text) && strings.IndexByte("\"\\$`\n", text[i+1]) >= 0:
			if i++; text[i] != '\n' {
				word.WriteByte(text[i])
			}
		default:
			word.WriteByte(c)
		}
	}
	return 0, errors.New(`a " is not closed`)
}
