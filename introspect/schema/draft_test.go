package schema_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"

	debug "github.com/microtop/microtop/framework/debug/schema"
	"github.com/microtop/microtop/introspect/schema"
)

// every kind of field there is, and 300 more.
const torture = `
syntax = "proto3";
package x;
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
service S { rpc Do(All) returns (All); }
enum Alias { option allow_alias = true; ZERO = 0; NIL = 0; ONE = 1; }
message Leaf { string id = 1; Alias alias = 2; }
message Mid { Leaf leaf = 1; repeated Leaf leaves = 2; map<string, Leaf> named = 3; }
message All {
  double f_double = 1; float f_float = 2; int32 f_int32 = 3; int64 f_int64 = 4; uint32 f_uint32 = 5; uint64 f_uint64 = 6;
  sint32 f_sint32 = 7; sint64 f_sint64 = 8; fixed32 f_fixed32 = 9; fixed64 f_fixed64 = 10; sfixed32 f_sfixed32 = 11; sfixed64 f_sfixed64 = 12;
  bool f_bool = 13; string f_string = 14; bytes f_bytes = 15; Alias f_enum = 16; optional int32 f_optional = 17;
  Mid f_mid = 18; repeated int64 f_list = 19; map<int32, Mid> f_map = 20; map<bool, string> f_flags = 21;
  oneof pick { string o_text = 22; Leaf o_leaf = 23; google.protobuf.Empty o_empty = 24; }
  google.protobuf.Any w_any = 25; google.protobuf.Struct w_struct = 26; google.protobuf.FieldMask w_mask = 27;
  google.protobuf.Duration w_duration = 28; google.protobuf.Timestamp w_time = 29; google.protobuf.Value w_value = 30;
  google.protobuf.StringValue w_string = 31; google.protobuf.Int64Value w_int64 = 32; google.protobuf.BoolValue w_bool = 33;
  All again = 34; repeated All more = 35;
%s
}`

