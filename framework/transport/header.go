package transport

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// canonical returns a header's name in HTTP's canonical form, without new memory when it is that already.
// ok is false when the name is not a token of RFC 9110 §5.6.2.
func canonical(name string) (_ string, ok bool) {
	upper := true // the next letter should be upper-case
	change := false
	for i := range len(name) {
		c := name[i]
		if !tokenByte[c] {
			return "", false
		}
		if upper && 'a' <= c && c <= 'z' || !upper && 'A' <= c && c <= 'Z' {
			change = true
		}
		upper = c == '-'
	}
	if !change {
		return name, name != ""
	}
	out := []byte(name)
	upper = true
	for i, c := range out {
		if upper && 'a' <= c && c <= 'z' {
			out[i] = c - ('a' - 'A')
		} else if !upper && 'A' <= c && c <= 'Z' {
			out[i] = c + ('a' - 'A')
		}
		upper = c == '-'
	}
	return string(out), true
}

// isToken says whether text is a token of RFC 9110 §5.6.2.
func isToken(text string) bool {
	for i := range len(text) {
		if !tokenByte[text[i]] {
			return false
		}
	}
	return text != ""
}

var tokenByte = tokenBytes()

func tokenBytes() (table [256]bool) {
	for _, c := range []byte("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
		table[c] = true
	}
	return table
}

// ofConnection says whether a header in canonical form concerns the connection, not the message.
func ofConnection(name string) bool {
	switch name {
	case "Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Proxy-Connection", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// single says whether a request that repeats the header is ambiguous, and so refused: whoever checked one value must
// not be fooled by the other.
func single(name string) bool {
	switch name {
	case "Authorization", "Content-Type", "Timeout":
		return true
	}
	return strings.HasPrefix(name, "Micro-") || strings.HasPrefix(name, "X-Micro-")
}

// appendHeader appends header's lines. Names of the connection are left out, errors lose their line breaks
// (docs/wire.md §3.6); any other control character is refused.
func appendHeader(dst []byte, header map[string]string) ([]byte, error) {
	start := len(dst)
	for name, value := range header {
		proper, ok := canonical(name)
		if !ok {
			return nil, fmt.Errorf("header name %q: use letters, digits and dashes", name)
		}
		if proper != name {
			return appendMixed(dst[:start], header)
		}
		var err error
		if dst, err = appendLine(dst, name, value); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// appendMixed is appendHeader for a header with names that are not in canonical form; of two spellings of one name the
// canonical one counts, else the last in the order of bytes.
func appendMixed(dst []byte, header map[string]string) ([]byte, error) {
	proper := make(map[string]string, len(header))
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(header))) {
		key, ok := canonical(name)
		if !ok {
			return nil, fmt.Errorf("header name %q: use letters, digits and dashes", name)
		}
		if _, given := proper[key]; !given || key == name {
			proper[key] = header[name]
		}
	}
	return appendHeader(dst, proper)
}

// appendFields is appendHeader for a list, whose names are in canonical form.
func appendFields(dst []byte, list []Field) ([]byte, error) {
	for i := range list {
		if !isToken(list[i].Name) {
			return nil, fmt.Errorf("header name %q: use letters, digits and dashes", list[i].Name)
		}
		var err error
		if dst, err = appendLine(dst, list[i].Name, list[i].Value); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func appendLine(dst []byte, name, value string) ([]byte, error) {
	if ofConnection(name) {
		return dst, nil
	}
	if hasControl(value) {
		if !ofError(name) {
			return nil, fmt.Errorf("header %s: value %q has a control character", name, value)
		}
		value = strings.Map(blank, value)
	}
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...), nil
}

// receivable says whether a header's value is taken: one with a control character could not be sent back, and the sender
// would wait for an answer without end. Errors may have some, since v4 sends them as they are and ours lose them on the
// way out. Bytes from 0x80 up are v4's UTF-8.
func receivable(name, value string) bool {
	return !hasControl(value) || ofError(name) && !strings.ContainsAny(value, "\x00\r\n")
}

// ofError says whether a header's value is the text of an error.
func ofError(name string) bool { return name == "Micro-Error" || name == "X-Micro-Error" }

func hasControl(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

func blank(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}
