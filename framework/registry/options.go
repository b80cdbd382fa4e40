package registry

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/microtop/microtop/framework/logger"
)

// Options configure a registry. Values that one implementation alone knows travel in Context under keys of its own type.
type Options struct {
	Addrs     []string
	Timeout   time.Duration
	Secure    bool
	TLSConfig *tls.Config
	Logger    logger.Logger
	Context   context.Context
}

// RegisterOptions configure one registration. A TTL of zero means that it does not expire.
type RegisterOptions struct {
	TTL     time.Duration
	Context context.Context
}

// WatchOptions configure one watcher. An empty Service watches all.
type WatchOptions struct {
	Service string
	Context context.Context
}

// DeregisterOptions configure one deregistration.
type DeregisterOptions struct{ Context context.Context }

// GetOptions configure one look-up.
type GetOptions struct{ Context context.Context }

// ListOptions configure one listing.
type ListOptions struct{ Context context.Context }

type (
	// Option sets a field of Options.
	Option func(*Options)
	// RegisterOption sets a field of RegisterOptions.
	RegisterOption func(*RegisterOptions)
	// WatchOption sets a field of WatchOptions.
	WatchOption func(*WatchOptions)
	// DeregisterOption sets a field of DeregisterOptions.
	DeregisterOption func(*DeregisterOptions)
	// GetOption sets a field of GetOptions.
	GetOption func(*GetOptions)
	// ListOption sets a field of ListOptions.
	ListOption func(*ListOptions)
)

// NewOptions returns the options that opts set, with a non-nil Context.
func NewOptions(opts ...Option) *Options {
	o := &Options{Context: context.Background()}
	for _, set := range opts {
		set(o)
	}
	return o
}

// SetValue stores an implementation's own option under a key of that implementation's type.
func SetValue(key, value any) Option {
	return func(o *Options) {
		if o.Context == nil {
			o.Context = context.Background()
		}
		o.Context = context.WithValue(o.Context, key, value)
	}
}

// Addrs sets the registry's addresses; what they mean is the implementation's.
func Addrs(addrs ...string) Option { return func(o *Options) { o.Addrs = addrs } }

// Timeout bounds one look-up or registration.
func Timeout(t time.Duration) Option { return func(o *Options) { o.Timeout = t } }

// Secure asks for TLS.
func Secure(b bool) Option { return func(o *Options) { o.Secure = b } }

// TLSConfig sets the TLS configuration; it is cloned before use.
func TLSConfig(t *tls.Config) Option { return func(o *Options) { o.TLSConfig = t } }

// Logger sets where the registry logs.
func Logger(l logger.Logger) Option { return func(o *Options) { o.Logger = l } }

// RegisterTTL sets how long a registration lives without being refreshed.
func RegisterTTL(t time.Duration) RegisterOption { return func(o *RegisterOptions) { o.TTL = t } }

// RegisterContext bounds the registration by a context.
func RegisterContext(ctx context.Context) RegisterOption {
	return func(o *RegisterOptions) { o.Context = ctx }
}

// WatchService watches one service only.
func WatchService(name string) WatchOption { return func(o *WatchOptions) { o.Service = name } }

// WatchContext stops the watcher when ctx ends.
func WatchContext(ctx context.Context) WatchOption { return func(o *WatchOptions) { o.Context = ctx } }

// DeregisterContext bounds the deregistration by a context.
func DeregisterContext(ctx context.Context) DeregisterOption {
	return func(o *DeregisterOptions) { o.Context = ctx }
}

// GetContext bounds the look-up by a context.
func GetContext(ctx context.Context) GetOption { return func(o *GetOptions) { o.Context = ctx } }

// ListContext bounds the listing by a context.
func ListContext(ctx context.Context) ListOption { return func(o *ListOptions) { o.Context = ctx } }
