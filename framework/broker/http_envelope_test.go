package broker

import (
	stdjson "encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/codec/json"
)

// What is written here is what the codec writes, and what is read here is what it reads.
func FuzzEnvelope(f *testing.F) {
	f.Add("Content-Type", "application/json", []byte("hi"), []byte(`{"Header":{"Micro-Topic":"t"},"Body":"aGk="}`))
	f.Add("", "\x00<é\"\\", []byte{}, []byte(`{"Header":{"a":"1","a":"2"},"Body":""}`+"\n"))
	f.Add("k", "v", []byte{0xff, 0}, []byte(`{"Header":{"a":"1",},"Body":"?"}`))
	f.Add("k", "v", []byte{1}, []byte(`{"Header":{},"Body":"aGk"}`))
	f.Fuzz(func(t *testing.T, key, value string, body, text []byte) {
		m := Message{Header: map[string]string{key: value, "Micro-Topic": "t"}, Body: body}
		if got, ok := appendEnvelope(nil, m); ok {
			want, err := json.Marshaler{}.Marshal(m)
			if err != nil || string(got) != string(want) {
				t.Fatalf("%q, want %q, %v", got, want, err)
			}
			var back Message
			if !parseEnvelope(got, &back, -1) {
				t.Fatalf("%q is not read", got)
			}
			if diff := cmp.Diff(m, back); diff != "" && len(m.Body) > 0 {
				t.Fatal(diff)
			}
		}
		var fast, slow Message
		if !parseEnvelope(text, &fast, 100) {
			return
		}
		if err := stdjson.Unmarshal(text, &slow); err != nil {
			t.Fatalf("%q is read, but is not JSON: %v", text, err)
		}
		if diff := cmp.Diff(slow, fast); diff != "" {
			t.Fatalf("%q (-encoding/json +here):\n%s", text, diff)
		}
	})
}
