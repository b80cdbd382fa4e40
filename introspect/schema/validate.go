package schema

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/microtop/microtop/introspect/nearest"
)

// maxDepth is the deepest nesting of a body.
const maxDepth = 100

// BodyError says what is wrong with a JSON body, and where. Nothing was sent.
type BodyError struct {
	// Path is the field's, as "items[2].price.units"; empty for the body itself.
	Path string
	// Line and Column are where the body stops being JSON, from 1; 0 where it is JSON.
	Line, Column int
	// Reason says what was expected.
	Reason string
}

// Error implements error.
func (e *BodyError) Error() string {
	switch {
	case e.Line > 0:
		return fmt.Sprintf("not JSON at line %d, column %d: %s", e.Line, e.Column, e.Reason)
	case e.Path != "":
		return e.Path + ": " + e.Reason
	default:
		return e.Reason
	}
}

// Validate checks that a JSON body fits the type: known fields, right kinds of values. A body that is empty or white
// space fits everything. Types that are unknown or partial take what they are given.
func (s *Service) Validate(typeName string, body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	v, err := decode(body)
	if err != nil {
		return err
	}
	return s.check(typeName, v, "")
}

// object keeps the order of its members, and those given twice.
type object []member

type member struct {
	key   string
	value any
}

func decode(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	v, err := decodeValue(d, 0)
	if err == nil {
		if _, trailing := d.Token(); trailing == nil {
			err = errors.New("there is more after the first value")
		} else if !errors.Is(trailing, io.EOF) {
			err = trailing
		}
	}
	if err == nil {
		return v, nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends too soon")
	}
	offset := d.InputOffset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = max(syntax.Offset, offset)
	}
	before := body[:min(offset, int64(len(body)))]
	return nil, &BodyError{
		Line:   bytes.Count(before, []byte{'\n'}) + 1,
		Column: len(before) - bytes.LastIndexByte(before, '\n'),
		Reason: err.Error(),
	}
}

func decodeValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if delim == '[' {
		list := []any{}
		for d.More() {
			v, err := decodeValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	}
	members := object{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := decodeValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		name, _ := key.(string) // the decoder lets no other key pass
		members = append(members, member{name, v})
	}
	_, err = d.Token()
	return members, err
}

func (s *Service) check(typeName string, v any, path string) error {
	if v == nil || typeName == "" {
		return nil // null leaves a field unset; an unknown type takes everything
	}
	if expect, ok := wellKnown[typeName]; ok {
		return expect(v, path)
	}
	t := s.Types[typeName]
	switch {
	case t == nil || t.Unknown():
		return nil
	case len(t.Values) > 0:
		return checkEnum(t, v, path)
	}
	members, ok := v.(object)
	if !ok {
		return wrong(path, "an object ("+typeName+")", v)
	}
	return s.checkMessage(t, members, path)
}

