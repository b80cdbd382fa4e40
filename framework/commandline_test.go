package micro_test

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/cache"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/cmd"
	"github.com/microtop/microtop/framework/config"
	"github.com/microtop/microtop/framework/config/source"
	"github.com/microtop/microtop/framework/config/source/memory"
	"github.com/microtop/microtop/framework/debug/profile"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/runtime"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/store"
	"github.com/microtop/microtop/framework/transport"
)

// commandLine gives a service arguments and an environment of the test's.
func commandLine(env map[string]string, args ...string) micro.Option {
	return micro.Cmd(cmd.NewCmd(
		cmd.Args(args...), cmd.LookupEnv(func(name string) (string, bool) { v, ok := env[name]; return v, ok }),
		cmd.Exit(func(int) {}),
	))
}

// The command line and the environment are read by the first Init and no other.
func TestA022_ReadOnceByTheFirstInit(t *testing.T) {
	reads := 0
	s := micro.NewService(
		micro.Registry(registry.NewMemoryRegistry()),
		commandLine(nil, "--server-name", "flagged"),
		micro.Action(func(*cobra.Command, []string) error { reads++; return nil }),
	)
	if reads != 0 || s.Name() == "flagged" {
		t.Errorf("NewService read the command line: %d, %s", reads, s.Name())
	}
	s.Init()
	if reads != 1 || s.Name() != "flagged" {
		t.Errorf("after the first Init: %d reads, name %s", reads, s.Name())
	}
	s.Init(micro.Name("later"))
	if reads != 1 || s.Name() != "later" {
		t.Errorf("after the second Init: %d reads, name %s", reads, s.Name())
	}
}

// Command line over environment over Init over NewService.
func TestA028_WhatWinsOverWhat(t *testing.T) {
	env := map[string]string{"MICRO_SERVER_NAME": "environment", "MICRO_SERVER_VERSION": "environment"}
	s := micro.NewService(
		micro.Registry(registry.NewMemoryRegistry()), micro.Name("new"), micro.Version("new"), micro.Address("new:0"), micro.RegisterTTL(time.Second),
		commandLine(env, "--server-name", "flag"),
	)
	s.Init(micro.Name("init"), micro.Version("init"), micro.Address("init:0"))
	o := s.Server().Options()
	if o.Name != "flag" || o.Version != "environment" || o.Address != "init:0" || o.RegisterTTL != time.Second {
		t.Errorf("name %s, version %s, address %s, TTL %v", o.Name, o.Version, o.Address, o.RegisterTTL)
	}
}

func TestTheCommandLineCanBeLeftAlone(t *testing.T) {
	s := micro.NewService(micro.Registry(registry.NewMemoryRegistry()), micro.Name("coded"), commandLine(nil, "--no-such-flag"), micro.CommandLine(false))
	s.Init()
	if s.Name() != "coded" {
		t.Errorf("name %s", s.Name())
	}
}

// Where the end of the process is put off, Run does not start what was refused.
func TestA244_RunReturnsWhatWasWrong(t *testing.T) {
	c := cmd.NewCmd(cmd.Args("--registry", "nosuch"), cmd.Exit(func(int) {}))
	c.App().SetErr(io.Discard)
	s := micro.NewService(micro.Cmd(c), micro.AfterStart(func() error { t.Error("started"); return nil }))
	s.Init()
	if err := s.Run(); err == nil || !strings.Contains(err.Error(), "registry nosuch not found") {
		t.Errorf("got %v", err)
	}
}

func TestFlagsOfTheProgram(t *testing.T) {
	set := pflag.NewFlagSet("own", pflag.ContinueOnError)
	set.String("region", "south", "where the shop is")
	region := cmd.Env(set.Lookup("region"), "SHOP_REGION")
	var s micro.Service
	var name string
	s = micro.NewService(micro.Registry(registry.NewMemoryRegistry()), micro.Name("shop"), commandLine(map[string]string{"SHOP_REGION": "north"}),
		micro.Flags(region), micro.Action(func(c *cobra.Command, _ []string) error {
			s.Init(micro.Name("shop." + c.Flag("region").Value.String())) // an action may use the service
			name = s.Name()
			return nil
		}))
	s.Init()
	if name != "shop.north" || s.Name() != name {
		t.Errorf("name %q, then %q", name, s.Name())
	}
}

