package cmd_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/cache"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/cmd"
	"github.com/microtop/microtop/framework/config"
	"github.com/microtop/microtop/framework/debug/profile"
	"github.com/microtop/microtop/framework/debug/trace"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/runtime"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/store"
	"github.com/microtop/microtop/framework/transport"
)

// service is a set of components, and a command line on it that ends nothing.
type service struct {
	auth      auth.Auth
	broker    broker.Broker
	cache     cache.Cache
	client    client.Client
	config    config.Config
	profile   profile.Profile
	registry  registry.Registry
	runtime   runtime.Runtime
	selector  selector.Selector
	server    server.Server
	store     store.Store
	tracer    trace.Tracer
	transport transport.Transport

	cmd    cmd.Cmd
	env    map[string]string
	out    bytes.Buffer
	status []int
}

func newService() *service {
	r := registry.NewRegistry()
	s := &service{
		auth: auth.NewAuth(), broker: broker.NewBroker(broker.Registry(r)), cache: cache.NewCache(), profile: profile.DefaultProfile,
		registry: r, runtime: runtime.NewRuntime(), selector: selector.NewSelector(selector.Registry(r)), store: store.NewStore(),
		tracer: trace.NewTracer(), transport: transport.NewHTTPTransport(), env: map[string]string{},
	}
	s.config, _ = config.NewConfig() // without sources nothing can fail
	s.client = client.NewClient(client.Registry(r), client.Selector(s.selector))
	s.server = server.NewServer(server.Registry(r), server.Name("coded"), server.Metadata(map[string]string{"zone": "north"}))
	s.cmd = cmd.NewCmd(
		cmd.Auth(&s.auth), cmd.Broker(&s.broker), cmd.Cache(&s.cache), cmd.Client(&s.client), cmd.Config(&s.config), cmd.Profile(&s.profile),
		cmd.Registry(&s.registry), cmd.Runtime(&s.runtime), cmd.Selector(&s.selector), cmd.Server(&s.server), cmd.Store(&s.store),
		cmd.Tracer(&s.tracer), cmd.Transport(&s.transport), cmd.Name("greeter"),
		cmd.Exit(func(status int) { s.status = append(s.status, status) }),
		cmd.LookupEnv(func(name string) (string, bool) { v, ok := s.env[name]; return v, ok }),
	)
	s.cmd.App().SetOut(&s.out)
	s.cmd.App().SetErr(&s.out)
	return s
}

// parse reads a command line.
func (s *service) parse(args ...string) error { return s.cmd.Init(cmd.Args(args...)) }

// settings shows what the flags of every kind change.
func (s *service) settings() string {
	o, c, st, a := s.server.Options(), s.client.Options(), s.store.Options(), s.auth.Options()
	return strings.Join([]string{
		fmt.Sprint(s.registry, s.broker, s.transport, s.store, s.auth, s.runtime, s.profile),
		fmt.Sprint(o.Name, " ", o.Version, " ", o.Id, " ", o.Address, " ", o.Advertise, " ", o.RegisterTTL, " ", o.RegisterInterval, " ", o.Metadata),
		fmt.Sprint(c.CallOptions.RequestTimeout, " ", c.CallOptions.Retries, " ", c.PoolSize, " ", c.PoolTTL),
		fmt.Sprint(st.Nodes, " ", st.Database, " ", st.Table),
		fmt.Sprint(a.ID, " ", a.Secret, " ", a.Namespace, " ", a.PublicKey, " ", a.PrivateKey),
		fmt.Sprint(s.registry.Options().Addrs, s.broker.Options().Addrs, s.transport.Options().Addrs),
	}, "\n")
}

