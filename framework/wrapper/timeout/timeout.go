// Package timeout gives endpoints deadlines of their own.
//
// At a client a deadline covers all attempts at a call, or the life of a stream. At a server it ends the context of the
// handler, which has to listen to it. A deadline never lengthens one that is already there. Start with [NewClientWrapper].
package timeout

import (
	"context"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/server"
)

// Options say how long what may take.
type Options struct {
	// Default is for endpoints that are not named; zero means none.
	Default time.Duration
	// Endpoints are by name ("Handler.Method"), of whatever service.
	Endpoints map[string]time.Duration
}

// Option sets a field of Options.
type Option func(*Options)

// Default sets how long calls of endpoints may take that are not named.
func Default(d time.Duration) Option { return func(o *Options) { o.Default = d } }

// Endpoint sets how long calls of an endpoint ("Handler.Method") may take; zero or less means that it has no deadline
// of its own.
func Endpoint(name string, d time.Duration) Option {
	return func(o *Options) { o.Endpoints[name] = d }
}

func newOptions(opts []Option) Options {
	o := Options{Endpoints: map[string]time.Duration{}}
	for _, set := range opts {
		set(&o)
	}
	return o
}

func (o Options) of(endpoint string) time.Duration {
	if d, ok := o.Endpoints[endpoint]; ok {
		return d
	}
	return o.Default
}

// NewClientWrapper bounds calls and streams. What a call's own options say goes first.
func NewClientWrapper(opts ...Option) client.Wrapper {
	o := newOptions(opts)
	return func(c client.Client) client.Client { return &bounded{c, o} }
}

type bounded struct {
	client.Client
	opts Options
}

// Call implements client.Client.
func (b *bounded) Call(ctx context.Context, req client.Request, rsp any, opts ...client.CallOption) error {
	d := b.opts.of(req.Endpoint())
	if d <= 0 {
		return b.Client.Call(ctx, req, rsp, opts...)
	}
	if _, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	return b.Client.Call(ctx, req, rsp, before(client.WithRequestTimeout(d), opts)...)
}

// Stream implements client.Client.
func (b *bounded) Stream(ctx context.Context, req client.Request, opts ...client.CallOption) (client.Stream, error) {
	if d := b.opts.of(req.Endpoint()); d > 0 {
		opts = before(client.WithStreamTimeout(d), opts)
	}
	return b.Client.Stream(ctx, req, opts...)
}

// before puts an option before those given, which then win.
func before(first client.CallOption, opts []client.CallOption) []client.CallOption {
	return append([]client.CallOption{first}, opts...)
}

// NewHandlerWrapper bounds what handlers may take, streams included.
func NewHandlerWrapper(opts ...Option) server.HandlerWrapper {
	o := newOptions(opts)
	return func(next server.HandlerFunc) server.HandlerFunc {
		return func(ctx context.Context, req server.Request, rsp any) error {
			if d := o.of(req.Endpoint()); d > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, d)
				defer cancel()
			}
			return next(ctx, req, rsp)
		}
	}
}
