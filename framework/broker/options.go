package broker

import (
	"context"
	"crypto/tls"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
)

// Options configure a broker.
type Options struct {
	Addrs  []string
	Secure bool
	// Codec encodes the envelope; the default is JSON.
	Codec codec.Marshaler
	// ErrorHandler is called with each event whose handler failed.
	ErrorHandler Handler
	TLSConfig    *tls.Config
	// Registry is where brokers without a server find their subscribers.
	Registry registry.Registry
	Logger   logger.Logger
	Context  context.Context
}

// PublishOptions configure one publication.
type PublishOptions struct{ Context context.Context }

// SubscribeOptions configure one subscription.
type SubscribeOptions struct {
	// AutoAck confirms each event whose handler returned nil. Default true.
	AutoAck bool
	// Queue names a group of subscribers that share the topic's messages: each goes to one of them.
	Queue   string
	Context context.Context
}

type (
	// Option sets a field of Options.
	Option func(*Options)
	// PublishOption sets a field of PublishOptions.
	PublishOption func(*PublishOptions)
	// SubscribeOption sets a field of SubscribeOptions.
	SubscribeOption func(*SubscribeOptions)
)

// NewOptions returns the options that opts set, with a non-nil Context.
func NewOptions(opts ...Option) *Options {
	o := &Options{Context: context.Background()}
	for _, set := range opts {
		set(o)
	}
	return o
}

// NewSubscribeOptions returns the options that opts set; AutoAck starts as true.
func NewSubscribeOptions(opts ...SubscribeOption) SubscribeOptions {
	o := SubscribeOptions{AutoAck: true}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// Addrs sets the broker's addresses; what they mean is the implementation's.
func Addrs(addrs ...string) Option { return func(o *Options) { o.Addrs = addrs } }

// Codec sets how the envelope is encoded.
func Codec(c codec.Marshaler) Option { return func(o *Options) { o.Codec = c } }

// ErrorHandler sets what is called with each event whose handler failed.
func ErrorHandler(h Handler) Option { return func(o *Options) { o.ErrorHandler = h } }

// Registry sets where subscribers are found.
func Registry(r registry.Registry) Option { return func(o *Options) { o.Registry = r } }

// Secure asks for TLS.
func Secure(b bool) Option { return func(o *Options) { o.Secure = b } }

// TLSConfig sets the TLS configuration; it is cloned before use.
func TLSConfig(t *tls.Config) Option { return func(o *Options) { o.TLSConfig = t } }

// Logger sets where the broker logs.
func Logger(l logger.Logger) Option { return func(o *Options) { o.Logger = l } }

// PublishContext bounds the publication by a context.
func PublishContext(ctx context.Context) PublishOption {
	return func(o *PublishOptions) { o.Context = ctx }
}

// DisableAutoAck leaves confirming to the handler.
func DisableAutoAck() SubscribeOption { return func(o *SubscribeOptions) { o.AutoAck = false } }

// Queue puts the subscription into a group that shares the topic's messages.
func Queue(name string) SubscribeOption { return func(o *SubscribeOptions) { o.Queue = name } }

// SubscribeContext ends the subscription when ctx ends.
func SubscribeContext(ctx context.Context) SubscribeOption {
	return func(o *SubscribeOptions) { o.Context = ctx }
}

type limitsKey struct{}

// WithLimits bounds what peers may send and what a slow subscription may hold.
func WithLimits(l limits.Limits) Option {
	return func(o *Options) {
		if o.Context == nil {
			o.Context = context.Background()
		}
		o.Context = context.WithValue(o.Context, limitsKey{}, l)
	}
}

// Limits returns the limits set by WithLimits, with defaults filled in.
func (o Options) Limits() limits.Limits {
	if o.Context != nil {
		if l, ok := o.Context.Value(limitsKey{}).(limits.Limits); ok {
			return l.WithDefaults()
		}
	}
	return limits.Default()
}
