package client

import (
	"context"
	"maps"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/transport"
)

// Options configure a client. Nil components mean the package defaults of the components.
type Options struct {
	// ContentType is how bodies are encoded that do not say.
	ContentType string
	Broker      broker.Broker
	// Codecs are used before DefaultCodecs.
	Codecs   map[string]codec.NewCodec
	Registry registry.Registry
	// Selector picks nodes. If only Registry is given, the client makes a selector on it.
	Selector  selector.Selector
	Transport transport.Transport
	// PoolSize is how many idle connections are kept per address, PoolTTL how long a connection is used.
	PoolSize int
	PoolTTL  time.Duration
	// Cache holds answers of calls that ask for it (WithCache).
	Cache *Cache
	// Wrappers around the client; the first is the outermost. They count when the client is made.
	Wrappers []Wrapper
	// CallOptions are the defaults of each call.
	CallOptions CallOptions
	// Router, if set, sends requests in place of the client's own way.
	Router  Router
	Logger  logger.Logger
	Context context.Context
	// NoProxy makes the client ignore MICRO_PROXY and MICRO_NETWORK.
	NoProxy bool
}

// Option sets a field of Options.
type Option func(*Options)

// NewOptions returns the options that opts set, with defaults for the rest.
func NewOptions(opts ...Option) Options {
	o := Options{
		ContentType: DefaultContentType,
		Codecs:      map[string]codec.NewCodec{},
		PoolSize:    DefaultPoolSize,
		PoolTTL:     DefaultPoolTTL,
		Cache:       NewCache(),
		CallOptions: CallOptions{
			Backoff: DefaultBackoff, Retry: DefaultRetry, Retries: DefaultRetries,
			RequestTimeout: DefaultRequestTimeout, DialTimeout: transport.DefaultDialTimeout,
		},
	}
	for _, set := range opts {
		set(&o)
	}
	return o.withDefaults()
}

// withDefaults fills in what was left open, but for the selector.
func (o Options) withDefaults() Options {
	if o.Broker == nil {
		o.Broker = broker.DefaultBroker
	}
	if o.Transport == nil {
		o.Transport = transport.DefaultTransport
	}
	if o.Context == nil {
		o.Context = context.Background()
	}
	o.Logger = logger.LoggerOrDefault(o.Logger)
	return o
}

// Broker sets what Publish publishes with.
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

// ContentType sets how bodies are encoded that do not say.
func ContentType(ct string) Option { return func(o *Options) { o.ContentType = ct } }

// PoolSize sets how many idle connections are kept per address. Default 100.
func PoolSize(d int) Option { return func(o *Options) { o.PoolSize = d } }

// PoolTTL sets how long a connection is used. Default one minute.
func PoolTTL(d time.Duration) Option { return func(o *Options) { o.PoolTTL = d } }

// Registry sets where services are looked up, unless a selector is given.
func Registry(r registry.Registry) Option { return func(o *Options) { o.Registry = r } }

// Transport sets what connections are made with.
func Transport(t transport.Transport) Option { return func(o *Options) { o.Transport = t } }

// Selector sets how nodes are picked.
func Selector(s selector.Selector) Option { return func(o *Options) { o.Selector = s } }

// Wrap adds a wrapper around the client, inside those added before.
func Wrap(w Wrapper) Option {
	return func(o *Options) { o.Wrappers = append(o.Wrappers[:len(o.Wrappers):len(o.Wrappers)], w) }
}

// WrapCall adds wrappers around each attempt, inside those added before.
func WrapCall(cw ...CallWrapper) Option {
	return func(o *Options) { WithCallWrapper(cw...)(&o.CallOptions) }
}

// Backoff sets how long to wait before each attempt.
func Backoff(fn BackoffFunc) Option { return func(o *Options) { o.CallOptions.Backoff = fn } }

// Retries sets how many attempts may follow the first. Default 1. Attempts whose request did not run (NotRun) do not count
// as long as there is a node that the call has not been to, also with 0: see CallOptions.
func Retries(i int) Option { return func(o *Options) { o.CallOptions.Retries = i } }

// Retry sets what decides whether to try again.
func Retry(fn RetryFunc) Option { return func(o *Options) { o.CallOptions.Retry = fn } }

// RequestTimeout bounds calls whose context has no deadline. Default 5 s.
func RequestTimeout(d time.Duration) Option {
	return func(o *Options) { o.CallOptions.RequestTimeout = d }
}

// StreamTimeout bounds streams. Default none.
func StreamTimeout(d time.Duration) Option {
	return func(o *Options) { o.CallOptions.StreamTimeout = d }
}

// DialTimeout bounds each dial. Default 5 s.
func DialTimeout(d time.Duration) Option { return func(o *Options) { o.CallOptions.DialTimeout = d } }

// WithLogger sets where the client logs.
func WithLogger(l logger.Logger) Option { return func(o *Options) { o.Logger = l } }

// WithRouter sets what sends requests in place of the client's own way.
func WithRouter(r Router) Option { return func(o *Options) { o.Router = r } }

// NoProxy makes the client ignore the environment's MICRO_PROXY and MICRO_NETWORK variables.
func NoProxy() Option { return func(o *Options) { o.NoProxy = true } }

// PublishOptions configure one publication.
type PublishOptions struct {
	// Exchange, if not empty, is where the broker publishes in place of the message's topic.
	Exchange string
	Context  context.Context
}

// PublishOption sets a field of PublishOptions.
type PublishOption func(*PublishOptions)

// WithExchange publishes to an exchange instead of the topic; Micro-Topic still names the topic.
func WithExchange(e string) PublishOption { return func(o *PublishOptions) { o.Exchange = e } }

// PublishContext sets the context handed to the broker.
func PublishContext(ctx context.Context) PublishOption {
	return func(o *PublishOptions) { o.Context = ctx }
}

// MessageOptions configure a message.
type MessageOptions struct{ ContentType string }

// MessageOption sets a field of MessageOptions.
type MessageOption func(*MessageOptions)

// WithMessageContentType sets how the message is encoded.
func WithMessageContentType(ct string) MessageOption {
	return func(o *MessageOptions) { o.ContentType = ct }
}

// RequestOptions configure a request.
type RequestOptions struct {
	ContentType string
	Stream      bool
	Context     context.Context
}

// RequestOption sets a field of RequestOptions.
type RequestOption func(*RequestOptions)

// WithContentType sets how the request is encoded.
func WithContentType(ct string) RequestOption {
	switch ct { // the usual ones without a closure
	case mucp.Protobuf:
		return asProtobuf
	case mucp.JSON:
		return asJSON
	}
	return func(o *RequestOptions) { o.ContentType = ct }
}

func asProtobuf(o *RequestOptions) { o.ContentType = mucp.Protobuf }

func asJSON(o *RequestOptions) { o.ContentType = mucp.JSON }

// StreamingRequest marks a request that opens a stream.
func StreamingRequest() RequestOption { return func(o *RequestOptions) { o.Stream = true } }
