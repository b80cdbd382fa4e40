package contexts_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/introspect/contexts"
)

const sample = `# the targets of the shop
current: local
contexts:
  local: # this host
    registry: mdns
  staging:
    registry: file
    registryAddress: reg
    broker: http
    brokerAddress: 127.0.0.1:9000
    protocol: mucp
    transport: grpc
    ca: ca.pem
    serverName: shop
    cert: ~/c.pem
    key: /x/k.pem
    debugToken: "{{env:STAGING_TOKEN}}"
    debugTokenHosts: [10.0.0.0/8, 192.168.1.7]
    timeout: 2s
    metadata:
      tenant: acme
      authorization: Bearer {{file:token}}
    proto:
      - shop.proto
    protoset: set.pb
    colour: yellow
    readonly: true
`

func file(t *testing.T, text string) *contexts.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "microtop", "contexts.yaml")
	f, err := contexts.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != "" {
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func written(t *testing.T, f *contexts.File) string {
	t.Helper()
	text, err := os.ReadFile(f.Path())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAFileIsRead(t *testing.T) {
	got, err := file(t, sample).Read()
	if err != nil {
		t.Fatal(err)
	}
	want := contexts.Saved{Current: "local", Contexts: []contexts.Context{{Name: "local", Registry: "mdns"}, {
		Name: "staging", Registry: "file", RegistryAddress: "reg", Broker: "http", BrokerAddress: "127.0.0.1:9000", Transport: "grpc", Protocol: "mucp",
		CA: "ca.pem", Cert: "~/c.pem", Key: "/x/k.pem", ServerName: "shop", DebugToken: "{{env:STAGING_TOKEN}}", DebugTokenHosts: []string{"10.0.0.0/8", "192.168.1.7"},
		Timeout: "2s", Metadata: map[string]string{"tenant": "acme", "authorization": "Bearer {{file:token}}"},
		Proto: []string{"shop.proto"}, Protoset: []string{"set.pb"}, Colour: "yellow", ReadOnly: true,
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, none := range []string{"", "# nothing yet\n", "contexts:\n", "current: none\n"} {
		if got, err := file(t, none).Read(); err != nil || len(got.Contexts) > 0 {
			t.Errorf("%q: %v %v", none, got, err)
		}
	}
}

// What is wrong names the file, the line, the field and what to write.
func TestABadFileSaysWhereAndWhatToDo(t *testing.T) {
	deep := strings.Repeat("[", 12_000)
	for text, want := range map[string]string{
		"contexts:\n  a:\n    registy: mdns\n":                     `line 3: contexts.a: unknown field "registy": did you mean registry`,
		"contexts:\n  a:\n    timeout: soon\n":                     "line 3: contexts.a.timeout: write a time such as 500ms or 5s",
		"contexts:\n  a:\n    timeout: -5s\n":                      "line 3: contexts.a.timeout: write a time",
		"contexts:\n  a:\n    debugToken: hunter2\n":               "line 3: contexts.a.debugToken: a secret is not kept in this file: write {{env:NAME}} or {{file:PATH}}",
		"contexts:\n  a:\n    metadata:\n      api-key: hunter2\n": "line 4: contexts.a.metadata: api-key: a secret is not kept",
		"contexts:\n  a:\n    registryAddress: \"{{vault:x}}\"\n":  "line 3: contexts.a.registryAddress: {{ begins a reference",
		"contexts:\n  a:\n    colour: beige\n":                     "line 3: contexts.a.colour: use one of red,",
		"contexts:\n  a:\n    color: red\n":                        "did you mean colour?",
		"contexts:\n  a:\n    protocol: soap\n":                    "use one of auto, mucp, grpc, http",
		"contexts:\n  a:\n    readonly: maybe\n":                   "line 3: contexts.a.readonly: write true or false",
		"contexts:\n  a:\n    tls: \"true\"\n":                     "write true or false",
		"contexts:\n  a:\n    debugTokenHosts: [\"10/8\"]\n":       "neither an address nor a prefix",
		"contexts:\n  a:\n    key: k.pem\n":                        "name the file of that too, as cert",
		"contexts:\n  a:\n    cert: k.pem\n":                       "name the file of that too, as key",
		"contexts:\n  a:\n    insecure: true\n    ca: x\n":         "leave one out",
		"contexts:\n  a:\n    registry: [mdns]\n":                  "line 3: contexts.a.registry: write a text",
		"contexts:\n  a:\n    proto: {a: b}\n":                     "write a list",
		"contexts:\n  - a\n":                                       "line 2: contexts: write names",
		"contexts:\n  none:\n    registry: mdns\n":                 `line 2: contexts: "none": "none" stands for no context`,
		"contexts:\n  \"a b\":\n":                                  "letters, digits",
		"contexts:\n  a: {}\n  a: {}\n":                            "line 3:",
		"context:\n  a: {}\n":                                      `line 1: unknown field "context": did you mean contexts`,
		"current: stagin\ncontexts:\n  staging: {}\n":              `line 1: current: no context "stagin": did you mean staging?`,
		"current: a\n": "there is none yet",
		"contexts:\n  a: &x\n    registry: mdns\n  b: *x\n": "line 2: contexts: anchors and aliases are not read here",
		"contexts:\n  a: [\n":                               "this is no YAML",
		"\tcontexts:\n":                                     "line 1: this is no YAML",
		"contexts:\n  a:\n    registry: " + strings.Repeat("x", 5000) + "\n":        "it is over 4096 bytes",
		"contexts:\n  a:\n    proto: [" + strings.Repeat("x,", 101) + "]\n":         "more than 100",
		"contexts:\n  a:\n    metadata: {" + pairs(101) + "}\n":                     "more than 100",
		"contexts: {" + pairs(201) + "}\n":                                          "contexts",
		"# " + strings.Repeat("x", 256<<10):                                         "over 262144 bytes",
		"contexts: " + deep:                                                         "this is no YAML",
		"contexts:\n  a:\n    metadata:\n      x: 1\n      \"\\e[2J\": {{env:A}}\n": "write a text",
		"contexts:\n  a:\n    transport: pigeon\n":                                  "line 3: contexts.a.transport: use http or grpc",
		"contexts:\n  a:\n    transport: grpc\n    protocol: http\n":                "it is of mucp nodes, and the protocol is http",
	} {
		f := file(t, text)
		_, err := f.Read()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), f.Path()) {
			t.Errorf("%.60q: %v\nwant %s", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the secret is said: %v", err)
		}
		if err := f.Set(contexts.Context{Name: "new"}); err == nil {
			t.Errorf("%.60q: a file that is wrong was changed", text)
		} else if written(t, f) != text {
			t.Errorf("%.60q became %q", text, written(t, f))
		}
	}
}

func pairs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: x, ", i)
	}
	return b.String()
}

func TestAPipeIsNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "contexts.yaml")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("not run: no pipe can be made: %v", err)
	}
	f, err := contexts.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(); err == nil || !strings.Contains(err.Error(), "no plain file") {
		t.Error(err)
	}
}

