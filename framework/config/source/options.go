package source

import (
	"context"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/config/encoder"
	"github.com/microtop/microtop/framework/config/encoder/json"
)

// Options configure a source.
type Options struct {
	// Encoder is the format of sources that choose it themselves, or whose place does not tell.
	Encoder encoder.Encoder
	// Context holds the options of one implementation (SetValue).
	Context context.Context
	// Client calls the services that a source may read from.
	Client client.Client
}

// Option sets a field of Options.
type Option func(*Options)

// NewOptions returns the options that opts set, with defaults for the rest: JSON and the default client.
func NewOptions(opts ...Option) Options {
	o := Options{Encoder: json.NewEncoder(), Context: context.Background(), Client: client.DefaultClient}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// WithEncoder sets the format of sources that choose it themselves, or whose place does not tell.
func WithEncoder(e encoder.Encoder) Option { return func(o *Options) { o.Encoder = e } }

// WithClient sets the client of sources that read from a service.
func WithClient(c client.Client) Option { return func(o *Options) { o.Client = c } }

// SetValue returns an option of one implementation: key is a type of its own.
func SetValue(key, value any) Option {
	return func(o *Options) {
		if o.Context == nil {
			o.Context = context.Background()
		}
		o.Context = context.WithValue(o.Context, key, value)
	}
}

// Value returns what SetValue set, or otherwise.
func Value[T any](o Options, key any, otherwise T) T {
	if o.Context == nil {
		return otherwise
	}
	if value, ok := o.Context.Value(key).(T); ok {
		return value
	}
	return otherwise
}
