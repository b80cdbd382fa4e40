package transport

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/listen"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/logger"
)

// DefaultDialTimeout bounds a dial that says nothing else.
var DefaultDialTimeout = 5 * time.Second

// Options configure a transport.
type Options struct {
	// Addrs are the addresses of an intermediary, for transports that have one.
	Addrs []string
	// Codec encodes messages, for transports that need one.
	Codec codec.Marshaler
	// Secure asks for TLS.
	Secure bool
	// TLSConfig is cloned before use. Peers are verified unless it says otherwise.
	TLSConfig *tls.Config
	// Timeout bounds each Send and Recv; zero means none.
	Timeout time.Duration
	Logger  logger.Logger
	Context context.Context
}

// DialOptions configure one connection.
type DialOptions struct {
	// Stream says that the connection carries one stream.
	Stream bool
	// Timeout bounds the dial, TLS handshake included; zero means DefaultDialTimeout, less than zero no bound.
	Timeout time.Duration
	// Context ends the dial, not the connection.
	Context context.Context
}

// Bounded returns a context that ends when the dial has taken too long.
func (o DialOptions) Bounded() (context.Context, context.CancelFunc) {
	ctx := o.Context
	if ctx == nil {
		ctx = context.Background()
	}
	switch {
	case o.Timeout < 0:
		return context.WithCancel(ctx)
	case o.Timeout == 0:
		return context.WithTimeout(ctx, DefaultDialTimeout)
	default:
		return context.WithTimeout(ctx, o.Timeout)
	}
}

// ListenOptions configure one listener.
type ListenOptions struct{ Context context.Context }

type (
	// Option sets a field of Options.
	Option func(*Options)
	// DialOption sets a field of DialOptions.
	DialOption func(*DialOptions)
	// ListenOption sets a field of ListenOptions.
	ListenOption func(*ListenOptions)
)

// Addrs sets the addresses of an intermediary.
func Addrs(addrs ...string) Option { return func(o *Options) { o.Addrs = addrs } }

// Codec sets the marshaler, for transports that need one.
func Codec(c codec.Marshaler) Option { return func(o *Options) { o.Codec = c } }

// Timeout bounds each Send and Recv.
func Timeout(t time.Duration) Option { return func(o *Options) { o.Timeout = t } }

// Secure asks for TLS.
func Secure(b bool) Option { return func(o *Options) { o.Secure = b } }

// TLSConfig sets the TLS configuration; it is cloned before use.
func TLSConfig(t *tls.Config) Option { return func(o *Options) { o.TLSConfig = t } }

// WithLogger sets where the transport logs.
func WithLogger(l logger.Logger) Option { return func(o *Options) { o.Logger = l } }

// with returns a copy of o with opts applied.
func (o Options) with(opts []Option) Options {
	for _, set := range opts {
		set(&o)
	}
	return o
}

// WithStream marks the connection as one stream's.
func WithStream() DialOption { return func(o *DialOptions) { o.Stream = true } }

// WithTimeout bounds the dial.
func WithTimeout(d time.Duration) DialOption { return func(o *DialOptions) { o.Timeout = d } }

type (
	limitsKey   struct{}
	listenerKey struct{}
	insecureKey struct{}
	dialerKey   struct{}

	dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)
)

// Insecure makes clients accept any certificate: whoever sits between can read and change everything. It is for v4
// servers that made their certificate themselves, on a network that is trusted.
func Insecure() Option {
	return func(o *Options) { o.Context = withValue(o.Context, insecureKey{}, true) }
}

func (o Options) insecure() bool {
	if o.Context == nil {
		return false
	}
	insecure, _ := o.Context.Value(insecureKey{}).(bool)
	return insecure
}

// WithDialer sets how the http and grpc transports open TCP connections, through a proxy for one; TLS runs on top of it.
func WithDialer(dial func(ctx context.Context, network, addr string) (net.Conn, error)) Option {
	return func(o *Options) { o.Context = withValue(o.Context, dialerKey{}, dialFunc(dial)) }
}

// DialContext opens a connection as WithDialer said, else directly.
func (o Options) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	if o.Context != nil {
		if dial, ok := o.Context.Value(dialerKey{}).(dialFunc); ok && dial != nil {
			return dial(ctx, network, addr)
		}
	}
	return (&net.Dialer{}).DialContext(ctx, network, addr)
}

// WithLimits bounds what peers may send; zero fields take their defaults.
func WithLimits(l limits.Limits) Option {
	return func(o *Options) { o.Context = withValue(o.Context, limitsKey{}, l) }
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

// NetListener makes Listen use a listener that the caller opened; the transport closes it.
func NetListener(l net.Listener) ListenOption {
	return func(o *ListenOptions) { o.Context = withValue(o.Context, listenerKey{}, l) }
}

// Listen opens a TCP listener on addr (host:port, host:min-max), or returns the one that NetListener gave.
func (o ListenOptions) Listen(addr string) (net.Listener, error) {
	ctx := o.Context
	if ctx == nil {
		ctx = context.Background()
	}
	if l, ok := ctx.Value(listenerKey{}).(net.Listener); ok && l != nil {
		return l, nil
	}
	return listen.TCP(ctx, addr)
}

func withValue(ctx context.Context, key, value any) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	return context.WithValue(ctx, key, value)
}
