package logger

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// OneLine returns a writer that makes one line on out of each Write, whatever is written: line breaks and other controls
// but the tab become visible escapes, so that no message forges lines of its own or steers the terminal that shows it.
// Lines are written one at a time, by one Write each.
func OneLine(out io.Writer) io.Writer { return &lineWriter{out: out} }

type lineWriter struct {
	mu  sync.Mutex
	out io.Writer
}

// Write implements io.Writer.
func (w *lineWriter) Write(p []byte) (int, error) {
	line := oneLine(string(p)) + "\n"
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := io.WriteString(w.out, line); err != nil {
		return 0, err
	}
	return len(p), nil
}

func oneLine(text string) string {
	text = strings.TrimRight(text, "\r\n")
	if !strings.ContainsFunc(text, steers) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		first := text[i]
		i += n
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&out, `\x%02x`, first)
		case r == utf8.RuneError, !steers(r):
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r < 0x80:
			fmt.Fprintf(&out, `\x%02x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// steers reports whether a character is a control, or a byte that is no character: old terminals take 0x9b for one.
func steers(r rune) bool { return unicode.IsControl(r) && r != '\t' || r == utf8.RuneError }