func tortured(t testing.TB) *schema.Service {
	t.Helper()
	var many strings.Builder
	for i := range 300 {
		fmt.Fprintf(&many, "  string extra_%d = %d;\n", i, 100+i)
	}
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{"x.proto": fmt.Sprintf(torture, &many)}),
	})}
	files, err := compiler.Compile(context.Background(), "x.proto")
	if err != nil {
		t.Fatal(err)
	}
	methods := protoreflect.FileDescriptor(files[0]).Services().Get(0).Methods()
	s, err := schema.FromDebug(debug.Describe([]debug.Endpoint{{Name: "S.Do", Method: methods.ByName("Do")}}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// filled sets every field of All by what a user would type.
func filled(t testing.TB, s *schema.Service) *schema.Draft {
	t.Helper()
	d := s.Draft("x.All")
	at := func(path string) *schema.Part {
		t.Helper()
		p := d.Find(path)
		if p == nil {
			t.Fatalf("no part %s", path)
		}
		return p
	}
	add := func(path, key string) {
		t.Helper()
		if _, err := d.Add(at(path), key); err != nil {
			t.Fatal(err)
		}
	}
	add("fList", "")
	add("fList", "")
	add("fMap", "-7")
	add("fFlags", "true")
	add("fMid.leaves", "")
	add("fMid.named", "a.b[c]")
	add("more", "")
	for path, text := range map[string]string{
		"fDouble": "-1.5e3", "fFloat": "NaN", "fInt32": "-2147483648", "fInt64": "-9223372036854775808", "fUint32": "4294967295", "fUint64": "18446744073709551615",
		"fSint32": "-1", "fSint64": "9007199254740993", "fFixed32": "1", "fFixed64": "2", "fSfixed32": "-3", "fSfixed64": "-4",
		"fBool": "true", "fString": `it's <"quoted"> & 漢字`, "fBytes": "text:hello", "fEnum": "one", "fOptional": "0",
		"fMid.leaf.id": "deep", "fMid.leaf.alias": "NIL", "fMid.leaves[0].id": "first", `fMid.named["a.b[c]"].id`: "mapped",
		"fList[0]": "9007199254740993", "fList[1]": "2", `fMap["-7"].leaf.id`: "three levels", `fFlags["true"]`: "yes",
		"oLeaf.id": "chosen", "wAny": `{"@type":"type.googleapis.com/x.Leaf","id":"any"}`, "wStruct": `{"a":[1,null,{"b":"c"}]}`,
		"wMask": "fString,fMid.leaf", "wDuration": "2m30s", "wTime": "2026-01-31T12:00:00Z", "wValue": "[1,2]",
		"wString": "", "wInt64": "9007199254740993", "wBool": "false", "again.again.fString": "recursion", "more[0].fInt32": "5", "extra299": "the last",
	} {
		p := at(path)
		d.Set(p, text)
		if p.Problem() != nil {
			t.Errorf("%s = %s: %v", path, text, p.Problem())
		}
	}
	return d
}

// Everything that the form can fill in travels as protobuf and comes back the same.
func TestEveryKindOfFieldRoundTrips(t *testing.T) {
	s := tortured(t)
	body := filled(t, s).JSON()
	if err := s.Validate("x.All", body); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	data, err := s.Encode("x.All", body)
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	back, err := s.Decode("x.All", data)
	if err != nil {
		t.Fatal(err)
	}
	d := s.Draft("x.All")
	if err := d.Load(back); err != nil {
		t.Fatal(err)
	}
	if problems := d.Problems(); len(problems) > 0 {
		t.Errorf("%s: %v", problems[0].Path(), problems[0].Problem())
	}
	again, err := s.Encode("x.All", d.JSON())
	if err != nil {
		t.Fatal(err)
	}
	final, err := s.Decode("x.All", again)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(back), string(final)); diff != "" {
		t.Error(diff)
	}
	for _, want := range []string{`"fMid":{"leaf":{"id":"deep"`, `"a.b[c]":{"id":"mapped"}`, `"wDuration":"150s"`, `"fBytes":"aGVsbG8="`, `"fOptional":0`, `"wString":""`, `"extra299":"the last"`} {
		if !strings.Contains(string(back), want) {
			t.Errorf("%s is not in %s", want, back)
		}
	}
}

// A draft says the same after its JSON was read again.
func TestADraftAndItsJSONStayInStep(t *testing.T) {
	s := tortured(t)
	body := filled(t, s).JSON()
	d := s.Draft("x.All")
	if err := d.Load(body); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(body), string(d.JSON())); diff != "" {
		t.Error(diff)
	}
}

func TestAFieldIsUnsetDefaultOrSet(t *testing.T) {
	s := tortured(t)
	d := s.Draft("x.All")
	p := d.Find("fOptional")
	if p.State() != schema.Unset || string(d.JSON()) != "{}" {
		t.Fatalf("%v %s", p.State(), d.JSON())
	}
	d.Default(p)
	if p.State() != schema.Default || !strings.Contains(string(d.JSON()), `"fOptional": 0`) {
		t.Errorf("%v %s", p.State(), d.JSON())
	}
	d.Set(p, "7")
	if p.State() != schema.Set {
		t.Error(p.State())
	}
	d.Unset(p)
	d.Default(d.Find("fMid"))
	if got := string(d.JSON()); !strings.Contains(got, `"fMid": {}`) || strings.Contains(got, "fOptional") {
		t.Error(got)
	}
	d.Set(d.Find("fMid.leaf.id"), "x")
	d.Unset(d.Find("fMid"))
	if got := string(d.JSON()); got != "{}" {
		t.Error(got)
	}
}

func TestOneMemberOfAOneofAtATime(t *testing.T) {
	s := tortured(t)
	d := s.Draft("x.All")
	d.Set(d.Find("oText"), "a")
	d.Set(d.Find("oLeaf.id"), "b")
	if d.Find("oText").State() != schema.Unset || d.Find("oLeaf").State() != schema.Set {
		t.Errorf("%s", d.JSON())
	}
	d.Default(d.Find("oEmpty"))
	if got := string(d.JSON()); strings.Contains(got, "oLeaf") || !strings.Contains(got, `"oEmpty": {}`) {
		t.Error(got)
	}
	if err := d.Load([]byte(`{"oText":"a","oLeaf":{}}`)); err != nil {
		t.Fatal(err)
	}
	if p := d.Find("oLeaf").Problem(); p == nil || !strings.Contains(p.Error(), "only one") {
		t.Error(p)
	}
}

