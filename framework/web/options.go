package web

import (
	"context"
	"crypto/tls"
	"maps"
	"net/http"
	"time"

	"github.com/google/uuid"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
)

// Options configure a service.
type Options struct {
	// Service reads the command line for this one, and lends its registry and logger. Default one of its own, which is
	// never run.
	Service micro.Service
	// Registry, if set, is used in place of the Service's.
	Registry registry.Registry
	Logger   logger.Logger

	Name, Version, Id string
	// Metadata is the node's in the registry; it is registered with "protocol": "http" unless that is set.
	Metadata map[string]string
	// Address is where the service listens: host:port, host:min-max, port 0 for a free one.
	Address string
	// Advertise, if not empty, is the address that is registered in place of Address.
	Advertise string

	// RegisterCheck keeps the service out of the registry while it fails.
	RegisterCheck    func(context.Context) error
	RegisterTTL      time.Duration
	RegisterInterval time.Duration

	// Handler serves what no pattern takes.
	Handler http.Handler
	// StaticDir holds files to serve if there is no Handler and no pattern "/".
	StaticDir string
	// Server is used in place of a new http.Server; its limits win.
	Server *http.Server
	// Secure asks for TLS, with a self-signed certificate unless TLSConfig has one.
	Secure bool
	// TLSConfig, if set, asks for TLS, and says whom Client trusts.
	TLSConfig *tls.Config
	// Limits bound what a peer can hold. There is no bound on the size of bodies: a handler knows best.
	Limits limits.Limits
	// DrainTimeout is how long Stop waits for what runs.
	DrainTimeout time.Duration

	BeforeStart, BeforeStop, AfterStart, AfterStop []func() error

	// Context ends Run when it ends. The contexts of requests do not descend from it.
	Context context.Context
	// Signal says whether SIGTERM, SIGINT and SIGQUIT end Run.
	Signal bool
}

func newOptions(opts ...Option) Options {
	o := Options{
		Name: DefaultName, Version: DefaultVersion, Id: DefaultId, Address: DefaultAddress, StaticDir: DefaultStaticDir,
		RegisterTTL: DefaultRegisterTTL, RegisterInterval: DefaultRegisterInterval, RegisterCheck: DefaultRegisterCheck,
		DrainTimeout: DefaultDrainTimeout, Metadata: map[string]string{}, Context: context.Background(), Signal: true,
	}
	for _, set := range opts {
		set(&o)
	}
	if o.Id == "" {
		o.Id = uuid.NewString()
	}
	if o.Service == nil {
		o.Service = micro.NewService()
	}
	return o.withDefaults()
}

// withDefaults fills in what an option may have emptied.
func (o Options) withDefaults() Options {
	if o.Context == nil {
		o.Context = context.Background()
	}
	if o.RegisterCheck == nil {
		o.RegisterCheck = DefaultRegisterCheck
	}
	if o.Logger == nil {
		o.Logger = o.Service.Options().Logger
	}
	return o
}

// Name sets the service's name.
func Name(n string) Option { return func(o *Options) { o.Name = n } }

// Icon sets the node's metadata "icon": the address of a picture.
func Icon(ico string) Option {
	return func(o *Options) {
		o.Metadata = maps.Clone(o.Metadata)
		if o.Metadata == nil {
			o.Metadata = map[string]string{}
		}
		o.Metadata["icon"] = ico
	}
}

// Id sets the node's id.
func Id(id string) Option { return func(o *Options) { o.Id = id } }

// Version sets the service's version.
func Version(v string) Option { return func(o *Options) { o.Version = v } }

// Metadata sets the node's metadata.
func Metadata(md map[string]string) Option { return func(o *Options) { o.Metadata = md } }

// Address sets where the service listens.
func Address(a string) Option { return func(o *Options) { o.Address = a } }

// Advertise sets the address to register, for services behind one that is not their own.
func Advertise(a string) Option { return func(o *Options) { o.Advertise = a } }

// Context sets the context that ends Run. Option values of plug-ins may be in it.
func Context(ctx context.Context) Option { return func(o *Options) { o.Context = ctx } }

// Registry sets where the service registers, and where Client looks services up.
func Registry(r registry.Registry) Option { return func(o *Options) { o.Registry = r } }

// RegisterTTL sets how long the registration lives without being refreshed. Default 90 s.
func RegisterTTL(t time.Duration) Option { return func(o *Options) { o.RegisterTTL = t } }

// RegisterInterval sets how often the registration is refreshed. Default 30 s; zero or less means never.
func RegisterInterval(t time.Duration) Option { return func(o *Options) { o.RegisterInterval = t } }

// RegisterCheck sets a function that has to pass for the service to be registered.
func RegisterCheck(fn func(context.Context) error) Option {
	return func(o *Options) { o.RegisterCheck = fn }
}

// Handler sets what serves the requests that no pattern of Handle takes.
func Handler(h http.Handler) Option { return func(o *Options) { o.Handler = h } }

// Server sets the http.Server to use. Its limits win over the framework's; its Handler is replaced. An http.Server serves
// once: a second Start needs a new one.
func Server(srv *http.Server) Option { return func(o *Options) { o.Server = srv } }

// MicroService sets the service that reads the command line, and that lends its registry and logger. It is not run.
func MicroService(s micro.Service) Option { return func(o *Options) { o.Service = s } }

// Secure makes the service listen with TLS; without TLSConfig by a self-signed certificate.
func Secure(b bool) Option { return func(o *Options) { o.Secure = b } }

// TLSConfig makes the service listen with TLS, 1.2 or later. Its RootCAs are whom Client trusts.
func TLSConfig(t *tls.Config) Option { return func(o *Options) { o.TLSConfig = t } }

// StaticDir sets where static files are. Default "html"; a folder that is not there serves nothing.
func StaticDir(d string) Option { return func(o *Options) { o.StaticDir = d } }

// BeforeStart adds a function to run before the service listens. The first error ends the start.
func BeforeStart(fn func() error) Option {
	return func(o *Options) { o.BeforeStart = added(o.BeforeStart, fn) }
}

// BeforeStop adds a function to run before the service deregisters.
func BeforeStop(fn func() error) Option {
	return func(o *Options) { o.BeforeStop = added(o.BeforeStop, fn) }
}

// AfterStart adds a function to run once the service serves. The first error stops it again.
func AfterStart(fn func() error) Option {
	return func(o *Options) { o.AfterStart = added(o.AfterStart, fn) }
}

// AfterStop adds a function to run once the service has stopped.
func AfterStop(fn func() error) Option {
	return func(o *Options) { o.AfterStop = added(o.AfterStop, fn) }
}

func added(to []func() error, fn func() error) []func() error {
	return append(to[:len(to):len(to)], fn)
}

// HandleSignal says whether SIGTERM, SIGINT and SIGQUIT end Run. Default true.
func HandleSignal(b bool) Option { return func(o *Options) { o.Signal = b } }

// Logger sets where the service logs.
func Logger(l logger.Logger) Option { return func(o *Options) { o.Logger = l } }

// DrainTimeout sets how long Stop waits for what runs. Default 10 s.
func DrainTimeout(t time.Duration) Option { return func(o *Options) { o.DrainTimeout = t } }

// Limits sets what a peer can hold: connections, the time and size of headers, the pace of bodies. Zero fields are the
// defaults, negative ones no limit.
func Limits(l limits.Limits) Option { return func(o *Options) { o.Limits = l } }