// A name that a package registered chooses it for all that use it, and the service works with it.
func TestA034_PlugInsByName(t *testing.T) {
	r := registry.NewMemoryRegistry()
	cmd.DefaultRegistries["test.shared"] = func(...registry.Option) registry.Registry { return r } // as a register.go does
	defer delete(cmd.DefaultRegistries, "test.shared")
	s := micro.NewService(micro.Name("plugged"), micro.Address("127.0.0.1:0"), micro.HandleSignal(false),
		commandLine(map[string]string{"MICRO_REGISTRY": "test.shared", "MICRO_BROKER": "memory", "MICRO_SELECTOR": "cache", "MICRO_STORE": "memory"}))
	if err := micro.RegisterHandler(s.Server(), &Greeter{"hi"}); err != nil {
		t.Fatal(err)
	}
	stop := run(t, s)
	o := s.Options()
	if o.Registry != r || s.Server().Options().Registry != r || s.Client().Options().Registry != r || o.Broker.String() != "memory" || s.Client().Options().Broker != o.Broker {
		t.Errorf("registry %v, broker %v", o.Registry, o.Broker)
	}
	if services, err := r.GetService("plugged"); err != nil || len(services) != 1 {
		t.Errorf("not registered where the flag says: %v, %v", services, err)
	}
	if got, err := hello(t.Context(), s.Client(), "plugged"); err != nil || got != "hi you" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// A server and a client chosen by name have what the program asked of those before them.
func TestAChosenServerHasTheProgramsOptions(t *testing.T) {
	var order []string
	wrapper := func(next server.HandlerFunc) server.HandlerFunc { return next }
	s := micro.NewService(micro.Name("coded"), micro.Registry(registry.NewMemoryRegistry()), micro.WrapHandler(wrapper),
		micro.WrapClient(func(c client.Client) client.Client { return named{c, "wrapped", &order} }), commandLine(nil, "--server", "rpc", "--client", "rpc", "--server-version", "7"))
	first, base := s.Server(), s.Client()
	s.Init()
	if s.Server() == first || s.Client() == base {
		t.Fatal("not replaced")
	}
	if o := s.Server().Options(); o.Name != "coded" || o.Version != "7" || len(o.HdlrWrappers) != len(first.Options().HdlrWrappers) || o.Registry != s.Options().Registry {
		t.Errorf("server options %+v", o)
	}
	_, wrapped := s.Client().(named)
	if o := s.Client().Options(); !wrapped || o.Registry != s.Options().Registry || o.Selector != base.Options().Selector {
		t.Errorf("client wrapped %v, options %+v", wrapped, o)
	}
}

func TestTheStoresTable(t *testing.T) {
	for name, c := range map[string]struct {
		opts []micro.Option
		want string
	}{
		"the service's name":     {[]micro.Option{commandLine(nil)}, "shop"},
		"the name that is given": {[]micro.Option{commandLine(nil, "--server_name", "kiosk")}, "kiosk"},
		"a table that is given":  {[]micro.Option{commandLine(nil, "--store_table", "orders")}, "orders"},
		"the program's":          {[]micro.Option{commandLine(nil), micro.Store(store.NewStore(store.Table("own")))}, "own"},
	} {
		t.Run(name, func(t *testing.T) {
			s := micro.NewService(append(c.opts, micro.Name("shop"), micro.Registry(registry.NewMemoryRegistry()))...)
			s.Init()
			if got := s.Options().Store.Options().Table; got != c.want {
				t.Errorf("table %q, want %q", got, c.want)
			}
		})
	}
}

// Each component has an option, and a default that is the service's own.
func TestA006_EveryComponentHasAnOptionAndADefault(t *testing.T) {
	quiet := logger.NewLogger(logger.WithOutput(io.Discard))
	given := micro.Options{
		Server: server.NewServer(), Client: client.NewClient(), Broker: broker.NewMemoryBroker(), Registry: registry.NewMemoryRegistry(),
		Transport: transport.NewMemoryTransport(), Auth: auth.NewAuth(), Cache: cache.NewCache(), Cmd: cmd.NewCmd(), Config: ownConfig(t),
		Runtime: runtime.NewRuntime(), Profile: quietProfile{}, Store: store.NewStore(), Logger: quiet,
	}
	s := micro.NewService(
		micro.Server(given.Server), micro.Client(given.Client), micro.Broker(given.Broker), micro.Registry(given.Registry),
		micro.Transport(given.Transport), micro.Auth(given.Auth), micro.Cache(given.Cache), micro.Cmd(given.Cmd), micro.Config(given.Config),
		micro.Runtime(given.Runtime), micro.Profile(given.Profile), micro.Store(given.Store), micro.Logger(given.Logger),
	)
	bare, other := micro.NewService().Options(), micro.NewService().Options()
	got := s.Options()
	for name, c := range map[string]struct{ got, given, bare, other, standard any }{
		"Server":    {got.Server, given.Server, bare.Server, other.Server, server.DefaultServer},
		"Client":    {got.Client, given.Client, bare.Client, other.Client, client.DefaultClient},
		"Broker":    {got.Broker, given.Broker, bare.Broker, other.Broker, broker.DefaultBroker},
		"Registry":  {got.Registry, given.Registry, bare.Registry, other.Registry, registry.DefaultRegistry},
		"Transport": {got.Transport, given.Transport, bare.Transport, other.Transport, transport.DefaultTransport},
		"Auth":      {got.Auth, given.Auth, bare.Auth, other.Auth, auth.DefaultAuth},
		"Cache":     {got.Cache, given.Cache, bare.Cache, other.Cache, cache.DefaultCache},
		"Cmd":       {got.Cmd, given.Cmd, bare.Cmd, other.Cmd, cmd.DefaultCmd},
		"Config":    {got.Config, given.Config, bare.Config, other.Config, config.DefaultConfig},
		"Runtime":   {got.Runtime, given.Runtime, bare.Runtime, other.Runtime, runtime.DefaultRuntime},
		"Store":     {got.Store, given.Store, bare.Store, other.Store, store.DefaultStore},
		"Logger":    {got.Logger, given.Logger, bare.Logger, other.Logger, logger.DefaultLogger},
	} {
		if c.got != c.given {
			t.Errorf("%s: the option does not count", name)
		}
		if c.bare == nil || c.standard == nil || c.bare == c.other || c.bare == c.standard {
			t.Errorf("%s: %v and %v, default %v: each service has its own", name, c.bare, c.other, c.standard)
		}
	}
	if got.Profile != given.Profile || bare.Profile != profile.DefaultProfile {
		t.Errorf("profile %v, without the option %v", got.Profile, bare.Profile)
	}
}

// A023: what the options hold.
func TestA023_TheFieldsOfOptions(t *testing.T) {
	for _, name := range []string{
		"Auth", "Broker", "Cache", "Cmd", "Config", "Client", "Server", "Store", "Registry", "Runtime", "Transport", "Profile", "Logger",
	} {
		field := reflect.ValueOf(micro.NewService().Options()).FieldByName(name)
		if !field.IsValid() || field.Kind() != reflect.Interface || field.IsNil() {
			t.Errorf("%s: %v", name, field)
		}
	}
}

func ownConfig(t *testing.T) config.Config {
	t.Helper()
	c, err := config.NewConfig(config.WithSource(memory.NewSource(memory.WithJSON([]byte(`{"n":1}`)))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// A service closes the config that it made, and that a flag chose, when it ends; the caller's stays open.
func TestTheConfigEndsWithTheService(t *testing.T) {
	more := func() source.Source { return memory.NewSource(memory.WithJSON([]byte(`{"m":2}`))) }
	chosen := cmd.NewConfig("other", func(opts ...config.Option) (config.Config, error) {
		return config.NewConfig(append(opts, config.WithSource(more()))...)
	})
	given := ownConfig(t)
	for name, c := range map[string]struct {
		opts []micro.Option
		ends bool
	}{
		"its own":              {nil, true},
		"the caller's":         {[]micro.Option{micro.Config(given)}, false},
		"the caller's by name": {[]micro.Option{micro.Config(given), micro.Cmd(cmd.NewCmd(cmd.Args("--config", "memory")))}, false},
		"a flag's":             {[]micro.Option{micro.Cmd(cmd.NewCmd(chosen, cmd.Args("--config", "other")))}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := micro.NewService(append(local(registry.NewMemoryRegistry()), append(c.opts, micro.Name("configured"))...)...)
			s.Init()
			conf := s.Options().Config
			if conf.Get("n").Int(0) == 1 == c.ends {
				t.Error("another config is in use")
			}
			if err := conf.Load(more()); err != nil || conf.Get("m").Int(0) != 2 {
				t.Errorf("load: %v", err)
			}
			stop := run(t, s)
			if err := errors.Join(stop()); err != nil {
				t.Error(err)
			}
			if err := conf.Load(more()); (err != nil) != c.ends || conf.Get("m").Int(0) != 2 {
				t.Errorf("after the end: %v", err)
			}
		})
	}
}

type quietProfile struct{ profile.Profile }

// The address of a profiler that has one is in the registry, where consoles look for it.
func TestA270_TheProfilersAddressIsInTheRegistry(t *testing.T) {
	r := registry.NewMemoryRegistry()
	s := micro.NewService(append(local(r), micro.Name("profiled"), micro.Metadata(map[string]string{"zone": "north"}),
		commandLine(map[string]string{"MICRO_DEBUG_PROFILE": "http"}))...)
	stop := run(t, s)
	services, err := r.GetService("profiled")
	if err != nil {
		t.Fatal(err)
	}
	metadata := services[0].Nodes[0].Metadata
	if metadata["zone"] != "north" || !strings.HasPrefix(metadata["pprof"], "http://127.0.0.1:") {
		t.Fatalf("metadata %v", metadata)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, metadata["pprof"]+"/heap", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK || len(body) == 0 {
		t.Errorf("status %d, %d bytes, %v", answer.StatusCode, len(body), err)
	}
	if err := errors.Join(stop()); err != nil {
		t.Error(err)
	}
}
