package micro

import (
	"context"
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
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/runtime"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/store"
	"github.com/microtop/microtop/framework/transport"
)

// Option sets fields of Options and nothing else: the order of options does not matter, except that of two that set
// the same field the later wins.
type Option func(*Options)

// Options hold a service's components and hooks.
//
// Each service has components of its own where its options name none; they open nothing before they are used.
type Options struct {
	Auth      auth.Auth
	Broker    broker.Broker
	Cache     cache.Cache
	Cmd       cmd.Cmd
	Config    config.Config
	Client    client.Client
	Server    server.Server
	Registry  registry.Registry
	Transport transport.Transport
	Runtime   runtime.Runtime
	Profile   profile.Profile
	Store     store.Store
	Logger    logger.Logger

	BeforeStart []func() error
	BeforeStop  []func() error
	AfterStart  []func() error
	AfterStop   []func() error

	// Context ends the service when it ends.
	Context context.Context
	// Signal says whether SIGTERM, SIGINT and SIGQUIT end the service.
	Signal bool

	// commandLine says whether the first Init reads the command line and the environment.
	commandLine bool

	// What options ask of components that may not exist yet; consumed when the graph is built or changed.
	selector selector.Selector
	pending  pending
}

// pending are the options that wait for their component.
type pending struct {
	server   []server.Option
	client   []client.Option
	base     client.Client // given by the user and not taken over yet
	broker   []broker.Option
	wrappers []client.Wrapper // in the order in which they wrap: the last is the outermost
	flags    []*pflag.Flag
	action   func(*cobra.Command, []string) error
}

// Name sets the service's name in the registry.
func Name(n string) Option { return forServer(server.Name(n)) }

// Version sets the service's version.
func Version(v string) Option { return forServer(server.Version(v)) }

// Address sets where the server listens.
func Address(addr string) Option { return forServer(server.Address(addr)) }

// Metadata sets the node's metadata in the registry.
func Metadata(md map[string]string) Option { return forServer(server.Metadata(md)) }

// RegisterTTL sets how long a registration lives without being refreshed. Default 90 s.
func RegisterTTL(t time.Duration) Option { return forServer(server.RegisterTTL(t)) }

// RegisterInterval sets how often the registration is refreshed. Default 30 s.
func RegisterInterval(t time.Duration) Option { return forServer(server.RegisterInterval(t)) }

// AddListenOption passes an option to the transport's Listen.
func AddListenOption(option server.Option) Option { return forServer(option) }

// Tracer sets the tracer that wrappers of the program record spans with and that Debug.Trace reads. The default is a
// tracer of the service's own; nothing is recorded without a wrapper.
func Tracer(t trace.Tracer) Option { return forServer(server.Tracer(t)) }

// WrapHandler adds wrappers around the server's handlers; earlier ones run first.
func WrapHandler(w ...server.HandlerWrapper) Option {
	return func(o *Options) {
		for _, wrapper := range w {
			o.pending.server = append(o.pending.server, server.WrapHandler(wrapper))
		}
	}
}

// WrapSubscriber adds wrappers around the server's subscribers; earlier ones run first.
func WrapSubscriber(w ...server.SubscriberWrapper) Option {
	return func(o *Options) {
		for _, wrapper := range w {
			o.pending.server = append(o.pending.server, server.WrapSubscriber(wrapper))
		}
	}
}

// WrapCall adds wrappers around each attempt of a call, inside the client; earlier ones run first.
func WrapCall(w ...client.CallWrapper) Option {
	return func(o *Options) { o.pending.client = append(o.pending.client, client.WrapCall(w...)) }
}

// WrapClient wraps the client. Within one call the first wrapper runs first; a later WrapClient wraps around an earlier.
func WrapClient(w ...client.Wrapper) Option {
	return func(o *Options) {
		for i := len(w) - 1; i >= 0; i-- {
			o.pending.wrappers = append(o.pending.wrappers, w[i])
		}
	}
}

// Registry sets the registry of the server, the client and the broker.
func Registry(r registry.Registry) Option {
	return func(o *Options) {
		o.Registry = r
		o.pending.server = append(o.pending.server, server.Registry(r))
		o.pending.client = append(o.pending.client, client.Registry(r))
		o.pending.broker = append(o.pending.broker, broker.Registry(r))
	}
}

