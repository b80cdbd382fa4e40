package invoke_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"github.com/google/go-cmp/cmp"
	stock "google.golang.org/grpc"
	"google.golang.org/grpc/reflection"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionold "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
)

var compileTorture = sync.OnceValues(func() (linker.Files, error) {
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(torture())})}
	return compiler.Compile(context.Background(), "torture.proto", "old.proto")
})

func compiledTorture(t *testing.T) linker.Files {
	t.Helper()
	compiled, err := compileTorture()
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// givenTorture reads the files as a user gives them: as .proto files, or as one descriptor set.
func givenTorture(t *testing.T, set bool) *schema.Files {
	t.Helper()
	dir := t.TempDir()
	for name, text := range torture() {
		must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	protos, sets := []string{"torture.proto"}, []string(nil)
	if set {
		var all descriptorpb.FileDescriptorSet
		for _, file := range compiledTorture(t) {
			all.File = append(all.File, protodesc.ToFileDescriptorProto(file))
		}
		raw, err := proto.Marshal(&all)
		if err != nil {
			t.Fatal(err)
		}
		protos, sets = nil, []string{filepath.Join(dir, "torture.protoset")}
		must(os.WriteFile(sets[0], raw, 0o600))
	}
	files, err := schema.ReadFiles(t.Context(), protos, []string{dir}, sets)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// reflectedTorture starts a plain gRPC server with one of the two reflection services.
func reflectedTorture(t *testing.T, w *world, alpha bool) {
	t.Helper()
	files := new(protoregistry.Files)
	for _, file := range compiledTorture(t) {
		must(files.RegisterFile(file))
	}
	s := stock.NewServer(stock.UnknownServiceHandler(echo))
	options := reflection.ServerOptions{Services: tortureService{}, DescriptorResolver: files}
	if alpha {
		reflectionold.RegisterServerReflectionServer(s, reflection.NewServer(options))
	} else {
		reflectionpb.RegisterServerReflectionServer(s, reflection.NewServerV1(options))
	}
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	node := &registry.Node{Id: "grpc-1", Address: l.Addr().String(), Metadata: map[string]string{"protocol": "grpc"}}
	must(w.registry.Register(&registry.Service{Name: fleet.Service, Version: "1", Nodes: []*registry.Node{node}}))
}

// undescribed starts a node without a debug service, which registers the endpoints.
func undescribed(t *testing.T, w *world, endpoints []*registry.Endpoint) {
	t.Helper()
	hidden := newWorld()
	hidden.bare(t, func(s server.Server) { must(micro.RegisterHandler(s, new(Torture))) })
	found, err := hidden.registry.GetService(fleet.Service)
	if err != nil {
		t.Fatal(err)
	}
	found[0].Endpoints = endpoints
	must(w.registry.Register(found[0]))
}

// origin is where a console gets the schema from.
type origin struct {
	name   string
	source schema.Source
	start  func(*testing.T, *world) *schema.Files
	// limits are the kinds whose values a user writes as JSON, each with the reason; "" stands for all others.
	limits map[string]string
}

// The limits of value trees.
const (
	noEnums    = "no enums"
	noElements = "no element types"
	noMaps     = "no maps"
	noOneofs   = "no oneofs"
	noKnown    = "no well-known types"
	noDepth    = "three levels"
	noSchema   = "no schema"
)

func treeLimits() map[string]string {
	return map[string]string{
		"level": noEnums, "levels": noElements, "others": noElements, "byName": noMaps, "byNumber": noMaps, "byBool": noMaps, "recursive": noMaps,
		"text": noOneofs, "two": noOneofs, "number": noOneofs, "any": noKnown, "struct": noKnown, "value": noKnown, "list": noKnown, "mask": noKnown,
		"wait": noKnown, "at": noKnown, "boxed": noKnown, "boxedText": noKnown, "nested": noDepth, "old": noDepth,
	}
}

func origins() []origin {
	bare := func(t *testing.T, w *world, endpoints []*registry.Endpoint) { undescribed(t, w, endpoints) }
	return []origin{
		{"debug", schema.Debug, func(t *testing.T, w *world) *schema.Files {
			service := compiledTorture(t)[0].Services().Get(0)
			w.node(t, "1", func(s server.Server) {
				must(micro.RegisterHandler(s, new(Torture), server.HandlerDescriptor(service)))
			})
			return nil
		}, nil},
		{"v1", schema.Reflection, func(t *testing.T, w *world) *schema.Files { reflectedTorture(t, w, false); return nil }, nil},
		{"v1alpha", schema.Reflection, func(t *testing.T, w *world) *schema.Files { reflectedTorture(t, w, true); return nil }, nil},
		{".proto", schema.Given, func(t *testing.T, w *world) *schema.Files { bare(t, w, valueTrees(t)); return givenTorture(t, false) }, nil},
		{"protoset", schema.Given, func(t *testing.T, w *world) *schema.Files { bare(t, w, valueTrees(t)); return givenTorture(t, true) }, nil},
		{"registry", schema.Registry, func(t *testing.T, w *world) *schema.Files { bare(t, w, valueTrees(t)); return nil }, treeLimits()},
		{"nothing", schema.Registry, func(t *testing.T, w *world) *schema.Files { bare(t, w, nil); return nil }, map[string]string{"": noSchema}},
	}
}

// Every kind of field goes through describe, template, form and call, and comes back unchanged, whatever told its
// schema. Where a source cannot tell a field's shape, the value is written as JSON, and the table says why.
func TestKindsBySources(t *testing.T) {
	given, err := givenTorture(t, false).Describe("torture.Torture", nil)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	cells := map[string][]string{} // a row's cells, one for each origin
	for kind := range kinds() {
		cells[kind] = make([]string, len(origins()))
	}
	names := []string{fmt.Sprintf("%-25s", "kind")}
	t.Run("from", func(t *testing.T) {
		for i, from := range origins() {
			names = append(names, fmt.Sprintf("%-25s", from.name))
			t.Run(from.name, func(t *testing.T) {
				t.Parallel()
				c := openConsole(t, from, given)
				for _, kind := range slices.Sorted(maps.Keys(kinds())) {
					got, want := c.cell(t, kind, kinds()[kind]), "yes"
					if reason := from.limits[kind] + from.limits[""]; reason != "" {
						want = "JSON"
					}
					if got != want {
						t.Errorf("%s: %s, expected %s", kind, got, want)
					}
					if want == "JSON" {
						got += ": " + from.limits[kind] + from.limits[""]
					}
					mu.Lock()
					cells[kind][i] = fmt.Sprintf("%-25s", got)
					mu.Unlock()
				}
				c.whole(t)
			})
		}
	})
	table := strings.Join(names, " ")
	for _, kind := range slices.Sorted(maps.Keys(cells)) {
		table += fmt.Sprintf("\n%-25s ", kind) + strings.Join(cells[kind], " ")
	}
	t.Logf("\n%s", table)
}

// console is one source's view of the service.
type console struct {
	session     *introspect.Session
	description *invoke.Description
	request     string // the type's name
	given       *schema.Service
}

func openConsole(t *testing.T, from origin, given *schema.Service) *console {
	t.Helper()
	w := newWorld()
	files := from.start(t, w)
	c := &console{session: w.session(t, func(c *introspect.Config) { c.Files = files }), given: given}
	found, err := invoke.Load(t.Context(), c.session, introspect.Target{Service: fleet.Service})
	if err != nil || len(found) != 1 || found[0].Source != from.source {
		t.Fatalf("%+v, %v", found, err)
	}
	c.description = found[0]
	if e, err := found[0].Schema.Endpoint("Torture.Echo"); err == nil {
		c.request = e.Request
	}
	return c
}

// cell takes one kind through the template, the form and the wire: "yes" if the form knows its shape, "JSON" if the
// value was written as JSON, else what went wrong.
func (c *console) cell(t *testing.T, kind, value string) string {
	t.Helper()
	s := c.description.Schema
	draft := s.Draft(c.request)
	template := s.Template(c.request)
	if err := s.Validate(c.request, template); err != nil {
		return "the template: " + err.Error()
	}
	if err := draft.Load(template); err != nil {
		return "load the template: " + err.Error()
	}
	told := fill(draft, draft.Root(), []byte(fmt.Sprintf(`{%q:%s}`, kind, value)))
	if problems := draft.Problems(); len(problems) > 0 {
		return problems[0].Path() + ": " + problems[0].Problem().Error()
	}
	body := draft.JSON()
	if !hasMember(body, kind) { // the form has no such field: a user adds it in the JSON
		var err error
		if body, err = withMember(body, kind, value); err != nil {
			return err.Error()
		}
	}
	answer := c.call(t, body)
	want, got := parsed(t, value), c.member(t, answer, kind)
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Sprintf("changed (-sent +got):\n%s%s", diff, answer)
	}
	if told {
		return "yes"
	}
	return "JSON"
}

// hasMember says whether a body has the member, whatever the style of its name.
func hasMember(body []byte, name string) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return false
	}
	for key := range members {
		if sameName(key, name) {
			return true
		}
	}
	return false
}

