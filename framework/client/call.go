package client

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/internal/deadline"
)

// Call implements Client.
func (c *front) Call(ctx context.Context, req Request, rsp any, opts ...CallOption) error {
	in := c.setup.Load()
	o := in.opts.CallOptions
	if len(opts) > 0 {
		o = o.with(opts)
	}
	if err := ctx.Err(); err != nil {
		return newError(clientID, 408, "", err)
	}
	if in.opts.Router != nil {
		return routed(ctx, in.opts.Router, req, rsp)
	}
	if o.CacheExpiry > 0 && in.opts.Cache != nil {
		if found, ok := in.opts.Cache.Get(ctx, &req); ok && assign(rsp, found) {
			return nil
		}
	}
	began, end := time.Now(), time.Time{}
	if _, ok := ctx.Deadline(); !ok {
		if o.RequestTimeout <= 0 {
			o.RequestTimeout = DefaultRequestTimeout
		}
		end = began.Add(o.RequestTimeout)
	}
	bounded := bound(ctx, req, end)
	defer bounded.End()
	call := c.innermost
	for _, wrap := range slices.Backward(o.CallWrappers) {
		call = wrap(call)
	}
	a, err := c.attempts(in, req, rsp, o, call)
	if err != nil {
		return err
	}
	if err := a.run(bounded, began); err != nil { //nolint:contextcheck // bounded descends from ctx
		return err
	}
	if o.CacheExpiry > 0 && in.opts.Cache != nil {
		in.opts.Cache.Set(ctx, &req, snapshot(rsp), o.CacheExpiry)
	}
	return nil
}

func (o CallOptions) with(opts []CallOption) CallOptions {
	own := spareOptions.Get().(*CallOptions) //nolint:forcetypeassert // the pool holds nothing else
	*own = o
	for _, set := range opts {
		set(own)
	}
	o, *own = *own, CallOptions{}
	spareOptions.Put(own)
	return o
}

var spareOptions = sync.Pool{New: func() any { return new(CallOptions) }}

// bound returns ctx with a deadline; the zero time is none.
func bound(ctx context.Context, req Request, end time.Time) *deadline.Context {
	if own, ok := req.(*request); ok && !own.called.Swap(true) {
		own.life.Begin(ctx, end)
		return &own.life
	}
	return deadline.New(ctx, end)
}

// routed lets a Router make the call.
func routed(ctx context.Context, r Router, req Request, rsp any) error {
	answer, err := r.SendRequest(ctx, req)
	if err != nil || rsp == nil {
		return err
	}
	if err := answer.Codec().ReadBody(rsp); err != nil {
		return newError(codecID, 500, "", err)
	}
	return nil
}