// Broker sets the broker of the server and the client.
func Broker(b broker.Broker) Option {
	return func(o *Options) {
		o.Broker = b
		o.pending.server = append(o.pending.server, server.Broker(b))
		o.pending.client = append(o.pending.client, client.Broker(b))
	}
}

// Transport sets the transport of the server and the client.
func Transport(t transport.Transport) Option {
	return func(o *Options) {
		o.Transport = t
		o.pending.server = append(o.pending.server, server.Transport(t))
		o.pending.client = append(o.pending.client, client.Transport(t))
	}
}

// Selector sets how the client picks nodes.
func Selector(s selector.Selector) Option {
	return func(o *Options) {
		o.selector = s
		o.pending.client = append(o.pending.client, client.Selector(s))
	}
}

// Logger sets where the service and its components log.
func Logger(l logger.Logger) Option {
	return func(o *Options) {
		o.Logger = l
		o.pending.server = append(o.pending.server, server.WithLogger(l))
		o.pending.client = append(o.pending.client, client.WithLogger(l))
		o.pending.broker = append(o.pending.broker, broker.Logger(l))
	}
}

// Server sets the server; the other options apply to it.
func Server(s server.Server) Option { return func(o *Options) { o.Server = s } }

// Client sets the client; the other options apply to it.
func Client(c client.Client) Option {
	return func(o *Options) { o.Client, o.pending.base = c, c }
}

// Auth sets what the service's accounts and tokens are checked with.
func Auth(a auth.Auth) Option { return func(o *Options) { o.Auth = a } }

// Cache sets the service's cache.
func Cache(c cache.Cache) Option { return func(o *Options) { o.Cache = c } }

// Store sets the service's store. If its table is store's default one, the first Init names it after the service.
func Store(s store.Store) Option { return func(o *Options) { o.Store = s } }

// Cmd sets the command line that the first Init parses.
func Cmd(c cmd.Cmd) Option { return func(o *Options) { o.Cmd = c } }

// CommandLine says whether the first Init reads the command line and the MICRO_* variables. Default true; false suits
// programs that have a command line of their own. Those that still want the variables use Cmd(cmd.NewCmd(cmd.Args())).
func CommandLine(read bool) Option { return func(o *Options) { o.commandLine = read } }

// Flags adds flags to the command line; cmd.Env gives one its variables. Their values are there once Init has returned.
func Flags(flags ...*pflag.Flag) Option {
	return func(o *Options) { o.pending.flags = append(o.pending.flags, flags...) }
}

// Action sets what the first Init runs once flags are parsed and applied; its error ends the process like that of a
// wrong flag.
func Action(fn func(*cobra.Command, []string) error) Option {
	return func(o *Options) { o.pending.action = fn }
}

// Config sets the service's configuration, which stays the caller's to close.
func Config(c config.Config) Option { return func(o *Options) { o.Config = c } }

// Runtime sets the runtime.
func Runtime(r runtime.Runtime) Option { return func(o *Options) { o.Runtime = r } }

// Profile sets a profiler that starts before the server and stops after it.
func Profile(p profile.Profile) Option { return func(o *Options) { o.Profile = p } }

// Context sets a context that ends the service.
func Context(ctx context.Context) Option { return func(o *Options) { o.Context = ctx } }

// HandleSignal says whether SIGTERM, SIGINT and SIGQUIT end the service. Default true.
func HandleSignal(b bool) Option { return func(o *Options) { o.Signal = b } }

// BeforeStart adds a hook; its error keeps the service from starting.
func BeforeStart(fn func() error) Option {
	return func(o *Options) { o.BeforeStart = append(o.BeforeStart, fn) }
}

// BeforeStop adds a hook that runs before the server stops.
func BeforeStop(fn func() error) Option {
	return func(o *Options) { o.BeforeStop = append(o.BeforeStop, fn) }
}

// AfterStart adds a hook that runs once the server serves and is registered.
func AfterStart(fn func() error) Option {
	return func(o *Options) { o.AfterStart = append(o.AfterStart, fn) }
}

// AfterStop adds a hook that runs once the server has stopped.
func AfterStop(fn func() error) Option {
	return func(o *Options) { o.AfterStop = append(o.AfterStop, fn) }
}

func forServer(option server.Option) Option {
	return func(o *Options) { o.pending.server = append(o.pending.server, option) }
}
