package prometheus

import "github.com/prometheus/client_golang/prometheus"

// Options say where metrics go and what they say of the service.
type Options struct {
	// Name, Version and ID are labels of every metric.
	Name, Version, ID string
	// Registerer takes the metrics. Wrappers with the same one share them.
	Registerer prometheus.Registerer
	// Buckets are the histogram's bounds, in seconds. Default prometheus.DefBuckets.
	Buckets []float64
}

// Option sets a field of Options.
type Option func(*Options)

// ServiceName sets the label micro_name.
func ServiceName(name string) Option { return func(o *Options) { o.Name = name } }

// ServiceVersion sets the label micro_version.
func ServiceVersion(version string) Option { return func(o *Options) { o.Version = version } }

// ServiceID sets the label micro_id.
func ServiceID(id string) Option { return func(o *Options) { o.ID = id } }

// WithRegisterer sets where the metrics go: a registry of the program's own, or prometheus.DefaultRegisterer. Without
// one nothing is counted, and the first request says so in the log.
func WithRegisterer(r prometheus.Registerer) Option { return func(o *Options) { o.Registerer = r } }

// WithBuckets sets the histogram's bounds, in seconds.
func WithBuckets(seconds ...float64) Option { return func(o *Options) { o.Buckets = seconds } }

func newOptions(opts []Option) Options {
	o := Options{Buckets: prometheus.DefBuckets}
	for _, set := range opts {
		set(&o)
	}
	return o
}
