package topics_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/codec/msgpack"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect/topics"
)

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func packed(t testing.TB, v any) string {
	t.Helper()
	out, err := msgpack.Marshaler{}.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestDecodings(t *testing.T) {
	r, b := registry.NewMemoryRegistry(), broker.NewMemoryBroker()
	mail(t, r, b)
	tail, err := topics.Follow(t.Context(), session(t, r, b), "orders", "plain")
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, tail)
	pack := packed(t, map[string]any{"id": "<o1>", "n": []any{1, -2, 2.5, nil, true}, "raw": []byte{0xff}})
	const packJSON = `{"id":"<o1>","n":[1,-2,2.5,null,true],"raw":"/w=="}`
	for _, tt := range []struct {
		name, topic, contentType, body string
		as                             topics.Decoding
		want                           string
		got                            topics.Decoding // how it was read; "" means not at all
		gzipped                        bool
	}{
		{"JSON", "orders", "application/json", ` {"id": 1} `, topics.Guess, `{"id": 1}`, topics.JSON, false},
		{"protobuf", "orders", "application/protobuf", "\x0a\x02o1", topics.Guess, `{"id":"o1"}`, topics.Protobuf, false},
		{"msgpack that says so", "orders", "application/x-msgpack", pack, topics.Guess, packJSON, topics.Msgpack, false},
		{"msgpack that says nothing", "plain", "", pack, topics.Guess, packJSON, topics.Msgpack, false},
		{"a number that msgpack has for 49", "plain", "application/msgpack", "1", topics.Guess, "49", topics.Msgpack, false},
		{"gzip of JSON", "plain", "application/json", gzipped(t, `{"a":1}`), topics.Guess, `{"a":1}`, topics.JSON, true},
		{"gzip of protobuf", "orders", "application/protobuf", gzipped(t, "\x0a\x02o1"), topics.Guess, `{"id":"o1"}`, topics.Protobuf, true},
		{"gzip of text", "plain", "", gzipped(t, `hello`), topics.Guess, `hello`, topics.Text, true},
		{"gzip of gzip", "plain", "", gzipped(t, gzipped(t, `hello`)), topics.Guess, gzipped(t, `hello`), topics.Hex, true},
		{"gzip that breaks off", "plain", "", gzipped(t, `hello`)[:15], topics.Guess, gzipped(t, `hello`)[:15], topics.Hex, false},
		{"a bomb", "plain", "", gzipped(t, strings.Repeat("x", 5<<20)), topics.Gzip, "more than 4 MB", "", false},
		{"text", "plain", "text/plain", "hello", topics.Guess, "hello", topics.Text, false},
		{"bytes", "plain", "text/plain", "\xff\xfe", topics.Guess, "\xff\xfe", topics.Hex, false},

		{"JSON as protobuf", "orders", "application/json", `{}`, topics.Protobuf, "no fleet.Event, which mail takes", "", false},
		{"protobuf that nobody tells", "plain", "application/protobuf", "\x0a\x02o1", topics.Protobuf, "no subscriber tells", "", false},
		{"protobuf as JSON", "orders", "application/protobuf", "\x0a\x02o1", topics.JSON, "not JSON", "", false},
		{"JSON as text", "orders", "application/json", ` {}`, topics.Text, ` {}`, topics.Text, false},
		{"JSON as hex", "orders", "application/json", `{}`, topics.Hex, "7b7d", topics.Hex, false},
		{"JSON as base64", "orders", "application/json", `{}`, topics.Base64, "e30=", topics.Base64, false},
		{"JSON as gzip", "orders", "application/json", `{}`, topics.Gzip, "not gzip", "", false},
		{"JSON as msgpack", "orders", "application/json", `{"`, topics.Msgpack, "decode msgpack", "", false},
		{"gzip unpacked", "plain", "", gzipped(t, `[1]`), topics.Gzip, `[1]`, topics.JSON, true},
	} {
		if err := b.Publish(tt.topic, &broker.Message{Header: map[string]string{"Content-Type": tt.contentType}, Body: []byte(tt.body)}); err != nil {
			t.Fatal(err)
		}
		got, err := next(t, tail).Read(tt.as)
		switch {
		case tt.got == "":
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %q, %v", tt.name, got.Text, err)
			}
		case err != nil || string(got.Text) != tt.want || got.As != tt.got || got.Gzipped != tt.gzipped:
			t.Errorf("%s: %q as %s, gzipped %t, %v", tt.name, got.Text, got.As, got.Gzipped, err)
		case got.JSON != json.Valid([]byte(tt.want)) && tt.as == topics.Guess:
			t.Errorf("%s: JSON is %t", tt.name, got.JSON)
		}
	}
}

func TestDecodingsHaveNames(t *testing.T) {
	for _, d := range topics.Decodings() {
		if got, err := topics.ParseDecoding(string(d)); got != d || err != nil {
			t.Errorf("%s: %s, %v", d, got, err)
		}
	}
	if _, err := topics.ParseDecoding("protobuff"); err == nil || !strings.Contains(err.Error(), "did you mean protobuf?") {
		t.Error(err)
	}
}

func FuzzDecodings(f *testing.F) {
	f.Add("", `{"a":1}`)
	f.Add("application/x-msgpack", packed(f, map[string]any{"a": 1}))
	f.Add("", gzipped(f, `{"a":1}`))
	f.Fuzz(func(t *testing.T, contentType, raw string) {
		m := &topics.Message{ContentType: contentType, Raw: []byte(raw)}
		for _, d := range topics.Decodings() {
			b, err := m.Read(d)
			if err == nil && b.JSON && !json.Valid(b.Text) {
				t.Errorf("%s of %q: %q is no JSON", d, raw, b.Text)
			}
			if d == topics.Guess && err != nil {
				t.Errorf("guess of %q: %v", raw, err)
			}
		}
	})
}
