package client

import (
	"context"
	"sync/atomic"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/transport"
)

// Over returns a maker of drivers, for [NewMixed], that call nodes of the framework's own protocol over another transport
// than the client's. Everything else is as the client's options say.
func Over(t transport.Transport) func(options func() Options) Driver {
	return func(func() Options) Driver { return &over{own: new(front), transport: t} }
}

// over is a driver with connections of its own.
type over struct {
	of        *front // whose options these are; set before the first call
	own       *front
	transport transport.Transport
	base      atomic.Pointer[setup] // of's, that own's was made of
}

var _ Driver = (*over)(nil)

// driver is the one that calls, with what of's options are now.
func (o *over) driver() mucpDriver {
	if base := o.of.setup.Load(); o.base.Load() != base {
		now := *base
		now.opts.Transport = o.transport
		o.own.pool.configure(now.opts.PoolSize, now.opts.PoolTTL)
		o.own.setup.Store(&now)
		o.base.Store(base)
	}
	return mucpDriver{o.own}
}

// String implements Driver.
func (o *over) String() string { return o.transport.String() }

// Call implements Driver.
func (o *over) Call(ctx context.Context, node *registry.Node, req Request, rsp any, opts CallOptions) error {
	return o.driver().Call(ctx, node, req, rsp, opts)
}

// Open implements Driver.
func (o *over) Open(ctx context.Context, node *registry.Node, req Request, opts CallOptions, ended func()) (Stream, error) {
	return o.driver().Open(ctx, node, req, opts, ended)
}

// Close implements Driver.
func (o *over) Close() error { return mucpDriver{o.own}.Close() }
