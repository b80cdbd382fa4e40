package arch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/internal/arch"
)

// tree makes a small repository of the module example.org/house.
func tree(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, source := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(source)}
	}
	return fsys
}

// inspect gives the findings as "rule file:line".
func inspect(t *testing.T, files map[string]string, exceptions ...arch.Exception) []string {
	t.Helper()
	house, err := arch.Load(tree(files), "example.org/house")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range arch.Inspect(house, arch.Rules(), exceptions) {
		if f.What == "" || f.Mend == "" {
			t.Errorf("%v: a finding says what and how to mend it", f)
		}
		got = append(got, fmt.Sprintf("%s %s:%d", f.Rule, f.File, f.Line))
	}
	return got
}

func imports(pkg string, paths ...string) string {
	source := "package " + pkg + "\n"
	for _, path := range paths {
		source += fmt.Sprintf("import _ %q\n", path)
	}
	return source
}

const leakMain = "package %s_test\nimport (\n\"testing\"\n\"go.uber.org/goleak\"\n)\nfunc TestMain(m *testing.M) { goleak.VerifyTestMain(m) }\n"

var breaches = []struct {
	name  string
	files map[string]string
	want  []string
}{
	{"L10 deadlines do not follow the wall clock",
		map[string]string{"framework/selector/health.go": "package selector\nimport \"time\"\nvar (\na = time.Now()\nb = time.Now().UnixNano()\nc = time.Now().Add(time.Second).Unix()\n)\n",
			"framework/registry/file/view.go": "package file\nimport \"time\"\nvar a = time.Now().Unix()\n"},
		[]string{"no wall clock framework/selector/health.go:5", "no wall clock framework/selector/health.go:6"}},
	{"main imports only internal/cli",
		map[string]string{"main.go": imports("main", "example.org/house/internal/cli", "example.org/house/framework")},
		[]string{"floors main.go:3"}},
	{"the framework imports nothing of the house",
		map[string]string{"framework/broker/broker.go": imports("broker", "example.org/house/framework/registry", "example.org/house/introspect")},
		[]string{"floors framework/broker/broker.go:3"}},
	{"nor do its tests",
		map[string]string{"framework/broker/broker_test.go": imports("broker_test", "example.org/house/internal/testnet")},
		[]string{"floors framework/broker/broker_test.go:2"}},
	{"tui imports nothing of the house",
		map[string]string{"tui/table/table.go": imports("table", "example.org/house/tui/safetext", "example.org/house/framework")},
		[]string{"floors tui/table/table.go:3"}},
	{"introspect does not look up",
		map[string]string{"introspect/fleet/fleet.go": imports("fleet", "example.org/house/framework", "example.org/house/profiling")},
		[]string{"floors introspect/fleet/fleet.go:3"}},
	{"profiling does not look up",
		map[string]string{"profiling/flame.go": imports("profiling", "example.org/house/introspect", "example.org/house/tui")},
		[]string{"floors profiling/flame.go:3"}},
	{"views leave the framework to introspect",
		map[string]string{"views/services/services.go": imports("services", "example.org/house/introspect/fleet", "example.org/house/framework/registry")},
		[]string{"floors views/services/services.go:3"}},
	{"only main and internal import internal",
		map[string]string{"views/services/services.go": imports("services", "example.org/house/internal/settings")},
		[]string{"floors views/services/services.go:2"}},
	{"a view does not import another",
		map[string]string{"views/services/services.go": imports("services", "example.org/house/views/services/row", "example.org/house/views/call")},
		[]string{"views apart views/services/services.go:3"}},
	{"no Bubble Tea below the views",
		map[string]string{
			"introspect/fleet/fleet.go": imports("fleet", "charm.land/bubbletea/v2"),
			"profiling/top.go":          imports("profiling", "github.com/charmbracelet/x/ansi"),
			"views/top/top.go":          imports("top", "charm.land/bubbletea/v2"),
		},
		[]string{"no terminal below the views introspect/fleet/fleet.go:2", "no terminal below the views profiling/top.go:2"}},
	{"heavy drivers stay at home",
		map[string]string{
			"framework/registry/etcd/etcd.go": imports("etcd", "go.etcd.io/etcd/client/v3"),
			"framework/registry/registry.go":  imports("registry", "go.etcd.io/etcd/client/v3", "github.com/fsnotify/fsnotify"),
			"framework/registry/file/file.go": imports("file", "github.com/fsnotify/fsnotify"),
		},
		[]string{"drivers at home framework/registry/registry.go:2", "drivers at home framework/registry/registry.go:3"}},
	{"the top level is a short list",
		map[string]string{"go.mod": "", "reports/x.json": "", "pkg/README": "", "notes.txt": ""},
		[]string{"top level notes.txt:0", "top level pkg:0"}},
	{"internal has named rooms",
		map[string]string{"internal/cli/cli.go": "package cli\n", "internal/stuff/a.go": "package stuff\n", "internal/stuff/b.go": "package stuff\n"},
		[]string{"internal rooms internal/stuff/a.go:0"}},
	{"vague names",
		map[string]string{
			"framework/util/id.go":      "package id\n",
			"introspect/x/x.go":         "package helpers\n",
			"tui/my_table/table.go":     "package my_table\n",
			"tui/form/form_test.go":     "package form_test\n",
			"framework/types/types.go":  "package types\n",
			"framework/types/types2.go": "package types\n",
		},
		[]string{"names framework/types/types.go:1", "names framework/util/id.go:1", "names introspect/x/x.go:1", "names tui/my_table/table.go:1"}},
	{"main.go is short",
		map[string]string{"main.go": "package main\n" + strings.Repeat("//\n", 30), "version.go": "package main\n"},
		[]string{"top level version.go:0", "short main main.go:31"}},
	{"files are short",
		map[string]string{
			"tui/a.go":    "package tui\n" + strings.Repeat("\n", 500),
			"tui/b.go":    "package tui\n" + strings.Repeat("\n", 499),
			"tui/c.pb.go": "// Code generated by a tool. DO NOT EDIT.\n\npackage tui\n" + strings.Repeat("\n", 600),
		},
		[]string{"file length tui/a.go:501"}},
	{"no bare goroutine on the screen",
		map[string]string{
			"tui/table/table.go":           "package table\nfunc f() {\n\tgo f()\n}\n",
			"tui/table/table_test.go":      fmt.Sprintf(leakMain, "table"),
			"tui/guard/guard.go":           "package guard\nfunc f() { go f() }\n",
			"tui/guard/guard_test.go":      fmt.Sprintf(leakMain, "guard"),
			"views/services/services.go":   "package services\nfunc f() { go f() }\n",
			"views/services/a_test.go":     fmt.Sprintf(leakMain, "services"),
			"introspect/fleet/fleet.go":    "package fleet\nfunc f() { go f() }\n",
			"introspect/fleet/all_test.go": fmt.Sprintf(leakMain, "fleet"),
		},
		[]string{"goroutines of the screen tui/table/table.go:3", "goroutines of the screen views/services/services.go:2"}},
	{"init only registers plug-ins",
		map[string]string{
			"framework/registry/etcd/register.go": "package etcd\nfunc init() {}\n",
			"framework/registry/etcd/etcd.go":     "package etcd\nfunc init() {}\ntype t struct{}\nfunc (t) init() {}\n",
			"tui/register.go":                     "package tui\nfunc init() {}\n",
		},
		[]string{"no init framework/registry/etcd/etcd.go:2", "no init tui/register.go:2"}},
	{"timers that nobody can stop",
		map[string]string{
			"framework/a.go":                         "package micro\nimport \"time\"\nfunc f() { <-time.After(1); time.Sleep(1) }\n",
			"framework/b.go":                         "package micro\nimport clock \"time\"\nvar c = clock.Tick(1)\n",
			"framework/c.go":                         "package micro\nimport \"time\"\nvar d = time.NewTimer(1)\n",
			"framework/a_test.go":                    "package micro\nimport \"time\"\nfunc g() { time.Sleep(1) }\n",
			"framework/registry/registrytest/run.go": "package registrytest\nimport \"time\"\nfunc g() { time.Sleep(1) }\n",
		},
		[]string{"no loose timers framework/a.go:3", "no loose timers framework/a.go:3", "no loose timers framework/b.go:3"}},
	{"contexts are passed",
		map[string]string{
			"framework/server/options.go": "package server\nimport \"context\"\ntype SubscriberOptions struct { Context context.Context }\n",
			"framework/server/server.go":  "package server\nimport stdctx \"context\"\ntype server struct {\n\tctx stdctx.Context\n}\ntype other struct { stdctx.Context }\n",
			"tui/options.go":              "package tui\nimport \"context\"\ntype Options struct { Context context.Context }\n",
			"tui/reason.go":               "package tui\nimport \"context\"\ntype call struct {\n\tctx context.Context //nolint:containedctx // lives for one call\n}\n",
			"tui/why.go":                  "package tui\nimport \"context\"\ntype other struct {\n\tctx context.Context //nolint:containedctx\n}\n",
		},
		[]string{"no stored context framework/server/server.go:4", "no stored context framework/server/server.go:6", "no stored context tui/options.go:3", "no stored context tui/why.go:4"}},
	{"goroutines have a leak check",
		map[string]string{
			"framework/a/a.go":      "package a\nfunc f() {\n\tgo f()\n}\n",
			"framework/b/b.go":      "package b\nimport \"sync\"\nfunc f(wg *sync.WaitGroup) { wg.Go(func() {}) }\n",
			"framework/b/b_test.go": "package b\nimport \"go.uber.org/goleak\"\nvar _ = goleak.Find\n",
			"framework/c/c.go":      "package c\nfunc f() { go f() }\n",
			"framework/c/c_test.go": fmt.Sprintf(leakMain, "c"),
			"framework/d/d.go":      "package d\n",
			"framework/dtest/d.go":  "package dtest\nfunc f() { go f() }\n",
		},
		[]string{"leak check framework/a/a.go:3", "leak check framework/b/b.go:3"}},
}

