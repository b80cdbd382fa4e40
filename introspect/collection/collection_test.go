package collection_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
)

func request() invoke.Request {
	retries := 2
	return invoke.Request{
		Target: introspect.Target{Service: "shop.cart", Version: "1.0", Node: "n1", Address: "127.0.0.1:9"}, Endpoint: "Cart.Add", Body: []byte(`{"id":"it's {{nothing"}`),
		Metadata: map[string]string{"tenant": "a b=c"}, Timeout: 90 * time.Second, Retries: &retries, ContentType: "application/json",
	}
}

func TestASavedCallIsTheSame(t *testing.T) {
	f := collection.Open(filepath.Join(t.TempDir(), "calls"))
	if names, err := f.List(); err != nil || len(names) != 0 {
		t.Fatal(names, err)
	}
	c, secrets, err := collection.FromRequest(request())
	if err != nil || len(secrets) != 0 {
		t.Fatal(secrets, err)
	}
	if err := f.Save("shop/add", c, false); err != nil {
		t.Fatal(err)
	}
	if err := f.Save("shop/add", c, false); err == nil {
		t.Error("replaced")
	}
	if err := f.Save("shop/add", c, true); err != nil {
		t.Error(err)
	}
	names, err := f.List()
	if err != nil || !slices.Equal(names, []string{"shop/add"}) {
		t.Fatal(names, err)
	}
	back, err := f.Read("shop/add")
	if err != nil {
		t.Fatal(err)
	}
	got, err := back.Request(nil, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	got.Body = []byte(strings.NewReplacer("\n", "", `": "`, `":"`, "  ", "").Replace(string(got.Body)))
	if diff := cmp.Diff(request(), got); diff != "" {
		t.Error(diff)
	}
	if _, err := f.Read("shop/ad"); err == nil || !strings.Contains(err.Error(), "did you mean shop/add") {
		t.Error(err)
	}
	for _, bad := range []string{"", ".", "../x", "/etc/x", "a/../b", ".hidden", "environments/default"} {
		if err := f.Save(bad, c, true); err == nil {
			t.Errorf("%q is a name", bad)
		}
	}
}

func TestVariablesAreFilledIn(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "environments"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "environments", "night.json"), []byte(`{"tenant":"acme","quote":"a\"b"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	f := collection.Open(dir)
	vars, err := f.Environment("night")
	if err != nil {
		t.Fatal(err)
	}
	c := collection.Call{
		Service: "shop.{{ tenant }}", Endpoint: "Cart.Get", Body: []byte(`{"q":"{{quote}}","n":{"m":{}}}`),
		Metadata: map[string]string{"Authorization": "Bearer {{env:TOKEN}}"}, Timeout: "5s",
	}
	lookup := func(name string) (string, bool) { return "hunter2", name == "TOKEN" }
	r, err := c.Request(vars, lookup)
	if err != nil || r.Service != "shop.acme" || string(r.Body) != `{"q":"a\"b","n":{"m":{}}}` || r.Metadata["Authorization"] != "Bearer hunter2" {
		t.Errorf("%+v %s %v", r, r.Body, err)
	}
	_, err = c.Request(nil, func(string) (string, bool) { return "", false })
	var missing *collection.MissingError
	if !errors.As(err, &missing) || !slices.Equal(missing.Names, []string{"env:TOKEN", "quote", "tenant"}) {
		t.Error(err)
	}
	if vars, err := f.Environment(""); err != nil || len(vars) != 0 {
		t.Error(vars, err)
	}
	if _, err := f.Environment("day"); err == nil {
		t.Error("an environment that is not there")
	}
}

// What is saved has the names of secrets, never their values.
func TestSecretsAreReferences(t *testing.T) {
	r := request()
	r.Body = []byte(`{"user":"ada","password":"hunter2","nested":{"api_key":["hunter2"]}}`)
	r.Metadata["X-Auth-Token"] = "hunter2"
	c, secrets, err := collection.FromRequest(r)
	if err != nil || !slices.Equal(secrets, []string{"API_KEY", "PASSWORD", "X_AUTH_TOKEN"}) {
		t.Fatal(secrets, err)
	}
	dir := t.TempDir()
	if err := collection.Open(dir).Save("x", c, false); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "x.json"))
	if err != nil || strings.Contains(string(text), "hunter2") || !strings.Contains(string(text), "{{env:PASSWORD}}") {
		t.Errorf("%s %v", text, err)
	}
}

func TestLines(t *testing.T) {
	got, secured, err := collection.Parse(collection.Line(request(), "--registry", "file", "--registry-address", "a b", "--tls", "--ca", "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&collection.TLS{CA: "ca.pem"}, secured); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(request(), got); diff != "" {
		t.Error(diff)
	}
	for line, want := range map[string]invoke.Request{
		`grpcurl -plaintext -H 'tenant: acme' -d '{"a": 1}' -max-time 1.5 127.0.0.1:50051 grpc.testing.TestService/UnaryCall`: {
			Target: introspect.Target{Service: "grpc.testing.TestService", Address: "127.0.0.1:50051"}, Endpoint: "UnaryCall",
			Body: []byte(`{"a": 1}`), Metadata: map[string]string{"tenant": "acme"}, Timeout: 1500 * time.Millisecond,
		},
		"/usr/bin/microtop call \\\n  --metadata=a=b shop.cart Cart.Get": {
			Target: introspect.Target{Service: "shop.cart"}, Endpoint: "Cart.Get", Metadata: map[string]string{"a": "b"},
		},
	} {
		got, secured, err := collection.Parse(line)
		if err != nil || secured != nil {
			t.Errorf("%s: %+v %v", line, secured, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	for _, bad := range []string{"", "curl http://x", "microtop call x", "microtop call --cacert", "grpcurl -authority x a b/c", "grpcurl a", "grpcurl -d @ a b/c", "microtop call 'x", "microtop call --retries x a b", "microtop call --timeout -1s a b", "grpcurl -max-time NaN a b/c", "grpcurl -max-time 1e300 a b/c"} {
		if _, _, err := collection.Parse(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(collection.Line(request()))
	f.Add(`grpcurl -d '{}' a b/c`)
	f.Add(`grpcurl -cacert "a b" -cert=x -key y -servername z -insecure a b/c`)
	f.Add(`microtop call --tls --ca x --insecure=false a b`)
	f.Fuzz(func(t *testing.T, line string) {
		r, secured, err := collection.Parse(line)
		if err != nil || r.Service == "" {
			return
		}
		if len(r.Body) > len(line) {
			t.Fatalf("%q", r.Body)
		}
		again, same, err := collection.Parse(collection.Line(r, secured.Flags()...))
		if r.Timeout >= 0 && (err != nil || !cmp.Equal(secured, same) || again.Target != r.Target || again.Endpoint != r.Endpoint) {
			t.Fatalf("%q: %+v becomes %+v: %v", line, r, again, err)
		}
	})
}

func ExampleCall_Request() {
	c := collection.Call{Service: "shop.cart", Endpoint: "Cart.Get", Body: []byte(`{"userId":"{{user}}"}`)}
	r, err := c.Request(map[string]string{"user": "ada"}, os.LookupEnv)
	fmt.Println(collection.Line(r), err)
	// Output: microtop call shop.cart Cart.Get '{"userId":"ada"}' <nil>
}

// A stream's line opens a stream of its kind; where nobody told the direction, one that fits any.
func TestTheLineOfAStream(t *testing.T) {
	r := request()
	for kind, want := range map[schema.Kind]string{
		schema.Server: "microtop stream server ", schema.Client: "microtop stream client ", schema.Bidi: "microtop stream bidi ",
		schema.Stream: "microtop stream bidi ", schema.Unary: "microtop call ", "": "microtop call ",
	} {
		r.Kind = kind
		if got := collection.Line(r, "--registry", "file"); !strings.HasPrefix(got, want+"--registry file ") || !strings.Contains(got, " shop.cart Cart.Add ") {
			t.Errorf("%s: %s", kind, got)
		}
	}
}
