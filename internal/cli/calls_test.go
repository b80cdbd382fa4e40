package cli_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/shell"
)

func TestCallOfEveryNode(t *testing.T) {
	w := newWorld(t)
	hello := []string{"call", "fleet.greeter", "Greeter.Hello", `{"name": "Ann"}`, "--all-nodes"}
	golden(t, "call-all-nodes.json", w.run(t, hello...).status(t, 0).out)
	w.claim(t, &registry.Service{Name: "fleet.greeter", Version: "0.9", Nodes: []*registry.Node{{Id: "fleet.greeter-gone", Address: "127.0.0.1:1", Metadata: map[string]string{"protocol": "mucp"}}}})
	got := w.run(t, append(hello, "-o", "table", "--retries", "0")...).status(t, 1)
	for _, want := range []string{"NODE", "fleet.greeter-gone", "0.9", "same", "refused"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("%q is not in\n%s", want, got.out)
		}
	}
	var rows []map[string]any
	if err := json.Unmarshal([]byte(w.run(t, append(hello, "-o", "json")...).out), &rows); err != nil || len(rows) != 2 {
		t.Errorf("%v %v", rows, err)
	}
}

func TestRepeatedCalls(t *testing.T) {
	w := newWorld(t)
	before := w.runs.Load()
	got := w.run(t, "call", "fleet.greeter", "Greeter.Hello", `{"name": "Ann"}`, "--repeat", "3").status(t, 0)
	if got.out != strings.Repeat(`{"message":"Hello Ann"}`+"\n", 3) || w.runs.Load()-before != 3 {
		t.Errorf("%s", got.out)
	}
	got = w.run(t, "call", "fleet.greeter", "Greeter.Fail", `{"kind":"micro","code":418,"detail":"stout"}`, "--repeat", "2").status(t, 1)
	if strings.Count(got.err, "418 I'm a teapot: stout") != 2 {
		t.Errorf("%s", got.err)
	}
}

// A line that is cut or cleaned makes another call.
func TestASavedLineIsWhole(t *testing.T) {
	w := newWorld(t)
	line := shell.Join("microtop", "call", "--address", "127.0.0.1:1", "--metadata", "note=one\n\ttwo\u202e", "shop.Cart", "Get", `{"id":"`+strings.Repeat("x", 8000)+`"}`)
	calls := t.TempDir()
	w.run(t, "saved", "--collection", calls, "import", "long", line).status(t, 0)
	if got := w.run(t, "saved", "--collection", calls, "line", "long").status(t, 0); got.out != line+"\n" {
		t.Errorf("%d bytes, want %d: %.120q", len(got.out), len(line)+1, got.out)
	}
	got := w.run(t, "saved", "--collection", calls, "line", "long", "--grpcurl").status(t, 0)
	if words, err := shell.Split(got.out); err != nil || !strings.Contains(got.out, "one\n\ttwo") || len(words) < 8 {
		t.Errorf("%v: %.120q", err, got.out)
	}
}

func TestLoads(t *testing.T) {
	w := newWorld(t)
	steady := regexp.MustCompile(`("(elapsedMs|requestsPerSecond|min|mean|p50|p90|p95|p99|p999|max)": ?)[0-9.]+`)
	bars := regexp.MustCompile(`(?s)"histogram": \[.*?\]`)
	got := w.run(t, "load", "fleet.greeter", "Greeter.Hello", `{"name": "Ann"}`, "-n", "20", "--rate", "50", "-o", "json").status(t, 0)
	golden(t, "load.json", bars.ReplaceAllString(steady.ReplaceAllString(got.out, "${1}N"), `"histogram": [BARS]`))
	got = w.run(t, "load", "fleet.greeter", "Greeter.Fail", `{"kind":"micro","code":418,"detail":"stout"}`, "-n", "5", "--rate", "50").status(t, 1)
	for _, want := range []string{"5 calls in", "5 failed", "latency, from when due", "p99.9", "418 stout", "###"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("%q is not in\n%s", want, got.out)
		}
	}
	before := w.runs.Load()
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--rate", "500"}, 2, "add --yes"},
		{[]string{"--rate", "0"}, 2, "add --yes"},
		{[]string{"--concurrency", "0"}, 2, "--concurrency"},
		{[]string{"--duration", "0s"}, 2, "must be over 0"},
		{[]string{"--rate", "-1"}, 2, "rate -1"},
		{[]string{"--readonly"}, 1, "read only"},
		{[]string{`{"nmae":1}`}, 2, "did you mean name?"},
	} {
		if got := w.run(t, append([]string{"load", "fleet.greeter", "Greeter.Hello"}, tt.args...)...).status(t, tt.code); !strings.Contains(got.err, tt.want) {
			t.Errorf("%v: %s", tt.args, got.err)
		}
	}
	if w.runs.Load() != before {
		t.Error("something was sent")
	}
}

