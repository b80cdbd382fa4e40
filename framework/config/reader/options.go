package reader

import (
	"maps"

	"github.com/microtop/microtop/framework/config/encoder"
	"github.com/microtop/microtop/framework/config/encoder/json"
)

// Options configure a reader.
type Options struct {
	// Encoding holds the encoders by the name of their format.
	Encoding map[string]encoder.Encoder
}

// Option sets a field of Options.
type Option func(*Options)

// NewOptions returns the options that opts set. JSON is always known.
func NewOptions(opts ...Option) Options {
	o := Options{Encoding: map[string]encoder.Encoder{"json": json.NewEncoder()}}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// WithEncoder adds a format: yaml, toml, hcl and xml are in folders below framework/config/encoder. An encoder named
// "yaml" also reads what ends in ".yml".
func WithEncoder(e encoder.Encoder) Option {
	return func(o *Options) {
		all := maps.Clone(o.Encoding)
		if all == nil {
			all = map[string]encoder.Encoder{}
		}
		all[e.String()] = e
		if e.String() == "yaml" {
			all["yml"] = e
		}
		o.Encoding = all
	}
}
