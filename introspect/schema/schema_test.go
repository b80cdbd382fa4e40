package schema_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/microtop/microtop/framework/debug/proto"
	debug "github.com/microtop/microtop/framework/debug/schema"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect/schema"
)

const source = `
syntax = "proto3";
package t;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
service S { rpc Do(Req) returns (Rsp); rpc Watch(Req) returns (stream Rsp); }
enum Color { RED = 0; BLUE = 5; }
message Req {
  string name = 1; int64 big_number = 2; repeated Item items = 3; map<string, Item> by_key = 4; Color color = 5;
  oneof pick { uint32 count = 6; Item item = 7; }
  bytes raw = 8; google.protobuf.Timestamp at = 9; google.protobuf.Duration wait = 10; Req again = 11; double ratio = 12; bool ok = 13;
}
message Item { string id = 1; optional int32 size = 2; repeated Item parts = 3; }
message Rsp { string text = 1; }
`

func service(t testing.TB) *schema.Service {
	t.Helper()
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{"t.proto": source}),
	})}
	files, err := compiler.Compile(context.Background(), "t.proto")
	if err != nil {
		t.Fatal(err)
	}
	methods := protoreflect.FileDescriptor(files[0]).Services().Get(0).Methods()
	answer := debug.Describe([]debug.Endpoint{
		{Name: "S.Do", Method: methods.ByName("Do")},
		{Name: "S.Watch", Method: methods.ByName("Watch"), Stream: true},
	})
	s, err := schema.FromDebug(answer)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTemplateIsValidAndRoundTrips(t *testing.T) {
	s := service(t)
	template := s.Template("t.Req")
	if err := s.Validate("t.Req", template); err != nil {
		t.Fatalf("%v in\n%s", err, template)
	}
	for _, want := range []string{`"bigNumber": 0`, `"color": "RED"`, `"count": 0`, `"again": {}`, `"items": []`, `"byKey": {}`} {
		if !strings.Contains(string(template), want) {
			t.Errorf("the template lacks %s:\n%s", want, template)
		}
	}
	if strings.Contains(string(template), `"item"`) {
		t.Errorf("the template sets two members of a oneof:\n%s", template)
	}
	if _, err := s.Encode("t.Req", template); err != nil {
		t.Error(err)
	}
}

func TestEncodeDecode(t *testing.T) {
	s := service(t)
	body := `{"name":"<a>","bigNumber":"9007199254740993","items":[{"id":"1","size":0}],"byKey":{"k":{"id":"2"}},"color":"BLUE","item":{"id":"3"},"raw":"AAEC","at":"2026-01-02T03:04:05.000000006Z","wait":"1.500s"}`
	if err := s.Validate("t.Req", []byte(body)); err != nil {
		t.Fatal(err)
	}
	data, err := s.Encode("t.Req", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Decode("t.Req", data)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if json.Unmarshal(got, &a) != nil || json.Unmarshal([]byte(body), &b) != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("got  %s\nwant %s", got, body)
	}
}

