package xml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/microtop/microtop/framework/config/encoder/internal/plain"
)

// Encode implements encoder.Encoder. What it writes is an object.
func (format) Encode(v any) ([]byte, error) {
	tree, err := plain.Tree(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	object, ok := tree.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: it holds objects only, not %T", name, v)
	}
	var out bytes.Buffer
	if err := write(&out, "config", object, 0); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out.Bytes(), nil
}

// write writes a member: nothing for null, an element for each of a list.
func write(out *bytes.Buffer, key string, value any, depth int) error {
	list, ok := value.([]any)
	if !ok {
		return one(out, key, value, depth)
	}
	for _, value := range list {
		switch value.(type) {
		case nil:
			return fmt.Errorf("%q: no null in a list", key)
		case []any:
			return fmt.Errorf("%q: no list in a list", key)
		}
		if err := one(out, key, value, depth); err != nil {
			return err
		}
	}
	return nil
}

func one(out *bytes.Buffer, key string, value any, depth int) error {
	if value == nil {
		return nil
	}
	if !named(key) {
		return fmt.Errorf("no element can have the name %q", key)
	}
	indent := strings.Repeat("  ", depth)
	fmt.Fprintf(out, "%s<%s>", indent, key)
	if object, ok := value.(map[string]any); !ok {
		if err := characters(out, value); err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
	} else if len(object) > 0 {
		if err := members(out, object, depth); err != nil {
			return err
		}
		out.WriteString(indent)
	}
	fmt.Fprintf(out, "</%s>\n", key)
	return nil
}

func members(out *bytes.Buffer, object map[string]any, depth int) error {
	if value, ok := object[text]; ok {
		if err := characters(out, value); err != nil {
			return fmt.Errorf("%q: %w", text, err)
		}
	}
	out.WriteByte('\n')
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if key == text {
			continue
		}
		if err := write(out, key, object[key], depth+1); err != nil {
			return err
		}
	}
	return nil
}

// named reports whether an element may have the name, and is read by it.
func named(key string) bool {
	token, err := xml.NewDecoder(strings.NewReader("<" + key + "/>")).Token()
	start, ok := token.(xml.StartElement)
	return err == nil && ok && start.Name.Local == key
}

// characters writes a value that is text.
func characters(out *bytes.Buffer, value any) error {
	switch value.(type) {
	case nil:
		return nil
	case map[string]any, []any:
		return errors.New("text is needed here")
	}
	written := fmt.Sprint(value)
	if i := strings.IndexFunc(written, forbidden); i >= 0 {
		r, _ := utf8.DecodeRuneInString(written[i:])
		return fmt.Errorf("XML has no character %U", r)
	}
	return xml.EscapeText(out, []byte(written))
}

// forbidden are the characters that XML 1.0 leaves out (section 2.2).
func forbidden(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\ufffe' || r == '\uffff'
}
