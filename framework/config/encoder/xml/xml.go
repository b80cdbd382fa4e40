// Package xml is XML 1.0 as a format of configuration. Start with [NewEncoder].
//
// The outermost element is the configuration, whatever its name; it is written as "config". Elements within are members:
//
//	<config>
//	  <db host="x"><port>5432</port></db>    "db": {"host": "x", "port": 5432}
//	  <server>a</server><server>b</server>   "server": ["a", "b"]
//	  <wait unit="s">5</wait>                "wait": {"unit": "s", "#text": 5}
//	</config>
//
// Attributes are read as elements are. Text beside attributes or elements is the member "#text", without the space around
// it; other text is kept as it is. Numbers as JSON writes them, true and false are read as such, other text as strings.
// Prefixes and xmlns attributes are left out, as are comments and processing instructions.
//
// XML knows less than JSON: null and empty lists are left out, a list of one is read as its element, an empty object as
// empty text, and the string "1" as a number. What cannot be written at all is an error: lists in lists, members whose
// name no element can have, control characters.
package xml

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/microtop/microtop/framework/config/encoder"
	"github.com/microtop/microtop/framework/config/encoder/internal/plain"
)

const (
	name = "xml"
	text = "#text"
)

type format struct{}

var _ encoder.Encoder = format{}

// NewEncoder returns the XML encoder. Structs have json tags. Text is UTF-8 and may have 4 MiB, 100 levels
// (framework/limits) and 100,000 values. Document types, and so entities of one's own, are refused.
func NewEncoder() encoder.Encoder { return format{} }

// String implements encoder.Encoder.
func (format) String() string { return name }

// Decode implements encoder.Encoder.
func (format) Decode(data []byte, v any) error {
	if err := plain.Text(name, data); err != nil {
		return err
	}
	tree, err := document(xml.NewDecoder(bytes.NewReader(data)))
	if err == nil {
		err = plain.Decode(tree, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// document reads the one element that XML text has.
func document(in *xml.Decoder) (any, error) {
	var tree any
	for budget := plain.NewBudget(); ; {
		token, err := in.Token()
		if errors.Is(err, io.EOF) && tree != nil {
			return tree, nil
		}
		if errors.Is(err, io.EOF) {
			return nil, errors.New("no element: write <config>…</config>")
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if tree != nil {
				return nil, fmt.Errorf("a second outermost element, <%s>", token.Name.Local)
			}
			if tree, err = element(in, token, budget, 0); err != nil {
				return nil, err
			}
			if tree == "" {
				tree = map[string]any{}
			}
		case xml.CharData:
			if len(bytes.TrimSpace(bytes.TrimPrefix(token, []byte("\ufeff")))) > 0 {
				return nil, errors.New("text outside of the outermost element")
			}
		case xml.Directive:
			return nil, errDirective
		}
	}
}

var errDirective = errors.New("document types (<!DOCTYPE …>) are not read: leave it out")

// element reads up to the end of an element that has begun.
func element(in *xml.Decoder, start xml.StartElement, b *plain.Budget, depth int) (any, error) {
	if err := b.Spend(len(start.Name.Local), depth); err != nil {
		return nil, err
	}
	members := map[string]any{}
	for _, a := range start.Attr {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
			continue
		}
		if err := b.Spend(len(a.Name.Local)+len(a.Value), depth+1); err != nil {
			return nil, err
		}
		add(members, a.Name.Local, scalar(a.Value))
	}
	var written strings.Builder
	for {
		token, err := in.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			value, err := element(in, token, b, depth+1)
			if err != nil {
				return nil, err
			}
			add(members, token.Name.Local, value)
		case xml.CharData:
			written.Write(token)
		case xml.Directive:
			return nil, errDirective
		case xml.EndElement:
			return whole(members, written.String()), nil
		}
	}
}

// whole is the value of an element with these members and this text.
func whole(members map[string]any, written string) any {
	if len(members) == 0 {
		return scalar(written)
	}
	if written = strings.TrimSpace(written); written != "" {
		members[text] = scalar(written)
	}
	return members
}

// add makes a list of members of one name.
func add(members map[string]any, key string, value any) {
	switch before := members[key].(type) {
	case nil:
		members[key] = value
	case []any:
		members[key] = append(before, value)
	default:
		members[key] = []any{before, value}
	}
}

// scalar reads text as the number or the boolean that it looks like.
func scalar(written string) any {
	switch {
	case written == "true", written == "false":
		return written == "true"
	case written != "" && strings.ContainsRune("-0123456789", rune(written[0])) &&
		strings.TrimSpace(written) == written && json.Valid([]byte(written)):
		return json.Number(written)
	default:
		return written
	}
}