func (s *Service) checkMessage(t *Type, members object, path string) error {
	seen := map[string]string{}
	for _, m := range members {
		f := t.field(m.key)
		if f == nil {
			if t.Partial {
				continue
			}
			return unknownField(t, m.key, path)
		}
		at := join(path, m.key)
		if m.value != nil {
			for _, slot := range []string{f.Name, f.Oneof} {
				if before, twice := seen[slot]; twice && slot != "" {
					return &BodyError{Path: at, Reason: fmt.Sprintf("%s is set already: only one of them may be", before)}
				}
				seen[slot] = m.key
			}
		}
		if err := s.checkField(f, m.value, at); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) checkField(f *Field, v any, path string) error {
	switch {
	case v == nil:
		return nil
	case f.MapKey != "":
		members, ok := v.(object)
		if !ok {
			return wrong(path, "an object ("+f.Shown()+")", v)
		}
		for _, m := range members {
			if err := s.check(f.Type, m.value, path+"["+strconv.Quote(m.key)+"]"); err != nil {
				return err
			}
		}
		return nil
	case f.Repeated:
		list, ok := v.([]any)
		if !ok {
			return wrong(path, "a list ("+f.Shown()+")", v)
		}
		for i, element := range list {
			if err := s.check(f.Type, element, path+"["+strconv.Itoa(i)+"]"); err != nil {
				return err
			}
		}
		return nil
	default:
		return s.check(f.Type, v, path)
	}
}

// field finds a field by its JSON name or, for protobuf, its proto name; Go structs take any letter case.
func (t *Type) field(name string) *Field {
	for _, f := range t.Fields {
		if f.JSONName == name || t.Protobuf && f.Name == name || !t.Protobuf && strings.EqualFold(f.JSONName, name) {
			return f
		}
	}
	return nil
}

func unknownField(t *Type, name, path string) error {
	known := make([]string, 0, len(t.Fields))
	for _, f := range t.Fields {
		known = append(known, f.JSONName)
	}
	reason := fmt.Sprintf("%s has no such field: it has none at all", t.Name)
	if names := nearest.Names(name, known); len(names) > 0 {
		reason = fmt.Sprintf("%s has no such field: did you mean %s?", t.Name, strings.Join(names, " or "))
	} else if len(known) > 0 {
		slices.Sort(known)
		reason = fmt.Sprintf("%s has no such field: it has %s", t.Name, strings.Join(known, ", "))
	}
	return &BodyError{Path: join(path, name), Reason: reason}
}

func checkEnum(t *Type, v any, path string) error {
	names := make([]string, 0, len(t.Values))
	for _, value := range t.Values {
		if v == value.Name || v == json.Number(strconv.Itoa(int(value.Number))) {
			return nil
		}
		names = append(names, value.Name)
	}
	if n, ok := v.(json.Number); ok && isInteger(n.String(), 32, true) {
		return nil // an open enum takes numbers without a name
	}
	return wrong(path, "one of "+strings.Join(names, ", "), v)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func wrong(path, want string, got any) error {
	return &BodyError{Path: path, Reason: fmt.Sprintf("expected %s, got %s", want, shown(got))}
}

func shown(v any) string {
	switch v := v.(type) {
	case object:
		return "an object"
	case []any:
		return "a list"
	case string:
		if len(v) > 40 {
			v = v[:40] + "…"
		}
		return strconv.Quote(v)
	default:
		return fmt.Sprint(v)
	}
}

// wellKnown checks the values of scalars and of types whose JSON is not an object of their fields.
var wellKnown = map[string]func(v any, path string) error{
	"string": aString, "bool": aBool, "bytes": aBytes,
	"int32": integer(32, true), "sint32": integer(32, true), "sfixed32": integer(32, true),
	"uint32": integer(32, false), "fixed32": integer(32, false),
	"int64": integer(64, true), "sint64": integer(64, true), "sfixed64": integer(64, true),
	"uint64": integer(64, false), "fixed64": integer(64, false),
	"float": aNumber, "double": aNumber,
	"google.protobuf.Timestamp": aTimestamp, "google.protobuf.Duration": aDuration, "google.protobuf.FieldMask": aString,
	"google.protobuf.Struct": anObject, "google.protobuf.Any": anObject, "google.protobuf.Empty": anObject,
	"google.protobuf.Value": anything, "google.protobuf.ListValue": aList,
	"google.protobuf.StringValue": aString, "google.protobuf.BytesValue": aBytes, "google.protobuf.BoolValue": aBool,
	"google.protobuf.Int32Value": integer(32, true), "google.protobuf.Int64Value": integer(64, true),
	"google.protobuf.UInt32Value": integer(32, false), "google.protobuf.UInt64Value": integer(64, false),
	"google.protobuf.FloatValue": aNumber, "google.protobuf.DoubleValue": aNumber,
}

func anything(any, string) error { return nil }

func aString(v any, path string) error { return must[string](v, path, "a string") }

func aBool(v any, path string) error { return must[bool](v, path, "true or false") }

func anObject(v any, path string) error { return must[object](v, path, "an object") }

func aList(v any, path string) error { return must[[]any](v, path, "a list") }

func must[T any](v any, path, want string) error {
	if _, ok := v.(T); !ok {
		return wrong(path, want, v)
	}
	return nil
}

func aBytes(v any, path string) error {
	text, ok := v.(string)
	text = strings.TrimRight(text, "=")
	if ok {
		_, standard := base64.RawStdEncoding.DecodeString(text)
		_, forURLs := base64.RawURLEncoding.DecodeString(text)
		ok = standard == nil || forURLs == nil
	}
	if !ok {
		return wrong(path, "base64 text", v)
	}
	return nil
}

func aTimestamp(v any, path string) error {
	text, _ := v.(string)
	if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
		return wrong(path, `a time such as "2026-01-31T12:00:00Z"`, v)
	}
	return nil
}

func aDuration(v any, path string) error {
	text, _ := v.(string)
	number, isSeconds := strings.CutSuffix(text, "s")
	if _, err := strconv.ParseFloat(number, 64); !isSeconds || err != nil {
		return wrong(path, `seconds such as "1.5s"`, v)
	}
	return nil
}

func aNumber(v any, path string) error {
	switch v := v.(type) {
	case json.Number:
		return nil
	case string:
		if _, err := strconv.ParseFloat(v, 64); err == nil || slices.Contains([]string{"NaN", "Infinity", "-Infinity"}, v) {
			return nil
		}
	}
	return wrong(path, "a number", v)
}

func integer(bits int, signed bool) func(any, string) error {
	want := fmt.Sprintf("a whole number of %d bits", bits)
	if !signed {
		want += ", not negative"
	}
	return func(v any, path string) error {
		var text string
		switch v := v.(type) {
		case json.Number:
			text = v.String()
		case string:
			text = v
		}
		if !isInteger(text, bits, signed) {
			return wrong(path, want, v)
		}
		return nil
	}
}

// isInteger also takes 1e3 and 5.0, as the protobuf JSON mapping does.
func isInteger(text string, bits int, signed bool) bool {
	if len(text) > 40 {
		return false
	}
	if _, exponent, ok := strings.Cut(strings.ToLower(text), "e"); ok {
		if n, err := strconv.Atoi(exponent); err != nil || n > 40 || n < -40 {
			return false
		}
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || !r.IsInt() {
		return false
	}
	if signed {
		return r.Num().IsInt64() && fits(r.Num().Int64(), bits)
	}
	return r.Num().IsUint64() && (bits == 64 || r.Num().Uint64()>>bits == 0)
}

func fits(n int64, bits int) bool { return bits == 64 || n>>(bits-1) == 0 || n>>(bits-1) == -1 }