func TestValidate(t *testing.T) {
	s := service(t)
	for _, c := range []struct{ body, want string }{
		{``, ``},
		{`{}`, ``},
		{`null`, ``},
		{`{"big_number": 5}`, ``},
		{`{"bigNumber": "5"}`, ``},
		{`{"color": 5}`, ``},
		{`{"color": 99}`, ``},
		{`{"item": null, "count": 1}`, ``},
		{`{"ratio": "NaN"}`, ``},
		{`{"bigNumber": 1e3}`, ``},
		{`{"nome": 1}`, `nome: t.Req has no such field: did you mean name?`},
		{`{"items": [{"id": "a"}, {"idd": "b"}]}`, `items[1].idd: t.Item has no such field: did you mean id?`},
		{`{"byKey": {"k": {"size": "big"}}}`, `byKey["k"].size: expected a whole number of 32 bits, got "big"`},
		{`{"byKey": {"k": {"size": 3000000000}}}`, `byKey["k"].size: expected a whole number of 32 bits, got 3000000000`},
		{`{"count": -1}`, `count: expected a whole number of 32 bits, not negative, got -1`},
		{`{"bigNumber": 9223372036854775808}`, `bigNumber: expected a whole number of 64 bits, got 9223372036854775808`},
		{`{"bigNumber": 1e999999999}`, `bigNumber: expected a whole number of 64 bits, got 1e999999999`},
		{`{"bigNumber": 1.5}`, `bigNumber: expected a whole number of 64 bits, got 1.5`},
		{`{"color": "GREEN"}`, `color: expected one of RED, BLUE, got "GREEN"`},
		{`{"count": 1, "item": {}}`, `item: count is set already: only one of them may be`},
		{`{"name": "a", "name": "b"}`, `name: name is set already: only one of them may be`},
		{`{"items": {}}`, `items: expected a list ([]t.Item), got an object`},
		{`{"raw": "?"}`, `raw: expected base64 text, got "?"`},
		{`{"at": "yesterday"}`, `at: expected a time such as "2026-01-31T12:00:00Z", got "yesterday"`},
		{`{"wait": 5}`, `wait: expected seconds such as "1.5s", got 5`},
		{`{"ok": "true"}`, `ok: expected true or false, got "true"`},
		{`[]`, `expected an object (t.Req), got a list`},
		{"{\n  \"name\": \"a\",\n}", `not JSON at line 3, column 1: invalid character '}' looking for beginning of object key string`},
		{`{"name"`, `not JSON at line 1, column 8: it ends too soon`},
		{`{} {}`, `not JSON at line 1, column 5: there is more after the first value`},
		{strings.Repeat(`[`, 100_000), `not JSON at line 1, column 102: nested deeper than 100`},
	} {
		got := ""
		if err := s.Validate("t.Req", []byte(c.body)); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%.60s\n got  %s\n want %s", c.body, got, c.want)
		}
	}
}

func TestUnknownEndpoint(t *testing.T) {
	_, err := service(t).Endpoint("S.Dp")
	if err == nil || err.Error() != `no endpoint "S.Dp": did you mean S.Do?` {
		t.Errorf("got %v", err)
	}
}

func TestReach(t *testing.T) {
	var names []string
	for _, typ := range service(t).Reach("t.Req") {
		names = append(names, typ.Name)
	}
	if got := strings.Join(names, " "); got != "t.Color t.Item t.Req" {
		t.Errorf("got %s", got)
	}
}

type order struct {
	ID    string            `json:"id"`
	Lines []struct{ N int } `json:"lines"`
	At    time.Time         `json:"at"`
}

