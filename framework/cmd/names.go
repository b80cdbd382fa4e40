package cmd

import (
	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/cache"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/config"
	"github.com/microtop/microtop/framework/debug/profile"
	httpprofile "github.com/microtop/microtop/framework/debug/profile/http"
	"github.com/microtop/microtop/framework/debug/profile/pprof"
	"github.com/microtop/microtop/framework/debug/trace"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/runtime"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/store"
	"github.com/microtop/microtop/framework/transport"
)

// The implementations by the names that flags and variables call them. A plug-in adds itself when its package is
// imported, a program may before the first Init; nothing else changes these maps.
var (
	DefaultAuths = map[string]func(...auth.Option) auth.Auth{
		"noop": auth.NewAuth,
	}
	DefaultBrokers = map[string]func(...broker.Option) broker.Broker{
		"http":   broker.NewBroker,
		"memory": broker.NewMemoryBroker,
	}
	DefaultCaches = map[string]func(...cache.Option) cache.Cache{
		"memory": cache.NewCache,
	}
	DefaultClients = map[string]func(...client.Option) client.Client{
		"mucp": client.NewClient,
		"rpc":  client.NewClient,
	}
	DefaultConfigs = map[string]func(...config.Option) (config.Config, error){
		"memory": config.NewConfig,
	}
	DefaultProfiles = map[string]func(...profile.Option) profile.Profile{
		"http":  httpprofile.NewProfile,
		"pprof": pprof.NewProfile,
	}
	DefaultRegistries = map[string]func(...registry.Option) registry.Registry{
		"mdns":   registry.NewRegistry,
		"memory": registry.NewMemoryRegistry,
	}
	DefaultRuntimes = map[string]func(...runtime.Option) runtime.Runtime{
		"local": runtime.NewRuntime,
	}
	DefaultSelectors = map[string]func(...selector.Option) selector.Selector{
		"cache":    selector.NewSelector,
		"registry": selector.NewSelector,
	}
	DefaultServers = map[string]func(...server.Option) server.Server{
		"mucp": server.NewServer,
		"rpc":  server.NewServer,
	}
	DefaultStores = map[string]func(...store.Option) store.Store{
		"memory": store.NewMemoryStore,
		"noop":   store.NewNoopStore,
	}
	DefaultTracers = map[string]func(...trace.Option) trace.Tracer{
		"memory": trace.NewTracer,
	}
	DefaultTransports = map[string]func(...transport.Option) transport.Transport{
		"http":   transport.NewHTTPTransport,
		"memory": transport.NewMemoryTransport,
	}
)