var everything = [][2]string{
	{"client", "mucp"}, {"client_request_timeout", "300ms"}, {"client_retries", "4"}, {"client_pool_size", "7"}, {"client_pool_ttl", "9s"},
	{"register_ttl", "45"}, {"register_interval", "15"}, {"server", "mucp"}, {"server_name", "flagged"}, {"server_version", "2.1"},
	{"server_id", "n7"}, {"server_address", "127.0.0.1:0"}, {"server_advertise", "10.0.0.1:80"}, {"server_metadata", "rack=r1,row=2"},
	{"broker", "memory"}, {"broker_address", "127.0.0.1:7001"}, {"profile", "pprof"}, {"registry", "memory"},
	{"registry_address", "127.0.0.1:8001,127.0.0.1:8002"}, {"runtime", "local"}, {"runtime_source", "/srv"}, {"selector", "cache"},
	{"store", "memory"}, {"store_address", "a:1, b:2"}, {"store_database", "shop"}, {"store_table", "orders"}, {"transport", "memory"},
	{"transport_address", "127.0.0.1:9001"}, {"tracer", "memory"}, {"tracer_address", "x"}, {"auth", "noop"}, {"auth_id", "me"},
	{"auth_secret", "s3"}, {"auth_namespace", "ns"}, {"auth_public_key", "pub"}, {"auth_private_key", "priv"}, {"config", "memory"},
}

const everythingSet = `memory memory memory memory noop local pprof
flagged 2.1 n7 127.0.0.1:0 10.0.0.1:80 45s 15s map[rack:r1 row:2 zone:north]
300ms 4 7 9s
[a:1 b:2] shop orders
me s3 ns pub priv
[127.0.0.1:8001 127.0.0.1:8002] [127.0.0.1:7001] [127.0.0.1:9001]`

// The 37 flags, each with its variable, in both spellings; what they say reaches the components that are chosen.
func TestA242_EveryFlagAndItsVariable(t *testing.T) {
	if n := count(cmd.DefaultFlags()); n != 37 || n != len(everything) {
		t.Fatalf("%d flags, %d tried", n, len(everything))
	}
	underscores := func(s *service) error {
		var args []string
		for _, f := range everything {
			args = append(args, "--"+f[0], f[1])
		}
		return s.parse(args...)
	}
	dashes := func(s *service) error {
		var args []string
		for _, f := range everything {
			args = append(args, "--"+strings.ReplaceAll(f[0], "_", "-")+"="+f[1])
		}
		return s.parse(args...)
	}
	environment := func(s *service) error {
		for _, f := range everything {
			s.env["MICRO_"+strings.ToUpper(f[0])] = f[1]
		}
		delete(s.env, "MICRO_PROFILE")
		s.env["MICRO_DEBUG_PROFILE"] = "pprof"
		return s.parse()
	}
	for name, parse := range map[string]func(*service) error{"underscores": underscores, "dashes": dashes, "environment": environment} {
		t.Run(name, func(t *testing.T) {
			s := newService()
			before := s.selector
			if err := parse(s); err != nil {
				t.Fatal(err)
			}
			if got := s.settings(); got != everythingSet {
				t.Errorf("got\n%s\nwant\n%s", got, everythingSet)
			}
			if s.selector == before || s.selector.Options().Registry != s.registry || s.client.Options().Selector != s.selector {
				t.Error("the selector was not chosen, or is on another registry")
			}
			o := s.server.Options()
			if o.Registry != s.registry || o.Broker != s.broker || o.Transport != s.transport || o.Tracer != s.tracer || s.broker.Options().Registry != s.registry {
				t.Error("the server and the broker do not have the components that were chosen")
			}
		})
	}
}

func count(set *pflag.FlagSet) (n int) {
	set.VisitAll(func(*pflag.Flag) { n++ })
	return n
}

func TestWhatIsNotGivenStays(t *testing.T) {
	s := newService()
	s.env["MICRO_SERVER_NAME"] = "" // as good as unset
	before := s.settings()
	if err := s.parse(); err != nil {
		t.Fatal(err)
	}
	if got := s.settings(); got != before || !strings.Contains(got, " 1m30s 30s ") {
		t.Errorf("before\n%s\nafter\n%s", before, got)
	}
}

