package invoke_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
)

func TestUnary(t *testing.T) {
	w := newWorld()
	address := w.node(t, "1", everything)
	s := w.session(t)
	for _, tt := range []struct{ name, endpoint, body, contentType, want string }{
		{
			"protobuf", "Greeter.Hello", `{"name":"Ann","count":"9007199254740993","mood":"HAPPY","innerItem":{"big":"18446744073709551615"}}`,
			"application/protobuf", `{"message":"Hello Ann","count":"9007199254740993","mood":"HAPPY","innerItem":{"big":"18446744073709551615"}}`,
		},
		{"empty body", "Greeter.Hello", "", "application/protobuf", `{"message":"Hello "}`},
		{"plain Go types", "Shop.Buy", `{"id":"o1","items":[{"sku":"a","price":1.5},{"price":2}]}`, "application/json", `{"id":"o1","items":[{"sku":"a","price":1.5},{"sku":"","price":2}],"labels":null,"address":null,"total":3.5}`},
		{"a builtin", "Shop.ByValue", `{"sku":"s"}`, "application/json", `"s"`},
		{"a list", "Shop.Lists", `["a","a"]`, "application/json", `{"a":2}`},
		{"debug", "Debug.Health", `{}`, "application/json", `{"status":"ok"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			result, err := invoke.Unary(t.Context(), s, request(tt.endpoint, tt.body))
			if err != nil || result.Err != nil {
				t.Fatal(err, result)
			}
			if string(result.Body) != tt.want || result.ContentType != tt.contentType || result.Code() != 200 || result.Size == 0 {
				t.Errorf("%d, %d bytes as %s: %s", result.Code(), result.Size, result.ContentType, result.Body)
			}
			if len(result.Attempts) != 1 || result.Attempts[0].Address != address || result.Node() == "" || result.Duration <= 0 {
				t.Errorf("attempts = %+v", result.Attempts)
			}
		})
	}
}

func TestUnaryErrors(t *testing.T) {
	w := newWorld()
	w.node(t, "1", everything)
	s := w.session(t)
	result, err := invoke.Unary(t.Context(), s, request("Greeter.Fail", `{"kind":"micro","code":418,"detail":"short and stout"}`))
	if err != nil {
		t.Fatal(err)
	}
	if e := microerrors.FromError(result.Err); result.Code() != 418 || e.GetDetail() != "short and stout" || e.GetId() != fleet.Service || result.Body != nil {
		t.Errorf("got %+v", result)
	}
	if len(result.Attempts) != 1 || result.Attempts[0].Err == nil {
		t.Errorf("attempts = %+v", result.Attempts)
	}
}

// What is wrong with a request is said before anything is sent.
func TestNothingIsSent(t *testing.T) {
	w := newWorld()
	w.node(t, "1", everything)
	s := w.session(t)
	for _, tt := range []struct{ name, endpoint, body, want string }{
		{"not JSON", "Greeter.Hello", "{\n  \"name\": nope}", "not JSON at line 2, column 11"},
		{"cut off", "Greeter.Hello", `{"name":`, "it ends too soon"},
		{"more than one", "Greeter.Hello", `{} {}`, "more after the first value"},
		{"unknown field", "Greeter.Hello", `{"nmae":"x"}`, "nmae: fleet.HelloRequest has no such field: did you mean name?"},
		{"unknown field below", "Greeter.Hello", `{"innerItem":{"kye":"x"}}`, "innerItem.kye: "},
		{"wrong type", "Greeter.Hello", `{"count":"many"}`, "count: expected a whole number of 64 bits"},
		{"wrong enum", "Greeter.Hello", `{"mood":"GRUMPY"}`, "mood: expected one of UNKNOWN, HAPPY, SAD"},
		{"unknown field of a Go type", "Shop.Buy", `{"items":[{"nope":1}]}`, "items[0].nope: "},
		{"unknown endpoint", "Greeter.Helo", `{}`, `no endpoint "Greeter.Helo": did you mean Greeter.Hello`},
		{"a subscriber", "Func", `{}`, "Func of fleet.greeter is a subscriber of topic greetings: publish to the topic instead"},
		{"a stream", "Streamer.Count", `{}`, "Streamer.Count is a server stream: use `microtop stream server fleet.greeter Streamer.Count`"},
		{"a stream of a direction unknown", "Shop.Watch", `{}`, "use `microtop stream server|client|bidi"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := invoke.Unary(t.Context(), s, request(tt.endpoint, tt.body))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
	if n := w.runs.Load(); n != 0 {
		t.Errorf("%d handlers ran", n)
	}
	var body *schema.BodyError
	if _, err := invoke.Unary(t.Context(), s, request("Greeter.Hello", `{`)); !errors.As(err, &body) {
		t.Errorf("%T is no BodyError", err)
	}
}

func TestReadOnlySessionsCallNothingButDebug(t *testing.T) {
	w := newWorld()
	w.node(t, "1", everything)
	s := w.session(t, func(c *introspect.Config) { c.ReadOnly = true })
	if _, err := invoke.Unary(t.Context(), s, request("Greeter.Hello", "{}")); !errors.Is(err, introspect.ErrReadOnly) {
		t.Errorf("call: %v", err)
	}
	if _, err := invoke.Open(t.Context(), s, request("Streamer.Count", "{}")); !errors.Is(err, introspect.ErrReadOnly) {
		t.Errorf("stream: %v", err)
	}
	if result, err := invoke.Unary(t.Context(), s, request("Debug.Health", "{}")); err != nil || result.Err != nil {
		t.Errorf("debug: %v, %v", result, err)
	}
	if n := w.runs.Load(); n != 0 {
		t.Errorf("%d handlers ran", n)
	}
}

// A call that meets a dead node goes on to a live one, and both attempts are on record.
func TestAttemptsAreRecorded(t *testing.T) {
	w := newWorld()
	live := w.node(t, "1", everything)
	gone := dead(t)
	w.claim(t, "1", "dead", gone)
	s := w.session(t)
	for range 20 { // until the selector picks the dead one first
		result, err := invoke.Unary(t.Context(), s, request("Greeter.Hello", "{}"))
		if err != nil || result.Err != nil {
			t.Fatal(err, result)
		}
		if len(result.Attempts) == 1 {
			continue
		}
		first, second := result.Attempts[0], result.Attempts[1]
		if first.Node != "dead" || first.Address != gone || first.Err == nil || second.Address != live || second.Err != nil {
			t.Errorf("attempts = %+v", result.Attempts)
		}
		if result.Node() != second.Node || second.Start.Before(first.Start) {
			t.Errorf("attempts = %+v", result.Attempts)
		}
		return
	}
	t.Error("the dead node was never tried")
}

func TestRetriesOfZero(t *testing.T) {
	w := newWorld()
	w.claim(t, "1", "dead", dead(t))
	zero := 0
	r := request("Greeter.Hello", "{}")
	r.Retries = &zero
	result, err := invoke.Unary(t.Context(), w.session(t), r)
	if err != nil || result.Err == nil || len(result.Attempts) != 1 || result.Code() != 500 {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestCallsGoWhereTheyAreTold(t *testing.T) {
	w := newWorld()
	one := w.node(t, "1", everything)
	two := w.node(t, "2", everything)
	three := w.node(t, "2", everything)
	s := w.session(t)
	id := map[string]string{}
	services, err := s.Registry().GetService(fleet.Service)
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range services {
		for _, n := range service.Nodes {
			id[n.Address] = n.Id
		}
	}
	for _, tt := range []struct {
		name   string
		target introspect.Target
		want   []string
	}{
		{"version", introspect.Target{Version: "1"}, []string{one}},
		{"other version", introspect.Target{Version: "2"}, []string{two, three}},
		{"node", introspect.Target{Node: id[three]}, []string{three}},
		{"end of a node's id", introspect.Target{Node: id[one][len(id[one])-8:]}, []string{one}},
		{"address", introspect.Target{Address: two}, []string{two}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen := map[string]bool{}
			for range 12 {
				r := request("Greeter.Hello", "{}")
				r.Target = tt.target
				r.Service = fleet.Service
				result, err := invoke.Unary(t.Context(), s, r)
				if err != nil || result.Err != nil {
					t.Fatal(err, result)
				}
				seen[result.Attempts[0].Address] = true
			}
			for _, address := range tt.want {
				if !seen[address] {
					t.Errorf("%s was never called", address)
				}
				delete(seen, address)
			}
			if len(seen) > 0 {
				t.Errorf("called too: %v", seen)
			}
		})
	}
	r := request("Greeter.Hello", "{}")
	r.Node = "nope"
	var missing *introspect.NotFoundError
	if _, err := invoke.Unary(t.Context(), s, r); !errors.As(err, &missing) || missing.Kind != "node" {
		t.Errorf("got %v", err)
	}
}

// An endpoint that only one version has is called there.
func TestAnEndpointOfOneVersion(t *testing.T) {
	w := newWorld()
	w.node(t, "1", everything)
	w.node(t, "2", func(s server.Server) {
		if err := s.Handle(s.NewHandler(new(fleet.Shop))); err != nil {
			t.Error(err)
		}
	})
	s := w.session(t)
	for range 8 {
		result, err := invoke.Unary(t.Context(), s, request("Greeter.Hello", "{}"))
		if err != nil || result.Err != nil {
			t.Fatal(err, result)
		}
	}
}

// A node that is in no registry, called without the name of a service.
func TestAnAddressWithoutARegistry(t *testing.T) {
	address := newWorld().node(t, "1", everything)
	s := newWorld().session(t)
	r := request("Greeter.Hello", `{"name":"Ann"}`)
	r.Target = introspect.Target{Address: address}
	result, err := invoke.Unary(t.Context(), s, r)
	if err != nil || result.Err != nil || string(result.Body) != `{"message":"Hello Ann"}` {
		t.Errorf("got %+v, %v", result, err)
	}
	r.Endpoint = "Greeter.Nope"
	if _, err := invoke.Unary(t.Context(), s, r); err == nil || !strings.Contains(err.Error(), "no endpoint") {
		t.Errorf("got %v", err)
	}
}

func TestAContentTypeOfTheCallersOwn(t *testing.T) {
	w := newWorld()
	w.node(t, "1", everything)
	s := w.session(t)
	r := request("Greeter.Hello", `{"name":"Ann"}`)
	r.ContentType = "application/json"
	result, err := invoke.Unary(t.Context(), s, r)
	if err != nil || result.Err != nil || !strings.Contains(string(result.Body), "Hello Ann") || w.lastType() != "application/json" {
		t.Errorf("JSON: %+v, %v, sent as %s", result, err, w.lastType())
	}
	r.ContentType, r.Body = "application/protobuf", []byte("\x0a\x03Ann")
	result, err = invoke.Unary(t.Context(), s, r)
	if err != nil || result.Err != nil || string(result.Body) != "\x0a\x09Hello Ann" {
		t.Errorf("protobuf: %+v, %v", result, err)
	}
	r.ContentType = "application/x-nobody"
	result, err = invoke.Unary(t.Context(), s, r)
	if err != nil || result.Err == nil || !strings.Contains(result.Err.Error(), "application/x-nobody") {
		t.Errorf("unknown: %+v, %v", result, err)
	}
}

// A node without a debug service, like a v4 program's: the registry's value trees stand in for the schema.
func TestANodeWithoutADebugService(t *testing.T) {
	w := newWorld()
	w.bare(t, everything)
	s := w.session(t)
	found, err := invoke.Load(t.Context(), s, introspect.Target{Service: fleet.Service})
	if err != nil {
		t.Fatal(err)
	}
	if d := found[0]; d.Source != schema.Registry || !strings.Contains(d.Problem, "Debug.Schema of ") || len(d.Schema.Endpoints) == 0 {
		t.Errorf("source %s, problem %q", d.Source, d.Problem)
	}
	result, err := invoke.Unary(t.Context(), s, request("Greeter.Hello", `{"name":"Ann"}`))
	if err != nil || result.Err != nil || !strings.Contains(string(result.Body), "Hello Ann") || result.ContentType != "application/json" {
		t.Errorf("got %+v, %v", result, err)
	}
	runs := w.runs.Load()
	if _, err := invoke.Unary(t.Context(), s, request("Greeter.Hello", `{"nope":1}`)); err == nil {
		t.Error("an unknown field was sent")
	}
	if w.runs.Load() != runs {
		t.Error("a handler ran")
	}
}

func TestMetadataTravels(t *testing.T) {
	w := newWorld()
	w.node(t, "1", everything)
	r := request("Greeter.Headers", "{}")
	r.Metadata = map[string]string{"x-tenant": "t1", "Authorization": "Bearer x"}
	result, err := invoke.Unary(t.Context(), w.session(t), r)
	if err != nil || result.Err != nil {
		t.Fatal(err, result)
	}
	for _, want := range []string{`"X-Tenant":"t1"`, `"Authorization":"Bearer x"`} {
		if !strings.Contains(string(result.Body), want) {
			t.Errorf("%s lacks %s", result.Body, want)
		}
	}
}

// A node that accepts and never answers: the call ends by its deadline, the look at the schema included.
func TestANodeThatNeverAnswers(t *testing.T) {
	w := newWorld()
	w.claim(t, "1", "deaf", deaf(t))
	r := request("Greeter.Hello", "{}")
	r.Timeout = 400 * time.Millisecond
	began := time.Now()
	result, err := invoke.Unary(t.Context(), w.session(t), r)
	took := time.Since(began)
	if err != nil || result.Code() != 408 || len(result.Attempts) == 0 {
		t.Errorf("got %+v, %v", result, err)
	}
	if took > 2*time.Second { // a look at the schema alone may take half of the session's five
		t.Errorf("took %v", took)
	}
}

// Nodes that never answer do not keep the others from telling the schema: those that a look waits for in vain use up its
// time, and then the registry's is all there is.
func TestTheSchemaComesFromANodeThatAnswers(t *testing.T) {
	w := newWorld()
	address := w.node(t, "1", everything)
	services, err := w.registry.GetService(fleet.Service)
	if err != nil {
		t.Fatal(err)
	}
	own := services[0].Nodes[0]
	s := w.session(t)
	for name, other := range map[string]string{"deaf": deaf(t), "dead": dead(t)} {
		r := registry.NewMemoryRegistry()
		nodes := []*registry.Node{{Id: "0", Address: other}, {Id: "1", Address: other}, {Id: own.Id, Address: address, Metadata: own.Metadata}}
		if err := r.Register(&registry.Service{Name: fleet.Service, Version: "1", Nodes: nodes}); err != nil {
			t.Fatal(err)
		}
		asking, err := introspect.Open(introspect.Config{Registry: r, Client: s.Client()})
		if err != nil {
			t.Fatal(err)
		}
		found, err := invoke.Load(t.Context(), asking, introspect.Target{Service: fleet.Service})
		if err != nil || found[0].Source != schema.Debug {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
}
