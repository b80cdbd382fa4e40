package cache

import (
	"context"
	"time"

	"github.com/microtop/microtop/framework/logger"
)

// Options configure a cache. Values that one implementation alone knows travel in Context under keys of its own type.
type Options struct {
	// Expiration is how long a value put with a duration of zero lives; zero and less is for ever.
	Expiration time.Duration
	// Items are in the cache from the start.
	Items map[string]Item
	// Address is where the cache's server is, for implementations that have one.
	Address string
	Context context.Context
	Logger  logger.Logger
}

// Option sets a field of Options.
type Option func(*Options)

// NewOptions returns the options that opts set, with defaults for the rest.
func NewOptions(opts ...Option) Options {
	o := Options{Expiration: DefaultExpiration, Items: map[string]Item{}, Context: context.Background(), Logger: logger.DefaultLogger}
	for _, set := range opts {
		set(&o)
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

// Lifetime is how long a value put for d lives: zero is for ever.
func (o Options) Lifetime(d time.Duration) time.Duration {
	if d == 0 {
		d = o.Expiration
	}
	return max(d, 0)
}

// Expiration sets how long a value put with a duration of zero lives.
func Expiration(d time.Duration) Option { return func(o *Options) { o.Expiration = d } }

// Items sets what is in the cache from the start. The map is copied when the cache is made.
func Items(i map[string]Item) Option { return func(o *Options) { o.Items = i } }

// WithAddress sets where the cache's server is.
func WithAddress(addr string) Option { return func(o *Options) { o.Address = addr } }

// WithContext sets the context that carries implementations' own options.
func WithContext(c context.Context) Option { return func(o *Options) { o.Context = c } }

// WithLogger sets where the cache logs.
func WithLogger(l logger.Logger) Option { return func(o *Options) { o.Logger = l } }