func TestSavedCalls(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Join(t.TempDir(), "calls")
	saved := func(args ...string) []string { return append(args, "--collection", dir) }
	if got := w.run(t, saved("saved", "list", "-o", "json")...).status(t, 0); got.out != "[]\n" {
		t.Error(got.out)
	}
	line := `microtop call fleet.greeter Greeter.Hello '{"name": "{{who}}"}' --metadata 'Authorization=Bearer hunter2'`
	got := w.run(t, saved("saved", "import", "demo/hello", line)...).status(t, 0)
	if !strings.Contains(got.err, "set AUTHORIZATION in the environment") {
		t.Error(got.err)
	}
	w.run(t, saved("saved", "import", "demo/hello", line)...).status(t, 1)
	w.run(t, saved("saved", "import", "demo/hello", "curl x")...).status(t, 2)
	golden(t, "saved-list.table", w.run(t, saved("saved", "list")...).status(t, 0).out)
	golden(t, "saved-show.json", w.run(t, saved("saved", "show", "demo/hello")...).status(t, 0).out)
	golden(t, "saved-line.txt", w.run(t, saved("saved", "line", "demo/hello")...).status(t, 0).out)
	w.run(t, saved("saved", "line", "demo/hello", "--grpcurl")...).status(t, 1) // no address
	curl := `grpcurl -plaintext -H 'Authorization: Bearer hunter2' -d '{"id":"it'\''s"}' 127.0.0.1:50051 shop.Cart/Get`
	w.run(t, saved("saved", "import", "curl", curl)...).status(t, 0)
	masked := strings.Replace(curl, "Bearer hunter2", "{{env:AUTHORIZATION}}", 1) + "\n"
	if got := w.run(t, saved("saved", "line", "curl", "--grpcurl")...).status(t, 0); got.out != masked {
		t.Errorf("%s, want %s", got.out, masked)
	}

	call := saved("call", "--saved", "demo/hello")
	if got := w.run(t, call...).status(t, 2); !strings.Contains(got.err, "{{env:AUTHORIZATION}}, {{who}}") {
		t.Error(got.err)
	}
	t.Setenv("AUTHORIZATION", "Bearer x")
	if got := w.run(t, append(call, "--var", "who=Ann")...).status(t, 0); got.out != `{"message":"Hello Ann"}`+"\n" {
		t.Error(got.out)
	}
	if err := os.Mkdir(filepath.Join(dir, "environments"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "environments", "night.json"), []byte(`{"who":"Bob"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := w.run(t, saved("saved", "environments", "-o", "ndjson")...).status(t, 0); got.out != `{"name":"night","variables":["who"]}`+"\n" {
		t.Error(got.out)
	}
	if got := w.run(t, append(call, "--environment", "nigth")...).status(t, 1); !strings.Contains(got.err, `no environment "nigth": there is night`) {
		t.Error(got.err)
	}
	if got := w.run(t, append(call, "--environment", "night")...).status(t, 0); !strings.Contains(got.out, "Hello Bob") {
		t.Error(got.out)
	}
	if got := w.run(t, append(call, `{"name":"Eve"}`, "--var", "who=x")...).status(t, 0); !strings.Contains(got.out, "Hello Eve") {
		t.Error(got.out)
	}
	for _, bad := range [][]string{{"call", "--saved", "demo/helo", "--collection", dir}, {"saved", "show", "nope", "--collection", dir}} {
		w.run(t, bad...).status(t, 1)
	}
	for _, bad := range [][]string{append(call, "a", "b"), append(call, "--var", "x"), {"call", "a", "b", "--var", "x=1"}, {"saved"}} {
		w.run(t, bad...).status(t, 2)
	}
}

// A saved call of somebody else's may name an address: what it takes from the environment goes there only with consent.
func TestASavedCallLendsNothingUnasked(t *testing.T) {
	w := newWorld(t)
	t.Setenv("SHOP_TOKEN", "hunter2")
	t.Setenv("HOME_TOKEN", "hunter3")
	calls, address := t.TempDir(), w.service.Server().Options().Address
	text := fmt.Sprintf(`{"service": "fleet.greeter", "address": %q, "endpoint": "Greeter.Headers", "metadata": {"X-Token": "{{env:SHOP_TOKEN}}{{env:HOME_TOKEN}}"}}`, address)
	if err := os.WriteFile(filepath.Join(calls, "theirs.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	call := []string{"call", "--saved", "theirs", "--collection", calls}
	for _, refused := range [][]string{call, append(call, "--allow-env", "SHOP_TOKEN"), append(call, "--var", "env:SHOP_TOKEN=x")} {
		before := w.runs.Load()
		got := w.run(t, refused...).status(t, 2)
		if !strings.Contains(got.err, "HOME_TOKEN") || !strings.Contains(got.err, address) || !strings.Contains(got.err, "--allow-env") || strings.Contains(got.err, "hunter") || w.runs.Load() != before {
			t.Errorf("%q: %s", refused, got.err)
		}
	}
	for _, allowed := range [][]string{append(call, "--allow-env", "SHOP_TOKEN,HOME_TOKEN"), append(call, "--address", address)} {
		if got := w.run(t, allowed...).status(t, 0); !strings.Contains(got.out, `"X-Token":"hunter2hunter3"`) {
			t.Errorf("%q: %s", allowed, got.out)
		}
	}
	w.run(t, "call", "fleet.greeter", "Greeter.Hello", "--allow-env", "X").status(t, 2)
}

// A saved call has the TLS that it was saved with, unless flags say otherwise; files beside it are found from anywhere.
func TestSavedTLS(t *testing.T) {
	a, w := newAuthority(t), newWorld(t)
	address := secureGRPC(t, plainTLS(a.issue(t, "node", net.IPv4(127, 0, 0, 1))))
	calls := t.TempDir()
	authority, err := os.ReadFile(a.file("ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(calls, "ca.pem"), authority, 0o600); err != nil {
		t.Fatal(err)
	}
	saved := []string{"saved", "--collection", calls}
	w.run(t, append(saved, "import", "secure", shell.Join("grpcurl", "-cacert", "ca.pem", "-d", "{}", address, "grpc.testing.TestService/UnaryCall"))...).status(t, 0)
	w.run(t, append(saved, "import", "plain", "grpcurl -plaintext -d {} "+address+" grpc.testing.TestService/UnaryCall")...).status(t, 0)
	call := []string{"call", "--collection", calls, "--retries", "0", "--saved"}
	w.run(t, append(call, "secure")...).status(t, 0)
	w.run(t, append(call, "secure", "--ca", a.file("ca.pem"))...).status(t, 0)
	w.run(t, append(call, "secure", "--tls")...).status(t, 1) // the system's authorities
	w.run(t, append(call, "plain")...).status(t, 1)
	got := w.run(t, append(saved, "line", "secure")...).status(t, 0)
	if want := "microtop call --tls --ca " + filepath.Join(calls, "ca.pem") + " --address " + address + " grpc.testing.TestService UnaryCall '{}'\n"; got.out != want {
		t.Errorf("%s, want %s", got.out, want)
	}
	words, err := shell.Split(got.out)
	if err != nil {
		t.Fatal(err)
	}
	w.run(t, words[1:]...).status(t, 0)
	if got := w.run(t, append(saved, "line", "secure", "--grpcurl")...).status(t, 0); !strings.HasPrefix(got.out, "grpcurl -cacert "+filepath.Join(calls, "ca.pem")+" ") {
		t.Errorf("%s", got.out)
	}
}

// The command line that is copied from the composer makes the same call.
func TestTheCopiedLineMakesTheSameCall(t *testing.T) {
	w := newWorld(t)
	retries := 0
	r := invoke.Request{
		Target: introspect.Target{Service: "fleet.greeter", Version: "1.0.0"}, Endpoint: "Greeter.Hello", Body: []byte("{\n  \"name\": \"it's $HOME; `id` \\\"x\\\"\"\n}"),
		Metadata: map[string]string{"tenant": "a b", "x": "'"}, Timeout: 3 * time.Second, Retries: &retries,
	}
	words, err := shell.Split(collection.Line(r))
	if err != nil || words[0] != "microtop" {
		t.Fatal(words, err)
	}
	got := w.run(t, words[1:]...).status(t, 0)
	if want := fmt.Sprintf("{\"message\":%q}\n", "Hello it's $HOME; `id` \"x\""); got.out != want {
		t.Errorf("%s, want %s", got.out, want)
	}
}
