package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/internal/cli"
	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/contexts"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/tui/theme"
)

const savedTargets = `current: local
contexts:
  local:
    timeout: 7s
  staging:
    registry: file
    registryAddress: /staging/registry
    broker: http
    brokerAddress: 10.0.0.1:7000
    protocol: mucp
    transport: grpc
    ca: ca.pem
    debugToken: "{{env:STAGING_TOKEN}}"
    debugTokenHosts: [10.0.0.0/8]
    timeout: 2s
    metadata: {tenant: acme}
    proto: [shop.proto]
    readonly: true
`

// configure gives the test a folder of configuration with contexts in it.
func configure(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	if text != "" {
		if err := os.Mkdir(filepath.Join(dir, "microtop"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "microtop", "contexts.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "microtop")
}

// A flag wins over the environment, that over the context, that over the default; what belongs together is taken together.
func TestPrecedence(t *testing.T) {
	dir := configure(t, savedTargets)
	plain := cli.Where{Broker: "http", Protocol: "auto", Timeout: "5s"}
	staging := cli.Where{
		Context: "staging", Registry: "file", RegistryAddress: "/staging/registry", Broker: "http", BrokerAddress: "10.0.0.1:7000", Transport: "grpc",
		Protocol: "mucp", CA: filepath.Join(dir, "ca.pem"), Token: "hunter2", TokenHosts: []string{"10.0.0.0/8"}, Timeout: "2s",
		Metadata: map[string]string{"tenant": "acme"}, Proto: []string{"shop.proto"}, ProtoPath: []string{dir}, ReadOnly: true,
	}
	with := func(w cli.Where, change func(*cli.Where)) cli.Where {
		change(&w)
		return w
	}
	for name, c := range map[string]struct {
		env      map[string]string
		args     []string
		switched string
		want     cli.Where
		again    string
		said     string
	}{
		"the current one":               {nil, nil, "", with(plain, func(w *cli.Where) { w.Context, w.Timeout = "local", "7s" }), "--context local", ""},
		"none":                          {nil, []string{"--context", "none"}, "", plain, "--context none", ""},
		"none by the environment":       {map[string]string{"MICROTOP_CONTEXT": "none"}, nil, "", plain, "--context none", ""},
		"by the flag":                   {nil, []string{"--context", "staging"}, "", staging, "--context staging", ""},
		"by the environment":            {map[string]string{"MICROTOP_CONTEXT": "staging"}, nil, "", staging, "--context staging", ""},
		"the flag over the environment": {map[string]string{"MICROTOP_CONTEXT": "staging"}, []string{"--context", "none"}, "", plain, "--context none", ""},
		"flags over the context": {
			nil, []string{"--context", "staging", "--timeout", "1s", "--transport", "http", "--readonly=false"}, "",
			with(staging, func(w *cli.Where) { w.Timeout, w.Transport, w.ReadOnly = "1s", "http", false }), "--context staging --transport http", "",
		},
		"an address is one of its registry": {
			nil, []string{"--context", "staging", "--registry", "mdns"}, "",
			with(staging, func(w *cli.Where) { w.Registry, w.RegistryAddress = "mdns", "" }), "--context staging --registry mdns", "",
		},
		"the same registry at another address": {
			nil, []string{"--context", "staging", "--registry-address", "/x"}, "",
			with(staging, func(w *cli.Where) { w.RegistryAddress = "/x" }), "--context staging --registry-address /x", "",
		},
		"the environment over the context": {
			map[string]string{"MICRO_REGISTRY": "memory"}, []string{"--context", "staging"}, "",
			with(staging, func(w *cli.Where) { w.Registry, w.RegistryAddress = "memory", "" }),
			"--context staging --registry memory", "MICRO_REGISTRY=memory in the environment wins over the registry of context staging",
		},
		"a flag over the environment over the context": {
			map[string]string{"MICRO_REGISTRY": "memory"}, []string{"--context", "staging", "--registry", "mdns"}, "",
			with(staging, func(w *cli.Where) { w.Registry, w.RegistryAddress = "mdns", "" }), "--context staging --registry mdns", "",
		},
		"the environment's token goes to no host of the context's": {
			map[string]string{"MICRO_DEBUG_TOKEN": "mine"}, []string{"--context", "staging"}, "",
			with(staging, func(w *cli.Where) { w.Token, w.TokenHosts = "mine", nil }), "--context staging", "",
		},
		"insecure in the place of ca": {
			nil, []string{"--context", "staging", "--insecure"}, "",
			with(staging, func(w *cli.Where) { w.CA, w.Insecure = "", true }), "--context staging --insecure", "",
		},
		"proto files with their path": {
			nil, []string{"--context", "staging", "--proto", "/p/a.proto", "--proto-path", "/p"}, "",
			with(staging, func(w *cli.Where) { w.Proto, w.ProtoPath = []string{"/p/a.proto"}, []string{"/p"} }), "--context staging --proto /p/a.proto --proto-path /p", "",
		},
		"switched to": {
			map[string]string{"MICRO_REGISTRY": "memory", "MICRO_REGISTRY_ADDRESS": "m"}, []string{"--registry", "mdns", "--timeout", "1s", "--insecure"}, "staging",
			staging, "--context staging --registry file --registry-address /staging/registry", "",
		},
		"read only stays": {nil, []string{"--readonly"}, "local", with(plain, func(w *cli.Where) { w.Context, w.Timeout, w.ReadOnly = "local", "7s", true }), "--context local", ""},
		"switched back": {
			nil, []string{"--context", "staging", "--registry", "file", "--registry-address", "/x"}, "none",
			with(plain, func(w *cli.Where) { w.Registry, w.RegistryAddress = "file", "/x" }), "--context none --registry file --registry-address /x", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("STAGING_TOKEN", "hunter2")
			for key, value := range c.env {
				t.Setenv(key, value)
			}
			got, said, err := cli.Target(c.switched, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			c.want.Again = strings.Fields(c.again)
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			if !strings.Contains(said, c.said) || c.said == "" && said != "" {
				t.Errorf("said %q", said)
			}
			line := collection.Line(invoke.Request{Endpoint: "A.B"}, got.Again...)
			if _, _, err := collection.Parse(line); err != nil || strings.Contains(line, "hunter2") {
				t.Errorf("%s: %v", line, err)
			}
		})
	}
}

func TestAWrongContextIsAUsageError(t *testing.T) {
	configure(t, savedTargets)
	for name, want := range map[string]string{
		"stagin":  `no context "stagin": did you mean staging?`,
		"staging": "debugToken: {{env:STAGING_TOKEN}}: the environment variable STAGING_TOKEN is not set",
	} {
		if o := run(t, "", "services", "--context", name).status(t, 2); !strings.Contains(o.err, want) || o.out != "" {
			t.Errorf("%s%s", o.out, o.err)
		}
	}
	dir := configure(t, "contexts:\n  a:\n    registy: mdns\n")
	o := run(t, "", "services").status(t, 2)
	for _, want := range []string{filepath.Join(dir, "contexts.yaml"), "line 3", "did you mean registry", "--context none"} {
		if !strings.Contains(o.err, want) {
			t.Errorf("%q is not in %s", want, o.err)
		}
	}
	run(t, "", "services", "--context", "none", "--registry", "memory").status(t, 0)
}

// The whole life of a context on the command line.
func TestContextCommand(t *testing.T) {
	dir := configure(t, "")
	w := newWorld(t)
	if o := run(t, "", "context").status(t, 0); !strings.Contains(o.err, "no contexts yet") {
		t.Error(o.err)
	}
	run(t, "", "context", "set", "here", "--registry", "file", "--registry-address", w.dir, "--timeout", "3s", "--metadata", "tenant=acme", "--colour", "red", "--debug-token", "{{env:T}}").status(t, 0)
	run(t, "", "context", "add", "away", "--registry", "memory", "--readonly").status(t, 0)
	t.Setenv("T", "hunter2")
	if o := run(t, "", "services", "--context", "here", "-o", "json").status(t, 0); !strings.Contains(o.out, `"nodes": 1`) {
		t.Error(o.out)
	}
	run(t, "", "context", "use", "away").status(t, 0)
	if o := run(t, "", "services", "-o", "json").status(t, 0); strings.TrimSpace(o.out) != "[]" {
		t.Error(o.out)
	}
	if o := run(t, "", "call", "x", "X.Y").status(t, 1); !strings.Contains(o.err, "read only") {
		t.Error(o.err)
	}
	listed := strings.Fields(run(t, "", "context", "list").status(t, 0).out)
	if want := strings.Fields("NAME REGISTRY ADDRESS BROKER ACCESS here file " + w.dir + " - all * away memory - - read only"); !slices.Equal(listed, want) {
		t.Errorf("%q", listed)
	}
	golden(t, "context-list.json", strings.ReplaceAll(run(t, "", "context", "list", "-o", "json").status(t, 0).out, w.dir, "DIR"))
	golden(t, "context-show.json", strings.ReplaceAll(run(t, "", "context", "show", "here").status(t, 0).out, w.dir, "DIR"))
	golden(t, "context-show.yaml", run(t, "", "context", "show", "-o", "yaml").status(t, 0).out)
	run(t, "", "context", "set", "here", "--unset", "debugToken", "--metadata", "tenant=", "--timeout", "4s").status(t, 0)
	if o := run(t, "", "context", "show", "here", "-o", "ndjson").status(t, 0); strings.Contains(o.out, "tenant") || strings.Contains(o.out, "debugToken") || !strings.Contains(o.out, `"timeout":"4s"`) || !strings.Contains(o.out, `"registry":"file"`) {
		t.Error(o.out)
	}
	for _, c := range [][]string{{"set", "x", "--debug-token", "hunter2"}, {"set", "x", "--metadata", "token=hunter2"}, {"set", "x", "--colour", "beige"}, {"set", "none"}, {"set", "x", "--unset", "registy"}, {"set", "x", "--cert", "c.pem"}} {
		if o := run(t, "", append([]string{"context"}, c...)...).status(t, 2); strings.Contains(o.err, "hunter2") {
			t.Error(o.err)
		}
	}
	if o := run(t, "", "context", "use", "hre").status(t, 1); !strings.Contains(o.err, "did you mean here?") {
		t.Error(o.err)
	}
	run(t, "", "context", "remove", "away").status(t, 0)
	if o := run(t, "", "context", "show").status(t, 1); !strings.Contains(o.err, "no context is chosen") {
		t.Error(o.err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "contexts.yaml")); err != nil || strings.Contains(string(text), "hunter2") {
		t.Errorf("%s %v", text, err)
	}
	if o := run(t, "", "__complete", "services", "--context", "h").status(t, 0); !strings.HasPrefix(o.out, "here\n") {
		t.Error(o.out)
	}
}

// The context's metadata are sent with each call, below those of the call.
func TestCallsCarryTheContextsMetadata(t *testing.T) {
	configure(t, "contexts:\n  a:\n    metadata: {tenant: acme, region: eu}\n")
	w := newWorld(t)
	o := w.run(t, "call", "--context", "a", "--metadata", "Region=us", fleet.Service, "Greeter.Headers").status(t, 0)
	var got struct{ Headers map[string]string }
	if err := json.Unmarshal([]byte(o.out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Headers["Tenant"] != "acme" || got.Headers["Region"] != "us" {
		t.Errorf("%v", got.Headers)
	}
}

func TestEveryColourOfAContextIsOneOfTheThemes(t *testing.T) {
	for _, th := range []theme.Theme{theme.Default(), theme.Light(), theme.Plain()} {
		for _, name := range append(contexts.Colours, "#ff0000") {
			if _, ok := th.Tint(name); !ok {
				t.Errorf("%s has no %s", th.Name, name)
			}
		}
		if _, ok := th.Tint(""); ok {
			t.Errorf("%s tints what has no colour", th.Name)
		}
	}
}
