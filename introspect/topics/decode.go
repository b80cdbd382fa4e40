package topics

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/microtop/microtop/framework/codec/msgpack"
	"github.com/microtop/microtop/introspect/nearest"
)

// Decoding is a way to read a message's body.
type Decoding string

// The decodings. Guess takes what the content type says, then JSON, protobuf, gzip and msgpack, whichever fits.
const (
	Guess    Decoding = "guess"
	JSON     Decoding = "json"
	Protobuf Decoding = "protobuf"
	Msgpack  Decoding = "msgpack"
	Text     Decoding = "text"
	Hex      Decoding = "hex"
	Base64   Decoding = "base64"
	Gzip     Decoding = "gzip"
)

// unpackedLimit is how much a gzip body may unpack to, in bytes.
const unpackedLimit = 4 << 20

// Decodings are all of them, in the order in which they are offered.
func Decodings() []Decoding {
	return []Decoding{Guess, JSON, Protobuf, Msgpack, Text, Hex, Base64, Gzip}
}

// ParseDecoding returns the decoding of a name.
func ParseDecoding(name string) (Decoding, error) {
	all := Decodings()
	if slices.Contains(all, Decoding(name)) {
		return Decoding(name), nil
	}
	names := make([]string, 0, len(all))
	for _, d := range all {
		names = append(names, string(d))
	}
	if near := nearest.Names(name, names); len(near) > 0 {
		return "", fmt.Errorf("no decoding %q: did you mean %s?", name, strings.Join(near, " or "))
	}
	return "", fmt.Errorf("no decoding %q: there are %s", name, strings.Join(names, ", "))
}

// Body is a body that was read.
type Body struct {
	// Text is JSON, or what the decoding gives: hex digits, base64, text. Of a body that Guess cannot read, As is Hex and
	// Text its bytes.
	Text []byte
	// JSON says that Text is.
	JSON bool
	// As is how it was read: never Guess. Behind gzip it is what was inside.
	As Decoding
	// Gzipped says that it was unpacked first.
	Gzipped bool
}

// Read reads the body as d says. The error says why it is not that.
func (m *Message) Read(d Decoding) (Body, error) {
	if d == Guess && m.guess != nil {
		return *m.guess, nil
	}
	e := m.event
	if e == nil {
		e = new(event)
	}
	return e.body(d, m.ContentType, m.Raw)
}

func (e *event) body(d Decoding, contentType string, raw []byte) (Body, error) {
	switch d {
	case JSON:
		if text := readJSON(raw); text != nil {
			return Body{Text: text, JSON: true, As: JSON}, nil
		}
		return Body{}, errors.New("it is not JSON")
	case Protobuf:
		if text := e.decode(raw); text != nil {
			return Body{Text: text, JSON: true, As: Protobuf}, nil
		}
		return Body{}, e.noProtobuf()
	case Msgpack:
		text, err := readMsgpack(raw)
		return Body{Text: text, JSON: true, As: Msgpack}, err
	case Text:
		return Body{Text: raw, As: Text}, nil
	case Hex:
		return Body{Text: []byte(hex.EncodeToString(raw)), As: Hex}, nil
	case Base64:
		return Body{Text: []byte(base64.StdEncoding.EncodeToString(raw)), As: Base64}, nil
	case Gzip:
		inside, err := unpack(raw)
		if err != nil {
			return Body{}, err
		}
		b := e.guess(contentType, inside)
		b.Gzipped = true
		return b, nil
	case Guess:
	}
	return e.guess(contentType, raw), nil
}

// noProtobuf says why the body could not be read as protobuf.
func (e *event) noProtobuf() error {
	for _, t := range e.told {
		if t.protobuf() {
			return fmt.Errorf("it is no %s, which %s takes", t.name, t.service)
		}
	}
	return errors.New("no subscriber tells the protobuf message")
}

// guess reads a body as what it most likely is.
func (e *event) guess(contentType string, raw []byte) Body {
	text := readJSON(raw)
	if contentType == protobufType || contentType == protoRPCType || contentType == "" && text == nil {
		if decoded := e.decode(raw); decoded != nil {
			return Body{Text: decoded, JSON: true, As: Protobuf}
		}
	}
	if strings.Contains(contentType, "msgpack") || contentType == "" && !utf8.Valid(raw) {
		if decoded, err := readMsgpack(raw); err == nil {
			return Body{Text: decoded, JSON: true, As: Msgpack}
		}
	}
	if text != nil {
		return Body{Text: text, JSON: true, As: JSON}
	}
	if inside, err := unpack(raw); err == nil {
		b := Body{Text: inside, As: textOrHex(inside)}
		if !bytes.HasPrefix(inside, gzipMagic) { // once is enough
			b = e.guess(contentType, inside)
		}
		b.Gzipped = true
		return b
	}
	return Body{Text: raw, As: textOrHex(raw)}
}

var gzipMagic = []byte{0x1f, 0x8b}

func textOrHex(raw []byte) Decoding {
	if utf8.Valid(raw) {
		return Text
	}
	return Hex
}

// readJSON returns the body if it is JSON, else nil.
func readJSON(raw []byte) []byte {
	if utf8.Valid(raw) && json.Valid(raw) {
		return bytes.TrimSpace(raw)
	}
	return nil
}

// readMsgpack returns a msgpack value as JSON: bytes as base64, times as RFC 3339.
func readMsgpack(raw []byte) ([]byte, error) {
	var v any
	if err := (msgpack.Marshaler{}).Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("msgpack that JSON has no value for: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

func unpack(raw []byte) ([]byte, error) {
	if !bytes.HasPrefix(raw, gzipMagic) {
		return nil, errors.New("it is not gzip")
	}
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("it is not gzip: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(r, unpackedLimit+1))
	if err != nil {
		return nil, fmt.Errorf("broken gzip: %w", err)
	}
	if len(text) > unpackedLimit {
		return nil, fmt.Errorf("it unpacks to more than %d MB", unpackedLimit>>20)
	}
	return text, nil
}
