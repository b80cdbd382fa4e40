package invoke_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/microtop/microtop/introspect/invoke"
)

// FuzzAnswer: whatever a node answers can be shown and compared.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"b":1,"a":[1e400,null]}`, `{"a":1}{"b":2}`, "\x00", `"\xff"`, "[[[["} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		first := invoke.FirstValue(data)
		if !bytes.Contains(data, first) {
			t.Fatalf("%q is not a part of %q", first, data)
		}
		body := invoke.Canonical(first)
		if body == nil || json.Valid(first) && !json.Valid(body) {
			t.Fatalf("%q became %q", first, body)
		}
		if again := invoke.Canonical(body); !bytes.Equal(again, body) {
			t.Fatalf("%q, again %q", body, again)
		}
	})
}
