package cmd

import (
	"maps"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/cache"
	"github.com/microtop/microtop/framework/client"
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

// Auth points to the auth that flags configure.
func Auth(a *auth.Auth) Option { return func(o *Options) { o.Auth = a } }

// Broker points to the broker that flags configure.
func Broker(b *broker.Broker) Option { return func(o *Options) { o.Broker = b } }

// Cache points to the cache that flags configure.
func Cache(c *cache.Cache) Option { return func(o *Options) { o.Cache = c } }

// Client points to the client that flags configure.
func Client(c *client.Client) Option { return func(o *Options) { o.Client = c } }

// Config points to the config that flags configure.
func Config(c *config.Config) Option { return func(o *Options) { o.Config = c } }

// Profile points to the profile that flags configure.
func Profile(p *profile.Profile) Option { return func(o *Options) { o.Profile = p } }

// Registry points to the registry that flags configure.
func Registry(r *registry.Registry) Option { return func(o *Options) { o.Registry = r } }

// Runtime points to the runtime that flags configure.
func Runtime(r *runtime.Runtime) Option { return func(o *Options) { o.Runtime = r } }

// Selector points to the selector that flags configure.
func Selector(s *selector.Selector) Option { return func(o *Options) { o.Selector = s } }

// Server points to the server that flags configure.
func Server(s *server.Server) Option { return func(o *Options) { o.Server = s } }

// Store points to the store that flags configure.
func Store(s *store.Store) Option { return func(o *Options) { o.Store = s } }

// Tracer points to the tracer that flags configure.
func Tracer(t *trace.Tracer) Option { return func(o *Options) { o.Tracer = t } }

// Transport points to the transport that flags configure.
func Transport(t *transport.Transport) Option { return func(o *Options) { o.Transport = t } }

// NewAuth adds an implementation that flags can name, to this command line only.
func NewAuth(name string, make func(...auth.Option) auth.Auth) Option {
	return func(o *Options) { o.Auths = with(o.Auths, name, make) }
}

// NewBroker adds an implementation that flags can name, to this command line only.
func NewBroker(name string, make func(...broker.Option) broker.Broker) Option {
	return func(o *Options) { o.Brokers = with(o.Brokers, name, make) }
}

// NewCache adds an implementation that flags can name, to this command line only.
func NewCache(name string, make func(...cache.Option) cache.Cache) Option {
	return func(o *Options) { o.Caches = with(o.Caches, name, make) }
}

// NewClient adds an implementation that flags can name, to this command line only.
func NewClient(name string, make func(...client.Option) client.Client) Option {
	return func(o *Options) { o.Clients = with(o.Clients, name, make) }
}

// NewConfig adds an implementation that flags can name, to this command line only.
func NewConfig(name string, make func(...config.Option) (config.Config, error)) Option {
	return func(o *Options) { o.Configs = with(o.Configs, name, make) }
}

// NewProfile adds an implementation that flags can name, to this command line only.
func NewProfile(name string, make func(...profile.Option) profile.Profile) Option {
	return func(o *Options) { o.Profiles = with(o.Profiles, name, make) }
}

// NewRegistry adds an implementation that flags can name, to this command line only.
func NewRegistry(name string, make func(...registry.Option) registry.Registry) Option {
	return func(o *Options) { o.Registries = with(o.Registries, name, make) }
}

// NewRuntime adds an implementation that flags can name, to this command line only.
func NewRuntime(name string, make func(...runtime.Option) runtime.Runtime) Option {
	return func(o *Options) { o.Runtimes = with(o.Runtimes, name, make) }
}

// NewSelector adds an implementation that flags can name, to this command line only.
func NewSelector(name string, make func(...selector.Option) selector.Selector) Option {
	return func(o *Options) { o.Selectors = with(o.Selectors, name, make) }
}

// NewServer adds an implementation that flags can name, to this command line only.
func NewServer(name string, make func(...server.Option) server.Server) Option {
	return func(o *Options) { o.Servers = with(o.Servers, name, make) }
}

// NewStore adds an implementation that flags can name, to this command line only.
func NewStore(name string, make func(...store.Option) store.Store) Option {
	return func(o *Options) { o.Stores = with(o.Stores, name, make) }
}

// NewTracer adds an implementation that flags can name, to this command line only.
func NewTracer(name string, make func(...trace.Option) trace.Tracer) Option {
	return func(o *Options) { o.Tracers = with(o.Tracers, name, make) }
}

// NewTransport adds an implementation that flags can name, to this command line only.
func NewTransport(name string, make func(...transport.Option) transport.Transport) Option {
	return func(o *Options) { o.Transports = with(o.Transports, name, make) }
}

func with[T any](known map[string]T, name string, make T) map[string]T {
	out := maps.Clone(known)
	out[name] = make
	return out
}