func TestA242_SeveralVariablesAndPrecedence(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		env  map[string]string
		want string
	}{
		"nothing":              {nil, nil, "default"},
		"the second":           {nil, map[string]string{"REGION": "b"}, "b"},
		"the first":            {nil, map[string]string{"SHOP_REGION": "a", "REGION": "b"}, "a"},
		"an empty one is none": {nil, map[string]string{"SHOP_REGION": "", "REGION": "b"}, "b"},
		"the flag":             {[]string{"--shop_region", "f"}, map[string]string{"SHOP_REGION": "a"}, "f"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService()
			flags := pflag.NewFlagSet("own", pflag.ContinueOnError)
			region := flags.String("shop-region", "default", "where the shop is")
			s.cmd.App().Flags().AddFlag(cmd.Env(flags.Lookup("shop-region"), "SHOP_REGION", "REGION"))
			s.env = c.env
			if err := s.parse(c.args...); err != nil || *region != c.want {
				t.Errorf("got %q, %v", *region, err)
			}
		})
	}
}

func TestA240_TheInterface(t *testing.T) {
	c := cmd.NewCmd(cmd.Name("greeter"), cmd.Description("greets"), cmd.Version("1.2"))
	if o := c.Options(); o.Name != "greeter" || o.Description != "greets" || o.Version != "1.2" {
		t.Errorf("options %+v", o)
	}
	app := c.App()
	if app.Name() != "greeter" || app.Short != "greets" || app.Version != "1.2" {
		t.Errorf("app %s, %s, %s", app.Name(), app.Short, app.Version)
	}
}

// A241. The application is a cobra command (v4's is one of urfave/cli): a program adds flags of its own to it.
func TestA241_FlagsOfAProgramAreBesideOurs(t *testing.T) {
	s := newService()
	own := s.cmd.App().Flags().Int("own", 1, "a flag of the program")
	if err := s.parse("--server-name", "flagged", "--own", "2"); err != nil || *own != 2 || s.server.Options().Name != "flagged" {
		t.Errorf("own %d, name %q, %v", *own, s.server.Options().Name, err)
	}
	if err := newService().parse("--own", "2"); err == nil {
		t.Error("a flag nobody added was taken")
	}
}

// A243. Flags are applied before the command's own work, which finds the components as they say.
func TestA243_AppliedBeforeTheAction(t *testing.T) {
	s := newService()
	var name, arg string
	s.cmd.App().RunE = func(c *cobra.Command, args []string) error {
		name, arg = s.server.Options().Name, args[0]
		return nil
	}
	if err := s.parse("--server-name", "flagged", "free"); err != nil || name != "flagged" || arg != "free" {
		t.Errorf("name %q, argument %q, %v", name, arg, err)
	}
}

func TestA244_WhatIsWrongEndsTheProcess(t *testing.T) {
	failing := errors.New("not today")
	for name, c := range map[string]struct {
		args   []string
		env    map[string]string
		action error
		want   string
	}{
		"unknown flag":         {args: []string{"--registri", "mdns"}, want: "unknown flag: --registri"},
		"not a number":         {args: []string{"--register-ttl", "soon"}, want: "register-ttl"},
		"negative":             {args: []string{"--register-ttl", "-1"}, want: "not negative"},
		"no time":              {args: []string{"--client-request-timeout", "0s"}, want: "over zero"},
		"wrong variable":       {env: map[string]string{"MICRO_REGISTER_TTL": "soon"}, want: "environment variable MICRO_REGISTER_TTL"},
		"metadata":             {args: []string{"--server-metadata", "rack"}, want: "key=value"},
		"unknown registry":     {args: []string{"--registry", "consul4"}, want: "registry consul4 not found: use one of file, mdns, memory, or import"},
		"unknown broker":       {env: map[string]string{"MICRO_BROKER": "carrier"}, want: "use one of http, memory"},
		"unknown transport":    {args: []string{"--transport", "x"}, want: "use one of http, memory"},
		"unknown selector":     {args: []string{"--selector", "x"}, want: "use one of cache, registry"},
		"unknown store":        {args: []string{"--store", "x"}, want: "memory, noop"},
		"unknown auth":         {args: []string{"--auth", "x"}, want: "noop"},
		"unknown runtime":      {args: []string{"--runtime", "x"}, want: "local"},
		"unknown profile":      {args: []string{"--profile", "x"}, want: "http, pprof"},
		"unknown client":       {args: []string{"--client", "x"}, want: "mucp, rpc"},
		"unknown server":       {args: []string{"--server", "x"}, want: "mucp, rpc"},
		"unknown tracer":       {args: []string{"--tracer", "x"}, want: "memory"},
		"the program's action": {action: failing, want: "not today"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService()
			s.env = c.env
			s.cmd.App().RunE = func(*cobra.Command, []string) error { return c.action }
			err := s.parse(c.args...)
			if err == nil || !strings.Contains(err.Error(), c.want) || len(s.status) != 1 || s.status[0] != 1 {
				t.Fatalf("%v, status %v; want an error with %q", err, s.status, c.want)
			}
			if out := s.out.String(); !strings.HasPrefix(out, "greeter: ") || !strings.Contains(out, c.want) || strings.Count(out, "\n") != 2 {
				t.Errorf("printed %q", out)
			}
		})
	}
}

