package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	stock "google.golang.org/grpc"
	"google.golang.org/grpc/reflection"

	"github.com/microtop/microtop/framework/registry"
)

// The shapes that docs/commands.md promises.
func TestShapes(t *testing.T) {
	w := newWorld(t)
	w.claim(t, &registry.Service{Name: "bare", Version: "2", Nodes: []*registry.Node{{Id: "bare-1", Address: "127.0.0.1:1", Metadata: map[string]string{"protocol": "http"}}}})
	for _, tt := range []struct {
		file string
		args []string
	}{
		{"services.table", []string{"services"}},
		{"services.json", []string{"services", "-o", "json"}},
		{"services-all.ndjson", []string{"services", "--all", "--output=ndjson"}},
		{"services.yaml", []string{"svc", "-o", "yaml"}},
		{"nodes.json", []string{"nodes", "-o", "json"}},
		{"nodes.table", []string{"nodes", "fleet.greeter"}},
		{"describe.json", []string{"describe", "fleet.greeter", "-o", "json"}},
		{"describe.table", []string{"describe", "fleet.greeter"}},
		{"describe-bare.json", []string{"describe", "service", "bare", "--format", "json"}},
		{"describe.proto", []string{"describe", "fleet.greeter", "-o", "proto"}},
		{"topics.json", []string{"topics", "-o", "json"}},
		{"health.json", []string{"health", "fleet.greeter", "-o", "json"}},
		{"stats.json", []string{"stats", "fleet.greeter", "-o", "json"}},
		{"call.ndjson", []string{"call", "fleet.greeter", "Greeter.Hello", `{"name": "Ann", "count": "9007199254740993"}`}},
		{"call.yaml", []string{"call", "fleet.greeter", "Greeter.Hello", `{"name": "true", "count": "9007199254740993"}`, "-o", "yaml"}},
		{"call-envelope.json", []string{"call", "fleet.greeter", "Greeter.Hello", `{"name": "Ann"}`, "--envelope"}},
		{"stream-server.ndjson", []string{"stream", "server", "fleet.greeter", "Streamer.Count", `{"to": 3}`}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			got := w.run(t, tt.args...).status(t, 0)
			golden(t, tt.file, got.out)
			if got.err != "" {
				t.Errorf("standard error: %s", got.err)
			}
		})
	}
}

// No array is null, wherever it is, and what the contract names is there.
func TestNothingIsNull(t *testing.T) {
	w := newWorld(t)
	w.claim(t, &registry.Service{Name: "bare", Nodes: []*registry.Node{{Id: "bare-1", Address: "127.0.0.1:1"}}})
	for _, args := range [][]string{
		{"services"}, {"nodes"}, {"describe", "bare"}, {"describe", "fleet.greeter"}, {"topics"}, {"nodes", "bare"},
	} {
		got := w.run(t, append(args, "-o", "json")...).status(t, 0)
		if strings.Contains(got.out, "null") {
			t.Errorf("%v: %s", args, got.out)
		}
	}
	empty := &world{dir: filepath.Join(t.TempDir(), "registry")}
	for _, args := range [][]string{{"services"}, {"nodes"}, {"topics"}} {
		if got := empty.run(t, append(args, "-o", "json")...).status(t, 0); got.out != "[]\n" {
			t.Errorf("%v of nothing: %q", args, got.out)
		}
	}
}