func TestEachBreachIsFound(t *testing.T) {
	seen := map[string]bool{}
	for _, test := range breaches {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, inspect(t, test.files)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
		for _, want := range test.want {
			for _, rule := range arch.Rules() {
				seen[rule.Name] = seen[rule.Name] || strings.HasPrefix(want, rule.Name+" ")
			}
		}
	}
	for _, rule := range arch.Rules() {
		if !seen[rule.Name] {
			t.Errorf("no case shows that the rule %q can fail", rule.Name)
		}
	}
}

func TestAHouseInOrderHasNoFindings(t *testing.T) {
	got := inspect(t, map[string]string{
		"main.go":                     imports("main", "example.org/house/internal/cli"),
		"internal/cli/cli.go":         imports("cli", "example.org/house/views/services", "example.org/house/internal/settings", "example.org/house/framework"),
		"internal/interop/go.mod":     "module other\n",
		"internal/interop/x.go":       "package util\nfunc init() {}\n",
		"views/services/services.go":  imports("services", "example.org/house/tui/table", "example.org/house/introspect/fleet", "example.org/house/profiling"),
		"views/services/view_test.go": imports("services_test", "example.org/house/framework/registry"),
		"profiling/profiling.go":      imports("profiling", "example.org/house/introspect", "example.org/house/framework/client"),
		"framework/micro.go":          imports("micro", "example.org/house/framework/client", "github.com/miekg/dns"),
		"framework/testdata/bad.go":   "package util\nfunc init() {}\n",
		".tmp/bad.go":                 "not even Go",
	})
	if len(got) > 0 {
		t.Errorf("unexpected findings: %q", got)
	}
}

