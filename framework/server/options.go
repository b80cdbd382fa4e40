package server

import (
	"context"
	"crypto/tls"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/debug/trace"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/transport"
)

// Options configure a server. Nil components mean the package defaults of the components.
type Options struct {
	// Codecs are used before DefaultCodecs.
	Codecs   map[string]codec.NewCodec
	Broker   broker.Broker
	Registry registry.Registry
	// Tracer is what Debug.Trace reads. The server records no spans: a handler wrapper of the program does.
	Tracer    trace.Tracer
	Transport transport.Transport
	// Metadata is the node's in the registry.
	Metadata map[string]string
	Name     string
	// Address is where the server listens.
	Address string
	// Advertise, if not empty, is the address that is registered in place of Address.
	Advertise string
	// Id makes the node's id: "<name>-<id>".
	Id      string
	Version string
	// HdlrWrappers and SubWrappers: the first runs first.
	HdlrWrappers  []HandlerWrapper
	SubWrappers   []SubscriberWrapper
	ListenOptions []transport.ListenOption
	Logger        logger.Logger

	// RegisterCheck keeps the server out of the registry while it fails.
	RegisterCheck func(context.Context) error
	// RegisterTTL is how long the registration lives without being refreshed.
	RegisterTTL time.Duration
	// RegisterInterval is how often it is refreshed; zero or less means never.
	RegisterInterval time.Duration
	// DrainTimeout is how long Stop waits for what runs.
	DrainTimeout time.Duration

	// Router takes every request in place of the handlers.
	Router Router
	// TLSConfig, if set, is given to the transport when the server starts.
	TLSConfig *tls.Config

	Context context.Context

	wait *sync.WaitGroup // the user's count of what runs; may be nil
}

// Option sets a field of Options.
type Option func(*Options)

// DefaultOptions returns the options of a server that is told nothing.
func DefaultOptions() Options { return newOptions() }

func newOptions(opts ...Option) Options {
	o := Options{
		Codecs:           map[string]codec.NewCodec{},
		Metadata:         map[string]string{},
		RegisterInterval: DefaultRegisterInterval,
		RegisterTTL:      DefaultRegisterTTL,
		DrainTimeout:     DefaultDrainTimeout,
	}
	for _, set := range opts {
		set(&o)
	}
	return o.withDefaults()
}

// withDefaults fills in what was left open. Components come from the package defaults, which start nothing until used.
func (o Options) withDefaults() Options {
	setDefault(&o.Name, DefaultName)
	setDefault(&o.Address, DefaultAddress)
	setDefault(&o.Version, DefaultVersion)
	setDefault(&o.Id, DefaultId)
	if o.Id == "" {
		o.Id = uuid.NewString()
	}
	if o.RegisterCheck == nil {
		o.RegisterCheck = DefaultRegisterCheck
	}
	if o.Context == nil {
		o.Context = context.Background()
	}
	if o.Registry == nil {
		o.Registry = registry.DefaultRegistry
	}
	if o.Transport == nil {
		o.Transport = transport.DefaultTransport
	}
	if o.Broker == nil {
		o.Broker = broker.DefaultBroker
	}
	if o.Tracer == nil {
		o.Tracer = trace.DefaultTracer
	}
	o.Logger = logger.LoggerOrDefault(o.Logger)
	return o
}

func setDefault(field *string, fallback string) {
	if *field == "" {
		*field = fallback
	}
}

// Name sets the service's name.
func Name(n string) Option { return func(o *Options) { o.Name = n } }

// Id sets the server's id.
func Id(id string) Option { return func(o *Options) { o.Id = id } }

// Version sets the service's version.
func Version(v string) Option { return func(o *Options) { o.Version = v } }

// Address sets where the server listens: host:port, host:min-max, port 0 for a free one.
func Address(a string) Option { return func(o *Options) { o.Address = a } }

// Advertise sets the address to register, for servers behind one that is not their own.
func Advertise(a string) Option { return func(o *Options) { o.Advertise = a } }

// Broker sets the broker for subscribers.
func Broker(b broker.Broker) Option { return func(o *Options) { o.Broker = b } }

// Codec adds a codec for a content type, matched exactly.
func Codec(contentType string, c codec.NewCodec) Option {
	return func(o *Options) {
		all := maps.Clone(o.Codecs)
		if all == nil {
			all = map[string]codec.NewCodec{}
		}
		all[contentType] = c
		o.Codecs = all
	}
}

// Context sets the context that requests' contexts descend from.
func Context(ctx context.Context) Option { return func(o *Options) { o.Context = ctx } }

// Registry sets where the server registers.
func Registry(r registry.Registry) Option { return func(o *Options) { o.Registry = r } }

// Tracer sets the tracer that wrappers of the program record spans with and that Debug.Trace reads.
func Tracer(t trace.Tracer) Option { return func(o *Options) { o.Tracer = t } }

// Transport sets what the server listens with.
func Transport(t transport.Transport) Option { return func(o *Options) { o.Transport = t } }

// Metadata sets the node's metadata.
func Metadata(md map[string]string) Option { return func(o *Options) { o.Metadata = md } }

// RegisterCheck sets a function that has to pass for the server to be registered.
func RegisterCheck(fn func(context.Context) error) Option {
	return func(o *Options) { o.RegisterCheck = fn }
}

// RegisterTTL sets how long the registration lives without being refreshed. Default 90 s.
func RegisterTTL(t time.Duration) Option { return func(o *Options) { o.RegisterTTL = t } }

// RegisterInterval sets how often the registration is refreshed. Default 30 s; zero or less means never.
func RegisterInterval(t time.Duration) Option { return func(o *Options) { o.RegisterInterval = t } }

// DrainTimeout sets how long Stop waits for what runs. Default 10 s.
func DrainTimeout(t time.Duration) Option { return func(o *Options) { o.DrainTimeout = t } }

// TLSConfig makes the server's transport listen with TLS.
func TLSConfig(t *tls.Config) Option { return func(o *Options) { o.TLSConfig = t } }

// WithRouter sets a router that takes every request in place of the handlers.
func WithRouter(r Router) Option { return func(o *Options) { o.Router = r } }

// WithLogger sets where the server logs.
func WithLogger(l logger.Logger) Option { return func(o *Options) { o.Logger = l } }

// WrapHandler adds a wrapper around the handlers, inside those added before. It does not run for internal handlers.
func WrapHandler(w HandlerWrapper) Option {
	return func(o *Options) { o.HdlrWrappers = append(o.HdlrWrappers[:len(o.HdlrWrappers):len(o.HdlrWrappers)], w) }
}

// WrapSubscriber adds a wrapper around the subscribers, inside those added before.
func WrapSubscriber(w SubscriberWrapper) Option {
	return func(o *Options) { o.SubWrappers = append(o.SubWrappers[:len(o.SubWrappers):len(o.SubWrappers)], w) }
}

// ListenOption adds an option of the transport's Listen.
func ListenOption(option transport.ListenOption) Option {
	return func(o *Options) {
		o.ListenOptions = append(o.ListenOptions[:len(o.ListenOptions):len(o.ListenOptions)], option)
	}
}

// Wait counts running requests in wg, if it is not nil. Stop waits for them either way.
func Wait(wg *sync.WaitGroup) Option { return func(o *Options) { o.wait = wg } }
