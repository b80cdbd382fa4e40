package schema

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// numeric are the types whose JSON is a number.
var numeric = map[string]bool{
	"int32": true, "sint32": true, "sfixed32": true, "uint32": true, "fixed32": true,
	"int64": true, "sint64": true, "sfixed64": true, "uint64": true, "fixed64": true,
	"float": true, "double": true,
	"google.protobuf.Int32Value": true, "google.protobuf.Int64Value": true, "google.protobuf.UInt32Value": true,
	"google.protobuf.UInt64Value": true, "google.protobuf.FloatValue": true, "google.protobuf.DoubleValue": true,
}

// zeroValue is the JSON of the part's default.
func (p *Part) zeroValue() []byte {
	if p.kind == Choice {
		if t := p.draft.service.Types[p.typeName]; t != nil && len(t.Values) > 0 {
			return quoteJSON(t.Values[0].Name)
		}
		return []byte("false")
	}
	if text, ok := examples[p.typeName]; ok {
		return []byte(text)
	}
	return []byte("null")
}

// Choices are the values of a Choice: true and false, or an enum's names.
func (p *Part) Choices() []string {
	if p.kind != Choice {
		return nil
	}
	t := p.draft.service.Types[p.typeName]
	if t == nil || len(t.Values) == 0 {
		return []string{"false", "true"}
	}
	names := make([]string, 0, len(t.Values))
	for _, v := range t.Values {
		names = append(names, v.Name)
	}
	return names
}

// Text is the part's value as a user edits it, what Set takes: a string without its quotes unless it has line breaks
// or controls or begins with a quote, anything else as JSON.
func (p *Part) Text() string {
	if p.kind == Message || p.kind == List || p.kind == Map {
		return ""
	}
	var text string
	if p.kind == Free || json.Unmarshal(p.raw, &text) != nil || p.raw == nil {
		return string(p.raw)
	}
	if strings.HasPrefix(text, `"`) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }) {
		return string(p.raw)
	}
	return text
}

// parse reads what a user typed as the part's JSON value. With an error the value stands for the text as it was typed.
func (p *Part) parse(text string) ([]byte, error) {
	switch {
	case p.kind == Free:
		if _, err := decode([]byte(text)); err != nil && strings.IndexAny(text, `{["`) == 0 {
			return quoteJSON(text), fmt.Errorf("it takes JSON: %w", err)
		} else if err != nil {
			return quoteJSON(text), nil
		}
		return []byte(text), nil
	case p.kind == Choice:
		return p.choice(strings.TrimSpace(text)), nil
	case numeric[p.typeName]:
		return number(strings.TrimSpace(text)), nil
	}
	if strings.HasPrefix(text, `"`) {
		var inner string
		if json.Unmarshal([]byte(text), &inner) == nil {
			return []byte(text), nil
		}
	}
	switch p.typeName {
	case "bytes", "google.protobuf.BytesValue":
		return binary(text)
	case "google.protobuf.Timestamp":
		return quoteJSON(moment(strings.TrimSpace(text))), nil
	case "google.protobuf.Duration":
		return quoteJSON(seconds(strings.TrimSpace(text))), nil
	}
	return quoteJSON(text), nil
}

// choice is true, false, an enum's name or its number.
func (p *Part) choice(text string) []byte {
	t := p.draft.service.Types[p.typeName]
	if t == nil || len(t.Values) == 0 {
		if text == "true" || text == "false" {
			return []byte(text)
		}
		return quoteJSON(text)
	}
	i := slices.IndexFunc(t.Values, func(v Value) bool { return strings.EqualFold(v.Name, text) })
	if i >= 0 {
		return quoteJSON(t.Values[i].Name)
	}
	return number(text)
}

// number is a JSON number, or a string of what is none, such as NaN.
func number(text string) []byte {
	var n json.Number
	if text != "null" && !strings.HasPrefix(text, `"`) && json.Unmarshal([]byte(text), &n) == nil {
		return []byte(text)
	}
	return quoteJSON(text)
}

// binary takes base64, or "text:…" and "hex:…".
func binary(text string) ([]byte, error) {
	if plain, ok := strings.CutPrefix(text, "text:"); ok {
		return quoteJSON(base64.StdEncoding.EncodeToString([]byte(plain))), nil
	}
	if digits, ok := strings.CutPrefix(text, "hex:"); ok {
		data, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
		if err != nil {
			return quoteJSON(text), fmt.Errorf("hex: %w", err)
		}
		return quoteJSON(base64.StdEncoding.EncodeToString(data)), nil
	}
	return quoteJSON(strings.TrimSpace(text)), nil
}

// moment takes RFC 3339, "now", and times from now such as "now+90m".
func moment(text string) string {
	offset, ok := strings.CutPrefix(text, "now")
	if !ok {
		return text
	}
	d := time.Duration(0)
	if offset = strings.ReplaceAll(offset, " ", ""); offset != "" {
		var err error
		if d, err = time.ParseDuration(offset); err != nil {
			return text
		}
	}
	return time.Now().Add(d).UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)
}

// seconds takes "1.5s", and Go's durations such as "2m30s".
func seconds(text string) string {
	d, err := time.ParseDuration(text)
	if err != nil {
		return text
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}

// quoteJSON writes a JSON string.
func quoteJSON(text string) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // this is no web page
	_ = encoder.Encode(text)     // a string always marshals
	return bytes.TrimRight(out.Bytes(), "\n")
}
