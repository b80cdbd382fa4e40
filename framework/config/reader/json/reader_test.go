package json_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/config/reader"
	"github.com/microtop/microtop/framework/config/reader/json"
	"github.com/microtop/microtop/framework/config/source"
)

func set(text string) *source.ChangeSet {
	return &source.ChangeSet{Data: []byte(text), Format: "json", Source: "test"}
}

func values(t *testing.T, text string) reader.Values {
	t.Helper()
	v, err := json.NewReader().Values(set(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		name string
		sets []string
		want string
	}{
		{"nothing", nil, `{}`},
		{"objects are merged", []string{`{"a":{"x":1}}`, `{"a":{"y":2}}`}, `{"a":{"x":1,"y":2}}`},
		{"the later wins", []string{`{"a":1}`, `{"a":2}`}, `{"a":2}`},
		{"also when it is empty", []string{`{"a":1,"b":true,"c":"x"}`, `{"a":0,"b":false,"c":""}`}, `{"a":0,"b":false,"c":""}`},
		{"lists are replaced", []string{`{"a":[1,2]}`, `{"a":[3]}`}, `{"a":[3]}`},
		{"an object takes a value's place", []string{`{"a":1}`, `{"a":{"b":1}}`}, `{"a":{"b":1}}`},
		{"large numbers keep their digits", []string{`{"a":9007199254740993}`}, `{"a":9007199254740993}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sets []*source.ChangeSet
			for _, text := range c.sets {
				sets = append(sets, set(text), nil, set(""))
			}
			got, err := json.NewReader().Merge(sets...)
			if err != nil || string(got.Data) != c.want || got.Format != "json" || got.Checksum != got.Sum() {
				t.Errorf("%+v, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestMergeRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"text that is no JSON", `{"a"`, "source test"},
		{"a list", `[1]`, "object"},
		{"more after the end", `{} {}`, "after the end"},
		{"deep nesting", `{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}", "deeper"},
		{"many values", `{"a":[` + strings.Repeat("0,", 100_000) + "0]}", "values"},
		{"long text", `{"a":"` + strings.Repeat("x", 5<<20) + `"}`, "bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := json.NewReader().Merge(set(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q in it", err, c.want)
			}
		})
	}
	_, err := json.NewReader().Merge(&source.ChangeSet{Data: []byte("a: 1"), Format: "yaml"})
	if err == nil || !strings.Contains(err.Error(), "WithEncoder") {
		t.Errorf("an unknown format: %v", err)
	}
}

func TestA254_ValuesByPath(t *testing.T) {
	v := values(t, `{"a":{"b":true,"n":"12","f":1.5,"d":"3s","ns":1000,"l":["x",1],"c":"x,y","m":{"k":"v","n":1}},"big":1e400}`)
	at := func(name string) reader.Value { return v.Get("a", name) }
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"bool", at("b").Bool(false), true},
		{"int of text", at("n").Int(0), 12},
		{"int of a fraction", at("f").Int(0), 1},
		{"int of a bool", at("b").Int(7), 7},
		{"int out of range", v.Get("big").Int(7), 7},
		{"float", at("f").Float64(0), 1.5},
		{"string", at("n").String(""), "12"},
		{"string of a number", at("f").String(""), "1.5"},
		{"string of an object", at("m").String("no"), "no"},
		{"duration", at("d").Duration(0), 3 * time.Second},
		{"duration in nanoseconds", at("ns").Duration(0), time.Microsecond},
		{"list", at("l").StringSlice(nil), []string{"x", "1"}},
		{"list of text", at("c").StringSlice(nil), []string{"x", "y"}},
		{"map", at("m").StringMap(nil), map[string]string{"k": "v", "n": "1"}},
		{"bytes of text", string(at("d").Bytes()), "3s"},
		{"bytes of nothing", string(at("none").Bytes()), "null"},
		{"nothing", v.Get("a", "b", "c").String("fallback"), "fallback"},
		{"out of range in a map", v.Map()["big"], math.Inf(1)},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	var m struct{ K string }
	if err := at("m").Scan(&m); err != nil || m.K != "v" {
		t.Errorf("%+v, %v", m, err)
	}
	v.Set(func() {}, "a")
	if at("n").Int(0) != 12 {
		t.Error("what JSON cannot hold was set")
	}
	v.Del()
	if string(v.Bytes()) != "{}" {
		t.Errorf("after Del: %s", v.Bytes())
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("TEST_SECRET", `a"b\`)
	t.Setenv("TEST_NESTED", "${TEST_SECRET}")
	v := values(t, `{"s":"x${TEST_SECRET}y","none":"${TEST_UNSET}","nested":"${TEST_NESTED}"}`)
	want := map[string]any{"s": `xa"b\y`, "none": "", "nested": "${TEST_SECRET}"}
	if diff := cmp.Diff(want, v.Map()); diff != "" {
		t.Error(diff)
	}
	t.Setenv("TEST_LONG", strings.Repeat("x", 100_000))
	if _, err := reader.ReplaceEnvVars([]byte(strings.Repeat("${TEST_LONG}", 100))); err == nil {
		t.Error("a bomb was let through")
	}
}

func FuzzMerge(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"a":{"b":[1,"x",null,true,1e400]}}`, `[`, `{"a":"${HOME}"}`, `null`, strings.Repeat(`{"a":`, 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := json.NewReader()
		once, err := r.Merge(set(text))
		if err != nil {
			return
		}
		if len(once.Data) > 6*len(text)+2 {
			t.Errorf("%d bytes became %d", len(text), len(once.Data))
		}
		twice, err := r.Merge(once, once)
		if err != nil || string(twice.Data) != string(once.Data) {
			t.Errorf("%q became %q, %v", once.Data, twice.Data, err)
		}
	})
}

func ExampleNewReader() {
	r := json.NewReader()
	merged, err := r.Merge(set(`{"db":{"host":"a","port":1}}`), set(`{"db":{"host":"b"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(merged.Data))
	// Output: {"db":{"host":"b","port":1}}
}