func TestWhatDoesNotFitIsKeptAndNamed(t *testing.T) {
	s := tortured(t)
	d := s.Draft("x.All")
	body := `{"fInt32":"many","nope":[1],"fMid":7,"fList":"x","fMap":{"a":{}},"fEnum":"TWO"}`
	if err := d.Load([]byte(body)); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range d.Problems() {
		got[p.Path()] = p.Problem().Error()
	}
	for path, want := range map[string]string{"fInt32": "whole number", "nope": "no such field", "fMid": "an object", "fList": "a list", `fMap["a"]`: "key", "fEnum": "one of ZERO"} {
		if !strings.Contains(got[path], want) {
			t.Errorf("%s: %q, want %q", path, got[path], want)
		}
	}
	if !equalJSON(t, []byte(body), d.JSON()) {
		t.Errorf("%s", d.JSON())
	}
	for _, refused := range []string{`[1]`, `{`, `{"fInt32":1,"f_int32":2}`, `{"fMap":{"1":{},"1":{}}}`} {
		if err := d.Load([]byte(refused)); err == nil {
			t.Errorf("%s is read", refused)
		}
	}
	p := d.Find("fInt32")
	if d.Set(p, "12x"); p.Problem() == nil || p.Text() != "12x" {
		t.Errorf("%v %s", p.Problem(), p.Text())
	}
	for _, c := range []struct{ path, key string }{{"fMap", "x"}, {"fFlags", "maybe"}} {
		if _, err := d.Add(d.Find(c.path), c.key); err == nil {
			t.Errorf("%s takes %q", c.path, c.key)
		}
	}
}

func TestListsAndMapsGrowAndShrink(t *testing.T) {
	s := tortured(t)
	d := s.Draft("x.All")
	list := d.Find("fList")
	for i := range 3 {
		p, err := d.Add(list, "")
		if err != nil {
			t.Fatal(err)
		}
		d.Set(p, fmt.Sprint(i))
	}
	d.Unset(d.Find("fList[1]"))
	if got := d.Find("fList[1]"); got.Text() != "2" || len(list.Parts()) != 2 {
		t.Errorf("%s", d.JSON())
	}
	if _, err := d.Add(d.Find("fFlags"), "true"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Add(d.Find("fFlags"), "true"); err == nil {
		t.Error("the same key twice")
	}
	d.Unset(d.Root())
	if got := string(d.JSON()); got != "{}" {
		t.Error(got)
	}
}

func equalJSON(t testing.TB, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	return cmp.Equal(x, y)
}

// What a draft takes it writes again; validation finds fault with the same bodies.
func FuzzDraft(f *testing.F) {
	s := service(f)
	f.Add([]byte(`{"items":[{"id":"a"}],"byKey":{"k":{}},"bigNumber":"5"}`))
	f.Add([]byte(`{"":1,"[0]":2,"items":{},"pick":null}`))
	f.Add([]byte(`{"color":5,"again":{"again":{"name":"x"}},"raw":"!"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d := s.Draft("t.Req")
		if d.Load(body) != nil {
			return
		}
		text := d.JSON()
		if !json.Valid(text) {
			t.Fatalf("%q", text)
		}
		if len(d.Problems()) == 0 {
			if err := s.Validate("t.Req", text); err != nil {
				t.Fatalf("no problem with %s: %v", text, err)
			}
		}
		for _, p := range d.Problems() {
			if p.Path() == "" && p.Parent() != nil {
				t.Fatalf("%q has no path", p.Name())
			}
		}
		if d.Load(text) != nil || string(d.JSON()) != string(text) {
			t.Fatalf("%s becomes %s", text, d.JSON())
		}
	})
}
