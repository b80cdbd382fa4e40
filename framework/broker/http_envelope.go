package broker

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// appendEnvelope appends the JSON of a message, byte for byte as encoding/json writes it (docs/wire.md §7.2). It fails
// if a header has anything that JSON writes in more than one way: then encoding/json is to write it.
func appendEnvelope(dst []byte, m Message) ([]byte, bool) {
	if m.Header == nil || m.Body == nil {
		return dst, false
	}
	var few [16]string
	keys := slices.AppendSeq(few[:0], maps.Keys(m.Header))
	slices.Sort(keys)
	dst = append(dst, `{"Header":{`...)
	for i, key := range keys {
		value := m.Header[key]
		if !plain(key) || !plain(value) {
			return dst, false
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), key...), `":"`...)
		dst = append(append(dst, value...), '"')
	}
	dst = append(dst, `},"Body":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, m.Body)
	return append(dst, `"}`...), true
}

// envelopeSize is how long the JSON of a message is, if it is plain.
func envelopeSize(m Message) int {
	size := len(`{"Header":{},"Body":""}`) + base64.StdEncoding.EncodedLen(len(m.Body))
	for key, value := range m.Header {
		size += len(key) + len(value) + len(`"":"",`)
	}
	return size
}

// parseEnvelope reads what appendEnvelope writes, headers in any order. It fails on anything else, such as spaces, other
// keys and escapes, which encoding/json is to read or refuse. maxHeaders bounds the headers; -1 is no bound.
func parseEnvelope(body []byte, m *Message, maxHeaders int) bool {
	text, ok := strings.CutPrefix(string(body), `{"Header":{`)
	if !ok {
		return false
	}
	header := map[string]string{}
	for first := true; !strings.HasPrefix(text, "}"); first = false {
		if !first {
			if text, ok = strings.CutPrefix(text, ","); !ok {
				return false
			}
		}
		var key, value string
		if key, text, ok = quoted(text); !ok || !strings.HasPrefix(text, ":") {
			return false
		}
		if value, text, ok = quoted(text[1:]); !ok {
			return false
		}
		if header[key] = value; maxHeaders >= 0 && len(header) > maxHeaders {
			return false
		}
	}
	if text, ok = strings.CutPrefix(text, `},"Body":`); !ok {
		return false
	}
	encoded, text, ok := quoted(text)
	if !ok || strings.TrimSuffix(text, "\n") != "}" {
		return false
	}
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return false
	}
	m.Header, m.Body = header, decoded
	return true
}

// quoted takes a plain string in quotes from the start of a text.
func quoted(text string) (value, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		return "", text, false
	}
	end := strings.IndexByte(text[1:], '"')
	if end < 0 || !plain(text[1:1+end]) {
		return "", text, false
	}
	return text[1 : 1+end], text[end+2:], true
}

// plain says whether a text is its own JSON string: ASCII that needs no escape, and gets none from encoding/json.
func plain(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}

// head is what a post to the subscriber starts with, up to the number of bytes of its body (docs/wire.md §7.2).
func (t target) head() string {
	return "POST " + requestURI(t.id) + " HTTP/1.1\r\nHost: " + t.address +
		"\r\nUser-Agent: Go-http-client/1.1\r\nContent-Type: application/json\r\nContent-Length: "
}

// appendPost appends a whole post.
func appendPost(dst []byte, head string, body []byte) []byte {
	dst = strconv.AppendInt(append(dst, head...), int64(len(body)), 10)
	return append(append(dst, "\r\n\r\n"...), body...)
}