func TestHelpAndVersionEndTheProcessInGoodOrder(t *testing.T) {
	for arg, want := range map[string]string{"--help": "--registry string", "-h": "MICRO_SERVER_ADDRESS", "--version": "greeter version 1.2"} {
		s := newService()
		err := s.cmd.Init(cmd.Args(arg), cmd.Version("1.2"))
		if !errors.Is(err, cmd.ErrShown) || len(s.status) != 1 || s.status[0] != 0 || !strings.Contains(s.out.String(), want) {
			t.Errorf("%s: %v, status %v, printed %q", arg, err, s.status, s.out.String())
		}
	}
}

func TestANameInUseNeedsNoPlugIn(t *testing.T) {
	s := newService()
	named := s.registry
	if err := s.parse("--registry", "mdns", "--broker", "http", "--transport", "http"); err != nil || s.registry != named {
		t.Errorf("replaced: %v, %v", s.registry != named, err)
	}
}

func TestNamesOfOneCommandLine(t *testing.T) {
	s := newService()
	own := registry.NewMemoryRegistry()
	err := s.cmd.Init(cmd.NewRegistry("mine", func(...registry.Option) registry.Registry { return own }), cmd.Args("--registry", "mine"))
	if err != nil || s.registry != own {
		t.Errorf("%v, %v", s.registry, err)
	}
	if _, everywhere := cmd.DefaultRegistries["mine"]; everywhere {
		t.Error("the name reached the other command lines")
	}
}

func TestChooseAConfig(t *testing.T) {
	s := newService()
	before := s.config
	if err := s.parse("--config", "memory"); err != nil || s.config != before {
		t.Errorf("one of that name was replaced: %v", err)
	}
	own, err := config.NewConfig()
	if err != nil {
		t.Fatal(err)
	}
	mine := cmd.NewConfig("mine", func(...config.Option) (config.Config, error) { return own, nil })
	if err := s.cmd.Init(mine, cmd.Args("--config", "mine")); err != nil || s.config != own {
		t.Errorf("not chosen: %v", err)
	}
	broken := cmd.NewConfig("broken", func(...config.Option) (config.Config, error) { return nil, errors.New("no such file") })
	if err := s.cmd.Init(broken, cmd.Args("--config", "broken")); err == nil || !strings.Contains(err.Error(), "config broken: no such file") || s.config != own {
		t.Errorf("one that cannot be made: %v", err)
	}
	if err := newService().parse("--config", "none"); err == nil || !strings.Contains(err.Error(), "use one of memory") {
		t.Errorf("an unknown one: %v", err)
	}
}

// A test program's own arguments, such as -test.timeout, are not the service's.
func TestArgumentsOfTestsAreLeftAlone(t *testing.T) {
	s := newService()
	if err := s.cmd.Init(); err != nil {
		t.Error(err)
	}
}

// In a real process, a wrong flag ends it with status 1, before anything is served.
func TestA244_Process(t *testing.T) {
	if os.Getenv("CMD_TEST") != "" {
		_ = cmd.NewCmd(cmd.Name("greeter"), cmd.Args("--no-such-flag")).Init() // does not return
		time.Sleep(time.Minute)
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestA244_Process$")
	child.Env = append(os.Environ(), "CMD_TEST=1")
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), "greeter: unknown flag: --no-such-flag\nTry --help.\n") {
		t.Errorf("%v: %q", err, out)
	}
}
