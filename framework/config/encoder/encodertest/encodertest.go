// Package encodertest holds the rules that every format of configuration keeps. Start with [Run].
package encodertest

import (
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/config/encoder"
	"github.com/microtop/microtop/framework/config/reader"
	readerjson "github.com/microtop/microtop/framework/config/reader/json"
	"github.com/microtop/microtop/framework/config/source"
	"github.com/microtop/microtop/framework/limits"
)

// Caps says what a format can hold, and what is hostile in it.
type Caps struct {
	// Null is false for a format without it.
	Null bool
	// Untyped formats have text only: numbers and booleans are read where text looks like one.
	Untyped bool
	// Lists is false for a format in which a list of fewer than two elements is no list.
	Lists bool
	// Broken is text that is not of the format. Most is text that is too long but for that right, Deep nests deeper than
	// 100 levels. Hostile is what else must be refused.
	Broken, Most, Deep string
	Hostile            map[string]string
}

// Run checks every rule.
func Run(t *testing.T, e encoder.Encoder, caps Caps) {
	for _, rule := range []struct {
		name  string
		check func(*testing.T, encoder.Encoder, Caps)
	}{
		{"what is written is read", roundTrip},
		{"structs have json tags", tags},
		{"whole numbers keep their digits", digits},
		{"broken text is an error that names the format", broken},
		{"text over the limit is refused", long},
		{"deep and hostile text is refused within a second", hostile},
		{"the reader takes it", read},
		{"it may be used from many goroutines", concurrent},
	} {
		t.Run(rule.name, func(t *testing.T) { rule.check(t, e, caps) })
	}
}

// values are what every format can hold.
func values(caps Caps) map[string]any {
	all := map[string]any{
		"text": "x", "empty": "", "quotes": `a"b'c\d`, "lines": "one\ntwo\n", "unicode": "é✓𝄞", "markup": "<a href=\"x\">&amp;</a> ]]>", "spaces": "  x ",
		"number": json.Number("5432"), "negative": json.Number("-1"), "yes": true, "no": false, "colon": "a: b", "hash": "a # b",
		"object": map[string]any{"inner": map[string]any{"list": []any{"a", "b", json.Number("1")}}},
		"tables": []any{map[string]any{"a": json.Number("1")}, map[string]any{"a": json.Number("2")}}, "dollar": "a${b}c",
	}
	if !caps.Untyped {
		maps.Copy(all, map[string]any{"digits": "5432", "word": "true", "null-word": "null", "fraction": json.Number("1.5"), "date": "2026-01-02"})
	}
	if caps.Lists {
		maps.Copy(all, map[string]any{"one": []any{"a"}, "none": []any{}, "lists": []any{[]any{"a"}, []any{"b", "c"}}})
	}
	if caps.Null {
		all["null"] = nil
	}
	return all
}

func encode(t *testing.T, e encoder.Encoder, v any) []byte {
	t.Helper()
	text, err := e.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func roundTrip(t *testing.T, e encoder.Encoder, caps Caps) {
	for name, value := range values(caps) {
		want := map[string]any{name: value, "beside": "x"}
		var got map[string]any
		text := encode(t, e, want)
		err := e.Decode(text, &got)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s\n%s", name, err, text, diff)
		}
	}
}

type settings struct {
	Host    string            `json:"db_host"`
	Port    int               `json:"port"`
	TLS     bool              `json:"tls"`
	Labels  map[string]string `json:"labels"`
	Servers []string          `json:"servers"`
	Unset   string            `json:"unset,omitempty"`
}

func tags(t *testing.T, e encoder.Encoder, _ Caps) {
	want := settings{Host: "x", Port: 1, TLS: true, Labels: map[string]string{"k": "v"}, Servers: []string{"a", "b"}}
	text := encode(t, e, want)
	var got settings
	err := e.Decode(text, &got)
	if diff := cmp.Diff(want, got); err != nil || diff != "" || !strings.Contains(string(text), "db_host") {
		t.Errorf("%v\n%s\n%s", err, text, diff)
	}
}

func digits(t *testing.T, e encoder.Encoder, _ Caps) {
	want := map[string]any{"n": json.Number("9007199254740993")}
	var got map[string]any
	if err := e.Decode(encode(t, e, want), &got); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("%v, %v", got, err)
	}
}

func broken(t *testing.T, e encoder.Encoder, caps Caps) {
	var got map[string]any
	if err := e.Decode([]byte(caps.Broken), &got); err == nil || !strings.Contains(err.Error(), e.String()) {
		t.Errorf("%v, read as %v", err, got)
	}
	if _, err := e.Encode(map[string]any{"f": func() {}}); err == nil {
		t.Error("a function was written")
	}
}

func long(t *testing.T, e encoder.Encoder, caps Caps) {
	if len(caps.Most) <= limits.Default().MessageBytes {
		t.Fatalf("Most has %d bytes", len(caps.Most))
	}
	var got map[string]any
	if err := e.Decode([]byte(caps.Most), &got); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("%v", err)
	}
}

func hostile(t *testing.T, e encoder.Encoder, caps Caps) {
	all := map[string]string{"deep": caps.Deep}
	maps.Copy(all, caps.Hostile)
	for name, text := range all {
		var got map[string]any
		began := time.Now()
		if err := e.Decode([]byte(text), &got); err == nil {
			t.Errorf("%s: read", name)
		}
		if took := time.Since(began); took > 3*time.Second { // a busy machine takes a few times as long
			t.Errorf("%s: %v for %d bytes", name, took, len(text))
		}
	}
}

func read(t *testing.T, e encoder.Encoder, caps Caps) {
	r := readerjson.NewReader(reader.WithEncoder(e))
	set := &source.ChangeSet{Data: encode(t, e, values(caps)), Format: e.String()}
	merged, err := r.Merge(set)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Values(merged)
	if err != nil || got.Get("object", "inner", "list").StringSlice(nil)[1] != "b" || got.Get("number").Int(0) != 5432 {
		t.Errorf("%s, %v", merged.Data, err)
	}
}

func concurrent(t *testing.T, e encoder.Encoder, caps Caps) {
	all := values(caps)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 20 {
				var got map[string]any
				text, err := e.Encode(all)
				if err != nil || e.Decode(text, &got) != nil {
					t.Errorf("%v: %s", err, text)
				}
			}
		})
	}
	group.Wait()
}

// Fuzz holds any text against what an encoder promises: what is read is bounded, can be written if the format can hold
// it, and is then read as the same.
func Fuzz(t *testing.T, e encoder.Encoder, text []byte) {
	var first map[string]any
	if err := e.Decode(text, &first); err != nil {
		return
	}
	raw, err := json.Marshal(first)
	if err != nil {
		t.Fatalf("%q: JSON cannot hold %v: %v", text, first, err)
	}
	if len(raw) > 6*limits.Default().MessageBytes+100 {
		t.Fatalf("%d bytes became %d", len(text), len(raw))
	}
	again, err := e.Encode(first)
	if err != nil {
		return
	}
	var second map[string]any
	if err := e.Decode(again, &second); err != nil {
		t.Fatalf("%q was read as %s, written as %q, and then: %v", text, raw, again, err)
	}
}
