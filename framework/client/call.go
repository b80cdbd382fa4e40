package client

import (
	"context"
	"slices"
	"time"

	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/deadline"
	"github.com/microtop/microtop/framework/registry"
)

// Call implements Client.
func (c *mucpClient) Call(ctx context.Context, req Request, rsp any, opts ...CallOption) error {
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
	bounded := deadline.New(ctx, end)
	defer bounded.End()
	to, err := c.target(in, req, &o)
	if err != nil {
		return err
	}
	call := c.innermost
	for _, wrap := range slices.Backward(o.CallWrappers) {
		call = wrap(call)
	}
	if err := c.tryCall(bounded, in, began, to, call, req, rsp, o); err != nil { //nolint:contextcheck // bounded descends from ctx
		return err
	}
	if o.CacheExpiry > 0 && in.opts.Cache != nil {
		in.opts.Cache.Set(ctx, &req, snapshot(rsp), o.CacheExpiry)
	}
	return nil
}

func (o CallOptions) with(opts []CallOption) CallOptions {
	for _, set := range opts {
		set(&o)
	}
	return o
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

// tryCall makes attempts until one succeeds, or none is left, or trying again is not safe.
func (c *mucpClient) tryCall(ctx *deadline.Context, in *setup, began time.Time, to target, call CallFunc, req Request, rsp any, o CallOptions) error {
	attempts := max(o.Retries, 0) + 1
	if in.proxy.set() {
		attempts = 1 // the proxy tries again itself
	}
	var failed error
	for i := range attempts {
		if err := wait(ctx, req, o, i, failed); err != nil {
			return err
		}
		if i > 0 {
			began = time.Now()
		}
		failed = c.attempt(ctx, in, began, to, call, req, rsp, o, attempts-i)
		if failed == nil || i == attempts-1 || ctx.Err() != nil || !again(ctx, req, o, i, &failed) {
			break
		}
	}
	return failed
}

// wait waits before an attempt. An attempt after one that did not run is made at once, since it goes elsewhere.
func wait(ctx context.Context, req Request, o CallOptions, i int, failed error) error {
	if o.Backoff == nil || NotRun(failed) {
		return nil
	}
	d, err := o.Backoff(ctx, req, i)
	if err != nil {
		return newError(clientID, 500, "backoff error: ", err)
	}
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return newError(clientID, 408, "call timeout: ", ctx.Err())
	}
}

// again reports whether a failed attempt is to be followed by another. What decides may fail itself.
func again(ctx context.Context, req Request, o CallOptions, i int, failed *error) bool {
	if o.Retry == nil {
		return false
	}
	if o.Idempotent {
		ctx = context.WithValue(ctx, idempotentKey{}, true)
	}
	retry, err := o.Retry(ctx, req, i, *failed)
	if err != nil {
		*failed = err
		return false
	}
	return retry
}

// attempt makes one attempt at a call; left counts it and those that may follow.
func (c *mucpClient) attempt(ctx *deadline.Context, in *setup, began time.Time, to target, call CallFunc, req Request, rsp any, o CallOptions, left int) error {
	node, err := to.next()
	if err != nil {
		return selectError(to.service, err)
	}
	if end, ok := ctx.Deadline(); ok {
		if o.RequestTimeout = max(end.Sub(began), 1); left > 1 && o.Idempotent {
			o.RequestTimeout /= time.Duration(left)
			ctx = deadline.New(ctx, began.Add(o.RequestTimeout))
			defer ctx.End()
		}
	}
	if len(o.Observers) > 0 {
		o.attempt = &Attempt{Node: node, Start: began}
	}
	err = call(ctx, node, req, rsp, o)
	took := time.Since(began)
	to.mark(in.opts.Selector, node, err, took)
	if o.attempt != nil {
		o.attempt.Duration, o.attempt.Err = took, err
		for _, observe := range o.Observers {
			observe(*o.attempt)
		}
	}
	return typed(err)
}

// typed makes sure that there is an *errors.Error in the chain of what wrappers return.
func typed(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errs.As(err); ok {
		return err
	}
	parsed := errs.Parse(err.Error())
	return &wrapperError{error: err, parsed: parsed}
}

// wrapperError is an error from elsewhere with what its text parses to.
type wrapperError struct {
	error
	parsed *errs.Error
}

// Unwrap returns both.
func (e *wrapperError) Unwrap() []error { return []error{e.error, e.parsed} }

// protocolOf is the protocol that a node says it speaks.
func protocolOf(node *registry.Node) string { return node.Metadata["protocol"] }
