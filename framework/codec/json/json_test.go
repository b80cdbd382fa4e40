package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/codectest"
	"github.com/microtop/microtop/framework/codec/json"
	debug "github.com/microtop/microtop/framework/debug/proto"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/typepb"
)

type order struct {
	ID    string `json:"id"`
	Total float64
}

func TestCodec(t *testing.T) {
	for name, caps := range map[string]codectest.Caps{
		"struct":   {Value: &order{"o1", 2.5}, Fresh: func() any { return new(order) }},
		"protobuf": {Value: &debug.Span{Trace: "t", Started: 1 << 63}, Fresh: func() any { return new(debug.Span) }},
	} {
		t.Run(name, func(t *testing.T) { codectest.Run(t, json.NewCodec, caps) })
	}
}

func write(t *testing.T, v any) string {
	t.Helper()
	conn := codec.NewBuffer(nil)
	if err := json.NewCodec(conn).Write(nil, v); err != nil {
		t.Fatal(err)
	}
	return string(conn.Bytes())
}

func TestEncoding(t *testing.T) {
	span := &debug.Span{
		Trace: "a<b", Started: 18446744073709551615, Type: debug.SpanType_OUTBOUND, Metadata: map[string]string{"b": "2", "a": "1"},
	}
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"html is escaped":               {order{"a<b", 2.5}, `{"id":"a\u003cb","Total":2.5}`},
		"a scalar":                      {"s1", `"s1"`},
		"a map":                         {map[string]any{"b": 1, "a": nil}, `{"a":null,"b":1}`},
		"protobuf: numbers as numbers":  {span, `{"trace":"a\u003cb","started":18446744073709551615,"metadata":{"a":"1","b":"2"},"type":1}`},
		"protobuf: names of the file":   {&debug.Field{JsonName: "x", MapKey: "y"}, `{"json_name":"x","map_key":"y"}`},
		"protobuf: bytes in base64":     {&debug.ProfileChunk{Data: []byte{1, 2, 3}}, `{"data":"AQID"}`},
		"protobuf: nothing":             {&debug.SchemaRequest{}, `{}`},
		"protobuf: a plain duration":    {&durationpb.Duration{Seconds: 1, Nanos: 2}, `{"seconds":1,"nanos":2}`},
		"dynamic: the same":             {dynamic(t, span), `{"trace":"a\u003cb","started":18446744073709551615,"metadata":{"a":"1","b":"2"},"type":1}`},
		"dynamic: nested and repeated":  {dynamic(t, &debug.TraceResponse{Spans: []*debug.Span{{Id: "1"}, {}}}), `{"spans":[{"id":"1"},{}]}`},
		"dynamic: bytes in base64":      {dynamic(t, &debug.ProfileChunk{Data: []byte{1, 2, 3}}), `{"data":"AQID"}`},
		"dynamic: a readable duration":  {dynamic(t, &durationpb.Duration{Seconds: 1}), `"1s"`},
		"dynamic: nothing":              {dynamic(t, &debug.Span{}), `{}`},
		"a raw frame has no line's end": {nil, ``},
	} {
		t.Run(name, func(t *testing.T) {
			want := c.want
			if c.value != nil {
				want += "\n"
			}
			if got := write(t, c.value); got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// dynamic returns m as a message whose type is only known by its descriptor.
func dynamic(t *testing.T, m proto.Message) proto.Message {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	d := dynamicpb.NewMessage(m.ProtoReflect().Descriptor())
	if err := proto.Unmarshal(data, d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestProtobufIsReadLeniently(t *testing.T) {
	want := &debug.Span{Trace: "t", Started: 12, Type: debug.SpanType_OUTBOUND}
	field := &debug.Field{JsonName: "x"}
	for text, want := range map[string]proto.Message{
		`{"trace":"t","started":12,"type":1}`:            want,
		`{"trace":"t","started":"12","type":"OUTBOUND"}`: want,
		` {"trace":"t","started":12,"type":1} junk}`:     want,
		`{"json_name":"x"}`:                              field,
		`{"jsonName":"x"}`:                               field,
	} {
		got := want.ProtoReflect().New().Interface()
		if err := (json.Marshaler{}).Unmarshal([]byte(text), got); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		into any
		want string
	}{
		"unknown field":         {`{"nome":"x"}`, &debug.Span{}, `unknown field "nome" in micro.debug.Span`},
		"nested unknown field":  {`{"spans":[{"id":"a"},{"nome":1}]}`, &debug.TraceResponse{}, `unknown field "nome" in micro.debug.Span`},
		"unknown field of many": {`{"options":[{"name":"x","nome":1}],"name":"y"}`, &typepb.Type{}, `unknown field "nome" in google.protobuf.Option`},
		"truncated":             {`{"name":12`, &debug.Span{}, "unexpected EOF"},
		"truncated string":      {`{"name":"12\"`, &order{}, "unexpected EOF"},
		"nothing":               {" \n", &order{}, "EOF"},
		"not JSON":              {"hello", &order{}, "invalid character 'h' looking for beginning of value"},
		"wrong bracket":         {`{"a":[1}]`, &order{}, "invalid character '}' after array element"},
		"a list for a message":  {`[]`, &debug.Span{}, "syntax error"},
		"null for a message":    {`null`, &debug.Span{}, "null"},
		"a number too large":    {`{"Total":1e999}`, &order{}, "cannot unmarshal number 1e999"},
		"nested too deep":       {strings.Repeat("[", 100_000), new(any), "json nested too deep: over 100 levels"},
		"a message too deep":    {strings.Repeat(`{"a":`, 101), &debug.Span{}, "json nested too deep: over 100 levels"},
	} {
		t.Run(name, func(t *testing.T) {
			err := json.NewCodec(codec.NewBuffer([]byte(c.text))).ReadBody(c.into)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if err := (json.Marshaler{}).Unmarshal(nil, new(any)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("nothing to unmarshal: %v", err)
	}
}

// stream is a connection whose bytes are not all in memory.
type stream struct {
	io.Reader
	io.Writer
}

func (stream) Close() error { return nil }

func TestStreamHoldsValueAfterValue(t *testing.T) {
	var out bytes.Buffer
	c := json.NewCodec(stream{strings.NewReader("{\"id\":\"1\"} {\"id\":\"2\"}\n{\"id\":"), &out})
	for _, want := range []string{"1", "2"} {
		var got order
		if err := c.ReadBody(&got); err != nil || got.ID != want {
			t.Errorf("got %v, %v, want %s", got, err, want)
		}
	}
	if err := c.ReadBody(new(order)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half a value: %v", err)
	}
	if err := c.Write(nil, order{ID: "3"}); err != nil || out.String() != "{\"id\":\"3\",\"Total\":0}\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '1'
	}
	return len(p), nil
}

func TestStreamIsBounded(t *testing.T) {
	if err := json.NewCodec(stream{endless{}, io.Discard}).ReadBody(new(any)); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("got %v", err)
	}
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"trace":"a","started":"12","type":"OUTBOUND"}`, `{"nome":1}`, `[[[]]] x`, `"\u00e9\"" {`, `-1e5,`, `nul`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = json.Marshaler{}.Unmarshal(data, new(debug.Span)) // it must not panic
		var got, want any
		err := json.Marshaler{}.Unmarshal(data, &got)
		wantErr := stdjson.NewDecoder(bytes.NewReader(data)).Decode(&want)
		if start := bytes.TrimLeft(data, " \t\r\n"); errors.Is(err, json.ErrDepth) || err != nil && len(start) > 0 && !bytes.ContainsAny(start[:1], `{["`) {
			return // stricter here: what touches a number or a word belongs to it
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%v, encoding/json's decoder says %v", err, wantErr)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