func withMember(body []byte, name, value string) ([]byte, error) {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, fmt.Errorf("%s: %w", body, err)
	}
	members[name] = json.RawMessage(value)
	return json.Marshal(members)
}

func sameName(a, b string) bool {
	plain := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }
	return plain(a) == plain(b) || plain(a) == "renamed" && b == "other"
}

// fill writes a value into the form, part by part, and reports whether the form knew the shape of each.
func fill(d *schema.Draft, p *schema.Part, value json.RawMessage) bool {
	var members map[string]json.RawMessage
	var list []json.RawMessage
	var text string
	told := true
	switch p.Kind() {
	case schema.Message:
		if json.Unmarshal(value, &members) != nil {
			return false
		}
		d.Default(p)
		for _, key := range slices.Sorted(maps.Keys(members)) {
			i := slices.IndexFunc(p.Parts(), func(c *schema.Part) bool { return sameName(c.Name(), key) })
			if i < 0 {
				told = false
				continue
			}
			d.Unset(p.Parts()[i]) // what the template has there
			told = fill(d, p.Parts()[i], members[key]) && told
		}
	case schema.List:
		if json.Unmarshal(value, &list) != nil {
			return false
		}
		for _, element := range list {
			child, err := d.Add(p, "")
			told = err == nil && fill(d, child, element) && told
		}
	case schema.Map:
		if json.Unmarshal(value, &members) != nil {
			return false
		}
		for _, key := range slices.Sorted(maps.Keys(members)) {
			child, err := d.Add(p, key)
			told = err == nil && fill(d, child, members[key]) && told
		}
	case schema.Free:
		d.Set(p, string(value))
		return strings.HasPrefix(p.Type(), "google.protobuf.")
	case schema.Scalar, schema.Choice:
		if p.Type() == "string" || json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		d.Set(p, text)
	}
	return told
}