func TestGoStructs(t *testing.T) {
	s, err := schema.FromDebug(debug.Describe([]debug.Endpoint{{Name: "A.B", Request: reflect.TypeFor[*order](), Response: reflect.TypeFor[*order]()}}))
	if err != nil {
		t.Fatal(err)
	}
	e, _ := s.Endpoint("A.B")
	for body, want := range map[string]string{
		`{"ID":"x","lines":[{"n":1}],"at":"2026-01-01T00:00:00Z"}`: "", // Go takes any letter case
		`{"lines":[{"m":1}]}`: "lines[0].m: struct has no such field: did you mean N?",
	} {
		got := ""
		if err := s.Validate(e.Request, []byte(body)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
	if _, err := s.Encode(e.Request, nil); err == nil {
		t.Error("a Go struct was encoded as protobuf")
	}
}

func TestFromRegistry(t *testing.T) {
	s := schema.FromRegistry([]*registry.Endpoint{
		{Name: "G.Hello", Request: &registry.Value{Name: "Req", Type: "Req", Values: []*registry.Value{
			{Name: "name", Type: "string"}, {Name: "tags", Type: "[]string"}, {Name: "deep", Type: "Deep"}, {Name: "m", Type: ""}, {Name: "items", Type: "[]Item"},
		}}, Response: &registry.Value{Name: "string", Type: "string"}},
		{Name: "G.Watch", Metadata: map[string]string{"stream": "true"}, Request: &registry.Value{Name: "Context", Type: "Context"}},
		{Name: "Func", Metadata: map[string]string{"subscriber": "true", "topic": "t"}},
	})
	kinds := ""
	for _, e := range s.Endpoints {
		kinds += string(e.Kind) + " " + e.Request + ";"
	}
	if kinds != "unary Req;stream ;subscriber ;" {
		t.Errorf("got %s", kinds)
	}
	for body, want := range map[string]string{
		`{"name":"x","tags":["a"],"deep":{"any":1},"m":{"k":1},"items":[{"x":1}]}`: "",
		`{"tags":"a"}`: "tags: expected a list ([]string), got \"a\"",
		`{"nam":"x"}`:  "nam: Req has no such field: did you mean name or m?",
	} {
		got := ""
		if err := s.Validate("Req", []byte(body)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

func FuzzValidate(f *testing.F) {
	s := service(f)
	f.Add([]byte(`{"items":[{"id":"a"}],"byKey":{"k":{}},"bigNumber":"5"}`))
	f.Add([]byte(`{"bigNumber":1e400}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if s.Validate("t.Req", body) == nil && len(body) > 0 {
			_, _ = s.Encode("t.Req", body)
		}
	})
}

// What a node answers is turned into JSON, and what that says is the same again.
func FuzzDecode(f *testing.F) {
	s := service(f)
	for _, body := range []string{`{"items":[{"id":"a"}],"byKey":{"k":{}},"bigNumber":"5"}`, `{}`} {
		data, err := s.Encode("t.Req", []byte(body))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("\x0a\x80\x80\x80\x80\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := s.Decode("t.Req", data)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("not JSON: %q", text)
		}
		again, err := s.Encode("t.Req", text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if twice, err := s.Decode("t.Req", again); err != nil || string(twice) != string(text) {
			t.Fatalf("%s became %s, %v", text, twice, err)
		}
	})
}

func FuzzFromDebug(f *testing.F) {
	f.Add("a", "t.A", "string", []byte{})
	f.Add("b", "b", "b", []byte("\n\x02\n\x00"))
	f.Fuzz(func(t *testing.T, endpoint, typeName, fieldType string, descriptors []byte) {
		s, err := schema.FromDebug(&pb.SchemaResponse{
			Endpoints:   []*pb.Endpoint{{Name: endpoint, Request: typeName}},
			Types:       []*pb.Type{{Name: typeName, Fields: []*pb.Field{{Name: "f", JsonName: "f", Type: fieldType, Repeated: true}}}},
			Descriptors: descriptors,
		})
		if err != nil {
			return
		}
		if template := s.Template(typeName); !json.Valid(template) {
			t.Errorf("not JSON: %s", template)
		}
	})
}

// A type of whose shape the registry tells nothing may be a time, an enum or an object: the service knows.
func TestTypesThatTheRegistryOnlyNames(t *testing.T) {
	request := &registry.Value{Type: "Job", Values: []*registry.Value{
		{Name: "at", Type: "Time"}, {Name: "level", Type: "Level"}, {Name: "isJob_Choice", Type: "isJob_Choice"},
		{Name: "wait", Type: "Duration", Values: []*registry.Value{{Name: "seconds", Type: "int64"}, {Name: "nanos", Type: "int32"}}},
	}}
	s := schema.FromRegistry([]*registry.Endpoint{{Name: "Jobs.Add", Request: request}})
	if got, want := strings.Join(strings.Fields(string(s.Template("Job"))), ""), `{"at":null,"level":null,"wait":null}`; got != want {
		t.Errorf("the template is %s, expected %s", got, want)
	}
	for _, body := range []string{`{"at":"2026-01-31T12:00:00Z","level":3}`, `{"at":{"seconds":1},"level":"HIGH"}`, `{"wait":"1s"}`, `{"wait":{"seconds":1}}`, `{"text":"of the oneof"}`} {
		if err := s.Validate("Job", []byte(body)); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}
