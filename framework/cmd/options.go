package cmd

import (
	"context"
	"os"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/cache"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/config"
	"github.com/microtop/microtop/framework/debug/profile"
	"github.com/microtop/microtop/framework/debug/trace"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/runtime"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/store"
	"github.com/microtop/microtop/framework/transport"
)

// Options configure a command line. The pointers are to the components that flags replace and configure; the maps hold
// the implementations that flags can name.
type Options struct {
	// Name, Description and Version are what help and the version show.
	Name        string
	Description string
	Version     string

	Auth      *auth.Auth
	Broker    *broker.Broker
	Cache     *cache.Cache
	Client    *client.Client
	Config    *config.Config
	Profile   *profile.Profile
	Registry  *registry.Registry
	Runtime   *runtime.Runtime
	Selector  *selector.Selector
	Server    *server.Server
	Store     *store.Store
	Tracer    *trace.Tracer
	Transport *transport.Transport

	Auths      map[string]func(...auth.Option) auth.Auth
	Brokers    map[string]func(...broker.Option) broker.Broker
	Caches     map[string]func(...cache.Option) cache.Cache
	Clients    map[string]func(...client.Option) client.Client
	Configs    map[string]func(...config.Option) (config.Config, error)
	Profiles   map[string]func(...profile.Option) profile.Profile
	Registries map[string]func(...registry.Option) registry.Registry
	Runtimes   map[string]func(...runtime.Option) runtime.Runtime
	Selectors  map[string]func(...selector.Option) selector.Selector
	Servers    map[string]func(...server.Option) server.Server
	Stores     map[string]func(...store.Option) store.Store
	Tracers    map[string]func(...trace.Option) trace.Tracer
	Transports map[string]func(...transport.Option) transport.Transport

	// Args are parsed in place of the process's arguments; nil means those, or none in a test program.
	Args []string
	// LookupEnv reads the environment.
	LookupEnv func(string) (string, bool)
	// Exit ends the process.
	Exit func(status int)
	// Logger is given to the components that flags make; nil means logger.DefaultLogger.
	Logger logger.Logger
	// ServerOptions and ClientOptions are what a server and a client that a flag chooses are made with.
	ServerOptions []server.Option
	ClientOptions []client.Option

	// Context carries values of plug-ins.
	Context context.Context
}

// Option sets a field of Options.
type Option func(*Options)

func newOptions(opts ...Option) Options {
	o := Options{
		Auth:      &auth.DefaultAuth,
		Broker:    &broker.DefaultBroker,
		Cache:     &cache.DefaultCache,
		Client:    &client.DefaultClient,
		Config:    &config.DefaultConfig,
		Profile:   &profile.DefaultProfile,
		Registry:  &registry.DefaultRegistry,
		Runtime:   &runtime.DefaultRuntime,
		Selector:  &selector.DefaultSelector,
		Server:    &server.DefaultServer,
		Store:     &store.DefaultStore,
		Tracer:    &trace.DefaultTracer,
		Transport: &transport.DefaultTransport,

		Auths:      DefaultAuths,
		Brokers:    DefaultBrokers,
		Caches:     DefaultCaches,
		Clients:    DefaultClients,
		Configs:    DefaultConfigs,
		Profiles:   DefaultProfiles,
		Registries: DefaultRegistries,
		Runtimes:   DefaultRuntimes,
		Selectors:  DefaultSelectors,
		Servers:    DefaultServers,
		Stores:     DefaultStores,
		Tracers:    DefaultTracers,
		Transports: DefaultTransports,

		LookupEnv: os.LookupEnv,
		Exit:      os.Exit,
		Context:   context.Background(),
	}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// Name sets the name that help shows.
func Name(n string) Option { return func(o *Options) { o.Name = n } }

// Description sets the line that help begins with.
func Description(d string) Option { return func(o *Options) { o.Description = d } }

// Version sets the version that --version shows.
func Version(v string) Option { return func(o *Options) { o.Version = v } }

// Args sets what is parsed in place of the process's arguments. Without arguments only the environment counts, which
// suits programs that parse their command line themselves.
func Args(args ...string) Option {
	return func(o *Options) { o.Args = append([]string{}, args...) }
}

// LookupEnv sets what reads the environment in place of os.LookupEnv.
func LookupEnv(lookup func(string) (string, bool)) Option {
	return func(o *Options) { o.LookupEnv = lookup }
}

// Exit sets what ends the process in place of os.Exit. If it returns, Init returns the error.
func Exit(exit func(status int)) Option { return func(o *Options) { o.Exit = exit } }

// WithLogger sets the logger of the components that flags make.
func WithLogger(l logger.Logger) Option { return func(o *Options) { o.Logger = l } }

// WithServerOptions sets what a server that a flag chooses is made with.
func WithServerOptions(opts ...server.Option) Option {
	return func(o *Options) { o.ServerOptions = opts }
}

// WithClientOptions sets what a client that a flag chooses is made with.
func WithClientOptions(opts ...client.Option) Option {
	return func(o *Options) { o.ClientOptions = opts }
}