func (c *console) call(t *testing.T, body []byte) []byte {
	t.Helper()
	target := introspect.Target{Service: fleet.Service}
	r, err := invoke.Unary(context.WithoutCancel(t.Context()), c.session, invoke.Request{Target: target, Endpoint: "Torture.Echo", Body: body})
	switch {
	case err != nil:
		return []byte(err.Error())
	case r.Err != nil:
		return []byte(r.Err.Error())
	}
	return r.Body
}

// member is a field of an answer as the service's own message has it: an answer that is JSON goes through it.
func (c *console) member(t *testing.T, answer []byte, name string) any {
	t.Helper()
	data, err := c.given.Encode("torture.All", answer)
	if err != nil {
		return err.Error()
	}
	text, err := c.given.Decode("torture.All", data)
	if err != nil {
		return err.Error()
	}
	members, _ := parsed(t, string(text)).(map[string]any)
	return members[name]
}

// whole sends every kind at once.
func (c *console) whole(t *testing.T) {
	t.Helper()
	all := map[string]json.RawMessage{}
	for field, value := range kinds() {
		if field != "two" && field != "number" { // one of a choice
			all[field] = json.RawMessage(value)
		}
	}
	body, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parsed(t, string(body)), parsed(t, string(c.call(t, body)))); diff != "" {
		t.Errorf("all at once (-sent +got):\n%s", diff)
	}
}

func parsed(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return text
	}
	return v
}