func TestReferencesAndFilesAreFilledIn(t *testing.T) {
	f := file(t, sample)
	t.Setenv("HOME", "/home/shop")
	saved, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	staging, err := saved.Get("staging")
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	_, err = staging.Resolve(f.Dir(), lookup)
	for _, want := range []string{"context staging: ", "debugToken: {{env:STAGING_TOKEN}}: the environment variable STAGING_TOKEN is not set", "metadata.authorization: {{file:token}}: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	env["STAGING_TOKEN"] = "hunter2"
	if err := os.WriteFile(filepath.Join(f.Dir(), "token"), []byte("abc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := staging.Resolve(f.Dir(), lookup)
	if err != nil {
		t.Fatal(err)
	}
	want := staging
	want.CA, want.Cert, want.Key = filepath.Join(f.Dir(), "ca.pem"), "/home/shop/c.pem", "/x/k.pem"
	want.DebugToken, want.Metadata = "hunter2", map[string]string{"tenant": "acme", "authorization": "Bearer abc"}
	want.ProtoPath, want.Protoset = []string{f.Dir()}, []string{filepath.Join(f.Dir(), "set.pb")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if staging.Metadata["authorization"] != "Bearer {{file:token}}" || staging.Protoset[0] != "set.pb" {
		t.Errorf("the context itself was changed: %+v", staging)
	}
	for name, text := range map[string]string{"empty": "\n", "large": strings.Repeat("x", 64<<10+1)} {
		if err := os.WriteFile(filepath.Join(f.Dir(), "token"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := staging.Resolve(f.Dir(), lookup); err == nil {
			t.Errorf("a token file that is %s is taken", name)
		}
	}
}

func TestAChangeLeavesTheRestAlone(t *testing.T) {
	f := file(t, sample)
	local := contexts.Context{Name: "local", Registry: "file", RegistryAddress: "/run/x", ReadOnly: true}
	if err := f.Set(local); err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(sample, "    registry: mdns\n", "    registry: file\n    registryAddress: /run/x\n    readonly: true\n", 1)
	if diff := cmp.Diff(want, written(t, f)); diff != "" {
		t.Error(diff)
	}
	if err := f.Set(contexts.Context{Name: "local", Registry: "mdns"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample, written(t, f)); diff != "" {
		t.Error(diff)
	}
}

func TestContextsAreMadeChosenAndRemoved(t *testing.T) {
	f := file(t, "")
	for _, c := range []contexts.Context{{Name: "a", Registry: "mdns", Timeout: "5s"}, {Name: "b", Metadata: map[string]string{"tenant": "yes"}, Proto: []string{"1.5"}}} {
		if err := f.Set(c); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(f.Path()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if err := f.Use("b"); err != nil {
		t.Fatal(err)
	}
	saved, err := f.Read()
	want := contexts.Saved{Current: "b", Contexts: []contexts.Context{{Name: "a", Registry: "mdns", Timeout: "5s"}, {Name: "b", Metadata: map[string]string{"tenant": "yes"}, Proto: []string{"1.5"}}}}
	if diff := cmp.Diff(want, saved); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, err := range []error{f.Use("c"), f.Remove("c")} {
		if err == nil || !strings.Contains(err.Error(), `no context "c": did you mean a or b?`) {
			t.Error(err)
		}
	}
	if err := f.Use("a"); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove("a"); err != nil {
		t.Fatal(err)
	}
	if saved, err := f.Read(); err != nil || saved.Current != "" || len(saved.Contexts) != 1 {
		t.Errorf("%+v %v", saved, err)
	}
	if err := errors.Join(f.Use("b"), f.Use(contexts.None)); err != nil {
		t.Fatal(err)
	}
	if saved, err := f.Read(); err != nil || saved.Current != "" {
		t.Errorf("%+v %v", saved, err)
	}
	for _, bad := range []contexts.Context{{Name: "none"}, {Name: "x y"}, {Name: ""}, {Name: "t", DebugToken: "hunter2"}, {Name: "t", Timeout: "x"}, {Name: "t", Registry: "{{x"}} {
		before := written(t, f)
		if err := f.Set(bad); err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "line ") {
			t.Errorf("%+v: %v", bad, err)
		}
		if written(t, f) != before {
			t.Errorf("%+v was written", bad)
		}
	}
	if parts, err := filepath.Glob(f.Path() + "*.part"); err != nil || len(parts) > 0 {
		t.Errorf("%v %v", parts, err)
	}
}

func TestALinkStaysALink(t *testing.T) {
	f := file(t, sample)
	real := filepath.Join(t.TempDir(), "dotfiles.yaml")
	if err := errors.Join(os.Rename(f.Path(), real), os.Symlink(real, f.Path())); err != nil {
		t.Fatal(err)
	}
	if err := f.Use("staging"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(f.Path()); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%v %v", info, err)
	}
	if text, err := os.ReadFile(real); err != nil || !strings.Contains(string(text), "current: staging") {
		t.Errorf("%s %v", text, err)
	}
}

func TestAFileIsReplacedOnlyByOneThatCanBeRead(t *testing.T) {
	f := file(t, sample)
	if err := f.Replace("contexts: 1\n"); err == nil || !strings.Contains(err.Error(), "line 1") || written(t, f) != sample {
		t.Errorf("%v\n%s", err, written(t, f))
	}
	if err := f.Replace(contexts.Example); err != nil {
		t.Fatal(err)
	}
	if text, err := f.Text(); err != nil || text != contexts.Example {
		t.Errorf("%q %v", text, err)
	}
	uncommented := ""
	for line := range strings.Lines(contexts.Example) {
		if rest, ok := strings.CutPrefix(line, "# "); ok && !strings.HasPrefix(rest, "Saved") {
			uncommented += rest
		}
	}
	if saved, err := contexts.Parse([]byte(uncommented)); err != nil || len(saved.Contexts) != 2 {
		t.Errorf("the example is wrong: %v %v\n%s", saved, err, uncommented)
	}
}

func TestThePathIsTheUsers(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	path, err := contexts.Path()
	if err != nil || filepath.Base(path) != "contexts.yaml" || filepath.Base(filepath.Dir(path)) != "microtop" {
		t.Errorf("%s %v", path, err)
	}
}

// What is read is as it says, whoever wrote the file; what is written is read as it was meant.
func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("contexts: {a: &x [*x], b: *x}"))
	f.Add([]byte("current: a\ncontexts:\n  a:\n    metadata: {x: 1}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		saved, err := contexts.Parse(text)
		if err != nil {
			return
		}
		if len(saved.Contexts) > 200 {
			t.Fatalf("%d contexts", len(saved.Contexts))
		}
		file, err := contexts.Open(filepath.Join(t.TempDir(), "contexts.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range saved.Contexts {
			if err := contexts.CheckName(c.Name); err != nil {
				t.Fatal(err)
			}
			if err := file.Set(c); err != nil {
				t.Fatalf("%+v cannot be written: %v", c, err)
			}
		}
		again, err := file.Read()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(normal(saved.Contexts), normal(again.Contexts)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// normal leaves out what is empty, which says nothing.
func normal(list []contexts.Context) []contexts.Context {
	var out []contexts.Context
	for _, c := range list {
		if len(c.Metadata) == 0 {
			c.Metadata = nil
		}
		for _, l := range []*[]string{&c.DebugTokenHosts, &c.Proto, &c.ProtoPath, &c.Protoset} {
			if len(*l) == 0 {
				*l = nil
			}
		}
		out = append(out, c)
	}
	return out
}
