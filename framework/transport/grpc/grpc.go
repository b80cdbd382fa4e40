// Package grpc is the transport that carries the framework's messages in gRPC streams: wire-compatible with go-micro v4's
// plug-in of that name (docs/wire.md §9.7). It is for networks that let only gRPC through; calls in gRPC's own manner are
// made by packages server/grpc and client/grpc. Start with [NewTransport].
//
//	service := micro.NewService(micro.Transport(grpc.NewTransport()), micro.Name("greeter"))
//
// Each connection is one HTTP/2 connection with one stream, /go.micro.transport.grpc.Transport/Stream, of messages
// {map<string, string> header = 1; bytes body = 2}. Headers arrive as they were sent; they are UTF-8.
package grpc

import (
	"sync"

	"github.com/microtop/microtop/framework/transport"
)

// NewTransport returns the transport. Peers are bounded by transport.WithLimits. With transport.Secure or
// transport.TLSConfig connections use TLS 1.2 or later, and a client verifies the server's certificate (v4 does not): give
// it RootCAs, or transport.Insecure. A server without a certificate makes itself one. transport.WithDialer is obeyed,
// proxy variables of the environment are not.
func NewTransport(opts ...transport.Option) transport.Transport {
	t := &grpcTransport{}
	_ = t.Init(opts...) // only sets fields
	return t
}

const (
	// alpn is what gRPC is called in TLS.
	alpn = "h2"
	// serviceName and streamName are the only method there is.
	serviceName = "go.micro.transport.grpc.Transport"
	streamName  = "Stream"
)

type grpcTransport struct {
	mu   sync.Mutex
	opts transport.Options
}

var _ transport.Transport = (*grpcTransport)(nil)

// Init implements transport.Transport.
func (t *grpcTransport) Init(opts ...transport.Option) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, set := range opts {
		set(&t.opts)
	}
	return nil
}

// Options implements transport.Transport.
func (t *grpcTransport) Options() transport.Options {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.opts
}

// String implements transport.Transport.
func (t *grpcTransport) String() string { return "grpc" }

// Dial implements transport.Transport.
func (t *grpcTransport) Dial(addr string, opts ...transport.DialOption) (transport.Client, error) {
	var dial transport.DialOptions
	for _, set := range opts {
		set(&dial)
	}
	ctx, cancel := dial.Bounded()
	defer cancel()
	return open(ctx, addr, t.Options())
}

// Listen implements transport.Transport.
func (t *grpcTransport) Listen(addr string, opts ...transport.ListenOption) (transport.Listener, error) {
	var options transport.ListenOptions
	for _, set := range opts {
		set(&options)
	}
	l, err := options.Listen(addr)
	if err != nil {
		return nil, err
	}
	o := t.Options()
	config, err := o.ServerTLS(l.Addr(), alpn)
	if err != nil {
		_ = l.Close() // err says what matters
		return nil, err
	}
	return newListener(l, o, config), nil
}