func TestExceptions(t *testing.T) {
	files := map[string]string{"tui/a.go": "package tui\nimport \"context\"\ntype call struct { ctx context.Context }\n"}
	rule, subject := "no stored context", "tui/a.go:call.ctx"
	cases := []struct {
		name string
		with []arch.Exception
		want []string
	}{
		{"without one the breach is found", nil, []string{rule + " tui/a.go:3"}},
		{"one with a reason holds", []arch.Exception{{rule, subject, "lives for one call"}}, nil},
		{"one without a reason is a finding", []arch.Exception{{rule, subject, " "}}, []string{"exceptions internal/arch/exceptions.go:0"}},
		{"one for another subject is a finding and does not help", []arch.Exception{{rule, "tui/b.go:x.y", "r"}}, []string{rule + " tui/a.go:3", "exceptions internal/arch/exceptions.go:0"}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			if got := inspect(t, files, test.with...); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestASourceThatDoesNotParseIsAnError(t *testing.T) {
	if _, err := arch.Load(tree(map[string]string{"tui/a.go": "pakkage"}), "example.org/house"); err == nil || !strings.Contains(err.Error(), "tui/a.go") {
		t.Errorf("got %v, want an error that names the file", err)
	}
}

func TestUninvited(t *testing.T) {
	deps := []string{
		"example.org/house/framework", "github.com/miekg/dns", "google.golang.org/protobuf/proto", "golang.org/x/net/http2/hpack",
		"golang.org/x/tools/go/packages", "github.com/fsnotify/fsnotify", "github.com/spf13/cobra", "github.com/spf13/cobraplus",
	}
	want := []string{"golang.org/x/tools/go/packages", "github.com/fsnotify/fsnotify", "github.com/spf13/cobraplus"}
	if diff := cmp.Diff(want, arch.Uninvited(deps, "example.org/house")); diff != "" {
		t.Errorf("uninvited (-want +got):\n%s", diff)
	}
}
