// Package secret finds what must not be written down: values of metadata and of JSON members whose names say that they
// are secret.
//
// Start with [JSON] and [Metadata]. It goes by names, so it is no guard against a secret in a field called "note".
package secret

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// Mark stands where a secret was.
const Mark = "[redacted]"

// words are the parts of names that tell a secret, without "-" and "_".
var words = []string{"authorization", "token", "password", "passwd", "passphrase", "secret", "cookie", "apikey", "privatekey", "credential"}

// Named tells whether a name is one of a secret: it has one of the words in it, whatever its case.
func Named(name string) bool {
	name = strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))
	for _, word := range words {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// Metadata returns metadata without its secrets, and whether there was one. The map is not changed.
func Metadata(md map[string]string) (out map[string]string, found bool) {
	if md == nil {
		return nil, false
	}
	out = make(map[string]string, len(md))
	for key, value := range md {
		if Named(key) && value != "" {
			value, found = Mark, true
		}
		out[key] = value
	}
	return out, found
}

// JSON returns a JSON text on one line in which the values of secret members are the mark, whatever they are, but for
// null, false, "", and numbers that are 0; the order of members stays. ok is false when body is not one JSON value.
func JSON(body []byte) (out []byte, found, ok bool) {
	return Replace(body, func(string) string { return Mark })
}

// Replace is [JSON] with another text in place of the mark: what with says for the name of the secret.
func Replace(body []byte, with func(name string) string) (out []byte, found, ok bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	w := writer{d: d, with: with}
	err := w.value("", 0)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			return nil, false, false
		}
	}
	return w.out.Bytes(), w.found, err == nil
}

// maxDepth is the deepest nesting that is read.
const maxDepth = 200

var errDeep = errors.New("nested too deeply")

// writer copies a JSON text, a token at a time.
type writer struct {
	d     *json.Decoder
	with  func(string) string
	out   bytes.Buffer
	found bool
}

// value copies a value, or what stands for the secret of the name hide, if that is not empty.
func (w *writer) value(hide string, depth int) error {
	if depth > maxDepth {
		return errDeep
	}
	token, err := w.d.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return w.object(hide, depth)
	case json.Delim('['):
		return w.list(hide, depth)
	}
	if hide != "" && token != nil && token != false && token != "" && token != json.Number("0") {
		token, w.found = w.with(hide), true
	}
	return w.plain(token)
}

func (w *writer) object(hide string, depth int) error {
	w.out.WriteByte('{')
	for i := 0; w.d.More(); i++ {
		key, err := w.d.Token()
		if err != nil {
			return err
		}
		if i > 0 {
			w.out.WriteByte(',')
		}
		name, _ := key.(string) // the decoder lets no other key pass
		if err := w.plain(name); err != nil {
			return err
		}
		w.out.WriteByte(':')
		below := hide
		if below == "" && Named(name) {
			below = name
		}
		if err := w.value(below, depth+1); err != nil {
			return err
		}
	}
	w.out.WriteByte('}')
	_, err := w.d.Token()
	return err
}

func (w *writer) list(hide string, depth int) error {
	w.out.WriteByte('[')
	for i := 0; w.d.More(); i++ {
		if i > 0 {
			w.out.WriteByte(',')
		}
		if err := w.value(hide, depth+1); err != nil {
			return err
		}
	}
	w.out.WriteByte(']')
	_, err := w.d.Token()
	return err
}

func (w *writer) plain(v any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	w.out.Write(bytes.TrimRight(text.Bytes(), "\n"))
	return nil
}
