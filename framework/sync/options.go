package sync

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/microtop/microtop/framework/logger"
)

// Options configure a Sync. Values that one implementation alone knows travel in Context under keys of its own type.
type Options struct {
	// Nodes are the addresses of the servers that keep the locks.
	Nodes []string
	// Prefix goes before all ids, so that several programs can share servers.
	Prefix string
	// TLSConfig is used for connections to the servers; it is cloned before use.
	TLSConfig *tls.Config
	// Context ends calls that wait, when it ends.
	Context context.Context
	Logger  logger.Logger
}

// LeaderOptions configure one election.
type LeaderOptions struct{}

// LockOptions configure one lock. A TTL of zero is none. A Wait of zero is for ever, a negative one not at all.
type LockOptions struct {
	TTL  time.Duration
	Wait time.Duration
}

type (
	// Option sets a field of Options.
	Option func(*Options)
	// LeaderOption sets a field of LeaderOptions.
	LeaderOption func(*LeaderOptions)
	// LockOption sets a field of LockOptions.
	LockOption func(*LockOptions)
)

// NewOptions returns the options that opts set, with defaults for the rest.
func NewOptions(opts ...Option) Options {
	o := Options{Context: context.Background(), Logger: logger.DefaultLogger}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// Nodes sets the addresses of the servers that keep the locks.
func Nodes(a ...string) Option { return func(o *Options) { o.Nodes = a } }

// Prefix sets what goes before all ids.
func Prefix(p string) Option { return func(o *Options) { o.Prefix = p } }

// WithTLS sets the TLS configuration for connections to the servers.
func WithTLS(t *tls.Config) Option { return func(o *Options) { o.TLSConfig = t } }

// WithContext sets the context that carries implementations' own options, and ends calls that wait.
func WithContext(ctx context.Context) Option { return func(o *Options) { o.Context = ctx } }

// WithLogger sets where the Sync logs.
func WithLogger(l logger.Logger) Option { return func(o *Options) { o.Logger = l } }

// LockTTL sets after how long a lock ends by itself.
func LockTTL(t time.Duration) LockOption { return func(o *LockOptions) { o.TTL = t } }

// LockWait sets how long to wait for a lock.
func LockWait(t time.Duration) LockOption { return func(o *LockOptions) { o.Wait = t } }