func TestCallsThatFail(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"an error of the service", []string{"call", "fleet.greeter", "Greeter.Fail", `{"kind":"micro","code":418,"detail":"short and stout"}`}, 1, []string{"fleet.greeter Greeter.Fail: 418 I'm a teapot: short and stout"}},
		{"unknown service", []string{"call", "fleet.greter", "Greeter.Hello"}, 1, []string{`no service "fleet.greter" in file ` + w.dir, "did you mean fleet.greeter?"}},
		{"unknown endpoint", []string{"call", "fleet.greeter", "Greeter.Helo"}, 1, []string{"did you mean Greeter.Hello"}},
		{"unknown node", []string{"call", "fleet.greeter", "Greeter.Hello", "--node", "nope"}, 1, []string{`no node "nope"`}},
		{"unknown version", []string{"call", "fleet.greeter", "Greeter.Hello", "--service-version", "9"}, 1, []string{`no version "9"`, "1.0.0"}},
		{"malformed JSON", []string{"call", "fleet.greeter", "Greeter.Hello", "{nope"}, 2, []string{"not JSON at line 1, column 2"}},
		{"unknown field", []string{"call", "fleet.greeter", "Greeter.Hello", `{"nmae":1}`}, 2, []string{"nmae: fleet.HelloRequest has no such field: did you mean name?"}},
		{"wrong type", []string{"call", "fleet.greeter", "Greeter.Hello", `{"innerItem":{"big":-1}}`}, 2, []string{"innerItem.big: expected a whole number of 64 bits, not negative"}},
		{"a stream", []string{"call", "fleet.greeter", "Streamer.Count"}, 2, []string{"microtop stream server fleet.greeter Streamer.Count"}},
		{"a subscriber", []string{"call", "fleet.greeter", "Func"}, 2, []string{"publish to the topic"}},
		{"a format that calls have not", []string{"call", "fleet.greeter", "Greeter.Hello", "-o", "table"}, 2, []string{`unknown output format "table": use one of json, yaml, ndjson`}},
		{"read only", []string{"call", "fleet.greeter", "Greeter.Hello", "--readonly"}, 1, []string{"read only"}},
		{"unary as a stream", []string{"stream", "bidi", "fleet.greeter", "Greeter.Hello"}, 2, []string{"microtop call fleet.greeter Greeter.Hello"}},
		{"a stream of another kind", []string{"stream", "server", "fleet.greeter", "Streamer.PingPong", `{}`}, 2, []string{"is a bidi stream: use `microtop stream bidi"}},
		{"read only stream", []string{"stream", "server", "fleet.greeter", "Streamer.Count", "--readonly"}, 1, []string{"read only"}},
		{"read only publish", []string{"publish", "greetings", "--readonly"}, 1, []string{"read only"}},
		{"read only tail", []string{"tail", "greetings", "--readonly"}, 1, []string{"a tail registers a subscriber"}},
		{"malformed event", []string{"publish", "greetings", "{"}, 2, []string{"not JSON"}},
		{"unknown field of an event", []string{"publish", "greetings", `{"idd":1}`}, 2, []string{"idd: fleet.Event has no such field"}},
		{"nobody there", []string{"call", "--address", "127.0.0.1:1", "--", "", "Greeter.Hello"}, 1, []string{"127.0.0.1:1 Greeter.Hello: ", "connection refused: is it running there?"}},
		{"describe nobody", []string{"describe", "--address", "127.0.0.1:1"}, 1, []string{"127.0.0.1:1: ", "connection refused: is it running there?"}},
		{"health of nobody", []string{"health", "nope"}, 1, []string{`no service "nope"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := w.runs.Load()
			got := w.run(t, tt.args...).status(t, tt.code)
			for _, want := range tt.want {
				if !strings.Contains(got.err, want) {
					t.Errorf("%q lacks %q", got.err, want)
				}
			}
			if got.out != "" {
				t.Errorf("standard output: %s", got.out)
			}
			if tt.name != "an error of the service" && w.runs.Load() != before {
				t.Error("something was sent")
			}
		})
	}
	got := w.run(t, "call", "fleet.greeter", "Greeter.Fail", `{"kind":"micro","code":418,"detail":"stout"}`, "--envelope").status(t, 1)
	golden(t, "call-envelope-error.json", got.out)
	if got.err != "" {
		t.Errorf("standard error: %s", got.err)
	}
}

func TestUsage(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"services", "-o", "xml"}, `unknown output format "xml": use one of table, json, yaml, ndjson`},
		{[]string{"nope"}, `unknown command "nope"`},
		{[]string{"services", "--nope"}, "unknown flag: --nope"},
		{[]string{"services", "extra"}, "usage: microtop services"},
		{[]string{"call"}, "usage: microtop call"},
		{[]string{"call", "fleet.greeter"}, "name an endpoint"},
		{[]string{"call", "fleet.greeter", "Greeter.Hello", "--metadata", "novalue"}, "write key=value"},
		{[]string{"call", "fleet.greeter", "Greeter.Hello", "--retries", "-1"}, "--retries"},
		{[]string{"call", "fleet.greeter", "Greeter.Hello", "--timeout", "0s"}, "--timeout must be over 0"},
		{[]string{"call", "fleet.greeter", "Greeter.Hello", "--timeout", "soon"}, "invalid argument"},
		{[]string{"services", "--registry", "nope"}, `unknown registry "nope": use one of file, mdns, memory`},
		{[]string{"services", "--broker", "nope"}, `unknown broker "nope": use one of http, memory`},
		{[]string{"services", "--debug-token-hosts", "everywhere"}, "neither an address nor a prefix"},
		{[]string{"stream"}, "stream server, client or bidi"},
		{[]string{"stream", "server", "fleet.greeter", "Streamer.Count", "-o", "table"}, "unknown output format"},
		{[]string{"stream", "client", "fleet.greeter", "Streamer.Sum", "--idle", "0s"}, "--idle"},
		{[]string{"tail"}, "usage: microtop tail"},
		{[]string{"tail", "greetings", "--count", "-1"}, "must not be negative"},
		{[]string{"tail", "greetings", "-o", "yaml"}, "unknown output format"},
		{[]string{"watch", "--for", "-1s"}, "must not be negative"},
		{[]string{"logs"}, "name a service"},
		{[]string{"logs", "fleet.greeter", "--count", "-1"}, "must not be negative"},
		{[]string{"profile", "fleet.greeter", "--kind", "nope"}, "nope"},
		{[]string{"profile", "fleet.greeter", "--seconds", "0"}, "--seconds"},
		{[]string{"profile", "merge", "a", "b"}, "--out"},
		{[]string{"profile", "rm", "a"}, "--yes"},
		{[]string{"describe", "a", "b"}, "one service"},
		{[]string{"describe", "fleet.greeter", "--out", "x"}, "add -o proto"},
		{[]string{"services", "-o", "proto"}, `unknown output format "proto"`},
		{[]string{"publish", "greetings", "{}", "--metadata", "=x"}, "write key=value"},
	} {
		got := w.run(t, tt.args...)
		if got.code != 2 || !strings.Contains(got.err, tt.want) || got.out != "" {
			t.Errorf("%v: status %d, %q, %q", tt.args, got.code, got.out, got.err)
		}
	}
	if n := w.runs.Load(); n != 0 {
		t.Errorf("%d handlers ran", n)
	}
}

func TestCallFlags(t *testing.T) {
	w := newWorld(t)
	address := w.service.Server().Options().Address
	if got := w.feed(t, `{"name":"In"}`, "call", "fleet.greeter", "Greeter.Hello", "-").status(t, 0); got.out != `{"message":"Hello In"}`+"\n" {
		t.Errorf("standard input: %q", got.out)
	}
	if got := w.run(t, "call", "--address", address, "fleet.greeter", "Greeter.Hello", "{}").status(t, 0); got.out != `{"message":"Hello "}`+"\n" {
		t.Errorf("--address: %q", got.out)
	}
	if got := w.run(t, "call", "fleet.greeter", "Greeter.Headers", "--metadata", "x-tenant=a=b", "--metadata", "Y=z").status(t, 0); !strings.Contains(got.out, `"X-Tenant":"a=b"`) || !strings.Contains(got.out, `"Y":"z"`) {
		t.Errorf("--metadata: %q", got.out)
	}
	got := w.run(t, "call", "fleet.greeter", "Greeter.Hello", "-v").status(t, 0)
	if !strings.Contains(got.err, "status 200, ") || !strings.Contains(got.err, "attempt 1: fleet.greeter-") || got.out != `{"message":"Hello "}`+"\n" {
		t.Errorf("-v: %q, %q", got.out, got.err)
	}
	if got := w.run(t, "call", "fleet.greeter", "Greeter.Hello", "{ ", "--content-type", "application/json").status(t, 2); got.out != "" {
		t.Errorf("--content-type: %q", got.out)
	}
	if got := w.run(t, "call", "fleet.greeter", "Greeter.Hello", "\x0a\x03Ann", "--content_type", "application/protobuf").status(t, 0); got.out != "\x0a\x09Hello Ann\n" {
		t.Errorf("--content_type: %q", got.out)
	}
	var envelope map[string]any
	got = w.run(t, "call", "fleet.greeter", "Greeter.Hello", "--envelope", "-o", "yaml").status(t, 0)
	if err := json.Unmarshal([]byte(got.out), &envelope); err == nil || !strings.Contains(got.out, "status: 200\n") {
		t.Errorf("--envelope -o yaml: %q", got.out)
	}
}

// An address outside any registry is described under its own name, of either protocol.
func TestABareAddressIsDescribed(t *testing.T) {
	w := newWorld(t)
	mucp, grpc := w.service.Server().Options().Address, startStock(t, func(s *stock.Server) { reflection.Register(s) })
	for address, endpoint := range map[string]string{mucp: "Greeter.Hello", grpc: "TestService.UnaryCall"} {
		got := w.run(t, "describe", "--address", address).status(t, 0)
		if !strings.HasPrefix(got.out, "at "+address+"\n") || !strings.Contains(got.out, endpoint) {
			t.Errorf("%s", got.out)
		}
		got = w.run(t, "describe", "some.name", "--address", address)
		if !strings.HasPrefix(got.out, "some.name at "+address+"\n") {
			t.Errorf("%s", got.out)
		}
	}
}

func TestStreams(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name, in string
		args     []string
		code     int
		out, err string
	}{
		{"client", "{\"value\":1}\n\n{\"value\":2}", []string{"client", "fleet.greeter", "Streamer.Sum"}, 0, "{\"total\":\"3\",\"n\":\"2\"}\n", ""},
		{"client with a first message", "{\"value\":1}\n", []string{"client", "fleet.greeter", "Streamer.Sum", `{"value":9}`}, 0, "{\"total\":\"10\",\"n\":\"2\"}\n", ""},
		{"client, lines", "{\"value\":1}\n", []string{"client", "fleet.greeter", "Streamer.Sum", "-"}, 0, "{\"total\":\"1\",\"n\":\"1\"}\n", ""},
		{"bidi", "{\"stroke\":1}\n{\"stroke\":2}\n", []string{"bidi", "fleet.greeter", "Streamer.PingPong"}, 0, "{\"stroke\":\"1\",\"note\":\"pong:\"}\n{\"stroke\":\"2\",\"note\":\"pong:\"}\n", ""},
		{"bidi that fails", "{\"note\":\"boom\"}\n", []string{"bidi", "fleet.greeter", "Streamer.PingPong"}, 1, "{\"note\":\"pong:boom\"}\n", "fleet.greeter Streamer.PingPong: 400 Bad Request: boom"},
		{"server that fails", "", []string{"server", "fleet.greeter", "Streamer.Count", `{"to":5,"failAfter":1,"failKind":"badrequest"}`}, 1, "{}\n", "400 Bad Request: stream failed"},
		{"server without a body", "", []string{"server", "fleet.greeter", "Streamer.Count"}, 0, "{}\n", ""},
		{"a line that is not JSON", "{\"value\":1}\nnope\n", []string{"client", "fleet.greeter", "Streamer.Sum"}, 2, "", "line 2: not JSON"},
		{"a line that does not fit", "{\"valu\":1}\n", []string{"client", "fleet.greeter", "Streamer.Sum"}, 2, "", "line 1: valu: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := w.feed(t, tt.in, append([]string{"stream"}, tt.args...)...).status(t, tt.code)
			if got.out != tt.out || !strings.Contains(got.err, tt.err) {
				t.Errorf("%q, %q", got.out, got.err)
			}
		})
	}
}

func TestTailAndPublish(t *testing.T) {
	w := newWorld(t)
	tail := w.start(strings.NewReader(""), "tail", "greetings", "plain", "--count", "3")
	eventually(t, "the tail's subscriptions", func() bool {
		var topics []struct {
			Name  string
			Nodes int
		}
		got := w.run(t, "topics", "-o", "json")
		_ = json.Unmarshal([]byte(got.out), &topics)
		return len(topics) == 2 && topics[0].Nodes == 2 && topics[1].Nodes == 1
	})
	if got := w.feed(t, `{"id":"o1"}`, "publish", "greetings", "-", "--metadata", "tenant=t1").status(t, 0); got.out+got.err != "" {
		t.Errorf("publish says %q, %q", got.out, got.err)
	}
	eventually(t, "the first message", func() bool { return strings.Count(tail.out.String(), "\n") == 1 })
	w.run(t, "publish", "plain", `{"a":[1]}`).status(t, 0)
	eventually(t, "the second message", func() bool { return strings.Count(tail.out.String(), "\n") == 2 })
	w.run(t, "publish", "plain", "\x01\xff", "--metadata", "Content-Type=application/x").status(t, 0)
	if code := tail.ends(t); code != 0 {
		t.Errorf("status %d: %s", code, &tail.err)
	}
	golden(t, "tail.ndjson", tail.out.String())
	if got := w.run(t, "tail", "greetings", "--for", "50ms").status(t, 0); got.out != "" {
		t.Errorf("nothing came, and it says %q", got.out)
	}
}

func TestProfiles(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "heap.pb.gz")
	got := w.run(t, "profile", "fleet.greeter", "--kind", "heap", "--out", path, "-o", "json").status(t, 0)
	var rows []struct {
		Service, Node, Kind, File, Open, Error string
		Size                                   int
	}
	if err := json.Unmarshal([]byte(got.out), &rows); err != nil || len(rows) != 1 {
		t.Fatal(err, got.out)
	}
	if r := rows[0]; r.Service != "fleet.greeter" || r.Kind != "heap" || r.File != path || r.Size == 0 || !strings.Contains(r.Open, "pprof") || r.Error != "" {
		t.Errorf("row = %+v", r)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || info.Size() != int64(rows[0].Size) {
		t.Errorf("file: %v, %v", info, err)
	}
	w.run(t, "profile", "capture", "fleet.greeter", "--kind", "heap", "--out", path).status(t, 1) // it exists
	w.run(t, "profile", "fleet.greeter", "--kind", "heap", "--out", path, "--force").status(t, 0)
	w.run(t, "profile", "fleet.greeter", "--kind", "cpu", "--seconds", "0.1", "--out", filepath.Join(dir, "cpu.pb.gz")).status(t, 0)
	if got := w.run(t, "profile", "top", path, "--type", "inuse_space", "--limit", "3").status(t, 0); !strings.HasPrefix(got.out, "FLAT") {
		t.Errorf("top: %s", got.out)
	}
	for _, args := range [][]string{{"tree", path}, {"flame", path, "--type", "alloc_space"}, {"diff", path, path}} {
		w.run(t, append([]string{"profile"}, args...)...).status(t, 0)
	}
	merged := filepath.Join(dir, "merged.pb.gz")
	w.run(t, "profile", "merge", path, path, "--out", merged).status(t, 0)
	w.run(t, "profile", "top", merged).status(t, 0)
	if got := w.run(t, "profile", "top", filepath.Join(dir, "nope")).status(t, 1); !strings.Contains(got.err, "microtop profile list") {
		t.Errorf("a file that is not there: %s", got.err)
	}
	w.claim(t, &registry.Service{Name: "fleet.greeter", Version: "2", Nodes: []*registry.Node{{Id: "http-1", Address: "127.0.0.1:1", Metadata: map[string]string{"protocol": "http"}}}})
	many := filepath.Join(dir, "many")
	got = w.run(t, "profile", "fleet.greeter", "--kind", "goroutine", "--out", many).status(t, 1)
	if files, err := os.ReadDir(many); err != nil || len(files) != 1 {
		t.Errorf("files of several nodes: %v, %v", files, err)
	}
	if !strings.Contains(got.out, "http-1 speaks http") {
		t.Errorf("the node that failed: %s", got.out)
	}
}

// The names of sub-commands win over services of those names, and a profile without --out goes into the current folder under
// a name that says what it is of.
func TestNamesOfProfiles(t *testing.T) {
	w := newWorld(t)
	t.Chdir(t.TempDir())
	w.claim(t, &registry.Service{Name: "top", Version: "1", Nodes: []*registry.Node{{Id: "top-1", Address: w.service.Server().Options().Address, Metadata: map[string]string{"protocol": "mucp"}}}})
	if got := w.run(t, "profile", "top").status(t, 2); !strings.Contains(got.err, "microtop profile top") {
		t.Errorf("%q", got.err)
	}
	got := w.run(t, "profile", "capture", "top", "--kind", "heap", "-o", "ndjson").status(t, 0)
	if !regexp.MustCompile(`"file":"top-top-1-heap-\d{8}T\d{6}Z\.pb\.gz"`).MatchString(got.out) {
		t.Errorf("%s", got.out)
	}
	if files, err := filepath.Glob("top-top-1-heap-*.pb.gz"); err != nil || len(files) != 1 {
		t.Error(files, err)
	}
	w.claim(t, &registry.Service{Name: "gone", Version: "1", Nodes: []*registry.Node{{Id: "gone-1", Address: "127.0.0.1:1", Metadata: map[string]string{"protocol": "mucp"}}}})
	if got := w.run(t, "profile", "gone").status(t, 1); !strings.Contains(got.out, "connection refused: is it running there?") {
		t.Errorf("of a node that is down: %s", got.out)
	}
}

func TestHealthOfNodesThatAreNot(t *testing.T) {
	w := newWorld(t)
	w.claim(t, &registry.Service{Name: "gone", Version: "1", Nodes: []*registry.Node{{Id: "gone-1", Address: "127.0.0.1:1", Metadata: map[string]string{"protocol": "mucp"}}}})
	for _, command := range []string{"health", "stats"} {
		got := w.run(t, command, "gone", "-o", "json").status(t, 1)
		golden(t, command+"-gone.json", got.out)
	}
	got := w.run(t, "logs", "gone").status(t, 1)
	if got.out != "" || !strings.Contains(got.err, "logs of gone-1: ") {
		t.Errorf("logs: %q, %q", got.out, got.err)
	}
	got = w.run(t, "doctor", "-o", "json").status(t, 1)
	if !strings.Contains(got.out, `"check": "node gone-1",`+"\n    "+`"result": "failed"`) || !strings.Contains(got.out, `"result": "skipped"`) {
		t.Errorf("doctor: %s", got.out)
	}
}

func TestDoctor(t *testing.T) {
	w := newWorld(t)
	w.claim(t, &registry.Service{Name: "web", Version: "1", Nodes: []*registry.Node{{Id: "web-1", Address: "127.0.0.1:1", Metadata: map[string]string{"protocol": "http"}}}})
	t.Setenv("HTTPS_PROXY", "http://proxy.example")
	got := w.run(t, "doctor").status(t, 0)
	for _, want := range []string{"HTTPS_PROXY set, and ignored", "registry file " + w.dir, "2 services, 2 nodes", "broker http", "node fleet.greeter-", "web-1 speaks http"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("%s lacks %q", got.out, want)
		}
	}
}

func TestLogs(t *testing.T) {
	w := newWorld(t)
	w.log("one", "two\nlines", "three")
	got := w.run(t, "logs", "fleet.greeter", "--count", "2").status(t, 0)
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	var line struct {
		Service, Node, Message string
		Metadata               map[string]string
	}
	if len(lines) != 2 {
		t.Fatalf("got %q", got.out)
	}
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil || line.Message != "two\nlines" || line.Service != "fleet.greeter" || line.Metadata["level"] != "info" {
		t.Errorf("%v: %+v", err, line)
	}
	got = w.run(t, "logs", "fleet.greeter", "--count", "2", "-o", "table").status(t, 0)
	if strings.Count(got.out, "\n") != 2 || !strings.Contains(got.out, `info two\nlines`) {
		t.Errorf("table: %q", got.out)
	}
}

func TestWatch(t *testing.T) {
	w := newWorld(t)
	watch := w.start(strings.NewReader(""), "watch", "--for", "5s")
	eventually(t, "the first line", func() bool { return strings.Contains(watch.out.String(), `"kind":"joined","service":"fleet.greeter"`) })
	w.claim(t, &registry.Service{Name: "late", Version: "1", Nodes: []*registry.Node{{Id: "late-1", Address: "127.0.0.1:1"}}})
	eventually(t, "the line of what comes", func() bool {
		return strings.Contains(watch.out.String(), `"kind":"joined","service":"late","version":"1","node":"late-1","address":"127.0.0.1:1","metadata":{}`)
	})
	if code := watch.ends(t); code != 0 {
		t.Errorf("status %d: %s", code, &watch.err)
	}
}

func TestVersion(t *testing.T) {
	if got := run(t, "", "version").status(t, 0); !strings.HasPrefix(got.out, "microtop ") || strings.Count(got.out, "\n") != 1 {
		t.Errorf("got %q", got.out)
	}
}

// Flags win over the environment, which is read anew by each run; - and _ are the same.
func TestConnecting(t *testing.T) {
	w := newWorld(t)
	other := filepath.Join(t.TempDir(), "other")
	t.Setenv("MICRO_REGISTRY", "file")
	t.Setenv("MICRO_REGISTRY_ADDRESS", w.dir)
	if got := run(t, "", "services").status(t, 0); !strings.Contains(got.out, "fleet.greeter") {
		t.Errorf("environment: %s", got.out)
	}
	if got := run(t, "", "services", "--registry_address", other).status(t, 0); strings.Contains(got.out, "fleet.greeter") {
		t.Errorf("flag: %s", got.out)
	}
	if got := run(t, "", "services", "--registry_address", w.dir+","+other).status(t, 0); !strings.Contains(got.out, "fleet.greeter") {
		t.Errorf("several addresses: %s", got.out)
	}
	t.Setenv("MICRO_REGISTRY", "nope")
	run(t, "", "services").status(t, 2)
	run(t, "", "services", "--registry", "memory").status(t, 0)
	t.Setenv("MICRO_REGISTRY", "file")
	t.Setenv("MICRO_BROKER", "nope")
	run(t, "", "services").status(t, 2)
	t.Setenv("MICRO_BROKER", "")
	t.Setenv("MICRO_PROXY", "127.0.0.1:1") // services may go through one; this does not
	if got := run(t, "", "call", "fleet.greeter", "Greeter.Hello", "{}").status(t, 0); got.out == "" {
		t.Errorf("proxy: %s", got.err)
	}
}

func TestCompletion(t *testing.T) {
	w := newWorld(t)
	w.claim(t, &registry.Service{Name: "$(reboot)", Version: "1", Nodes: []*registry.Node{{Id: "a", Address: "127.0.0.1:1"}}})
	complete := func(args ...string) string {
		return run(t, "", append([]string{"__complete", "--registry", "file", "--registry-address", w.dir}, args...)...).status(t, 0).out
	}
	if got := complete("describe", ""); !strings.HasPrefix(got, "fleet.greeter\n:4\n") {
		t.Errorf("services: %q", got)
	}
	if got := complete("call", "fleet.greeter", "Greeter.H"); !strings.HasPrefix(got, "Greeter.Headers\nGreeter.Hello\n:4\n") {
		t.Errorf("endpoints: %q", got)
	}
	if got := complete("tail", "gr"); !strings.HasPrefix(got, "greetings\n:4\n") {
		t.Errorf("topics: %q", got)
	}
}
