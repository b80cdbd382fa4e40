// Package ratelimit bounds how many requests are served or made in a second, by a token bucket (golang.org/x/time/rate).
// A nil bucket bounds nothing.
//
// What is over the limit is refused with 429, or waits, as long as its deadline lets it. A stream counts once, when it
// is opened. Start with [NewHandlerWrapper].
package ratelimit

import (
	"context"

	"golang.org/x/time/rate"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/server"
)

const (
	serverID = "go.micro.server"
	clientID = "go.micro.client"
	code     = 429
	detail   = "too many requests: not run"
)

// NewHandlerWrapper bounds what the server serves. With wait, requests wait for their turn until their deadline;
// without, those over the limit are refused at once. Requests that wait count among those that a connection may have
// in flight.
func NewHandlerWrapper(limiter *rate.Limiter, wait bool) server.HandlerWrapper {
	return func(next server.HandlerFunc) server.HandlerFunc {
		return func(ctx context.Context, req server.Request, rsp any) error {
			if !admit(ctx, limiter, wait) {
				return errs.New(serverID, detail, code)
			}
			return next(ctx, req, rsp)
		}
	}
}

// NewClientWrapper bounds the calls, streams and messages of a client. For the errors of what was refused
// client.NotRun reports true.
func NewClientWrapper(limiter *rate.Limiter, wait bool) client.Wrapper {
	return func(c client.Client) client.Client { return &limited{c, limiter, wait} }
}

// admit reports whether there is room; if asked it waits for some, as long as ctx lasts.
func admit(ctx context.Context, limiter *rate.Limiter, wait bool) bool {
	switch {
	case limiter == nil:
		return true
	case wait:
		return limiter.Wait(ctx) == nil
	}
	return limiter.Allow()
}

type limited struct {
	client.Client
	limiter *rate.Limiter
	wait    bool
}

// admit returns the refusal of what is over the limit.
func (l *limited) admit(ctx context.Context) error {
	if admit(ctx, l.limiter, l.wait) {
		return nil
	}
	return &refusal{errs.New(clientID, detail, code)}
}

// Call implements client.Client.
func (l *limited) Call(ctx context.Context, req client.Request, rsp any, opts ...client.CallOption) error {
	if err := l.admit(ctx); err != nil {
		return err
	}
	return l.Client.Call(ctx, req, rsp, opts...)
}

// Stream implements client.Client.
func (l *limited) Stream(ctx context.Context, req client.Request, opts ...client.CallOption) (client.Stream, error) {
	if err := l.admit(ctx); err != nil {
		return nil, err
	}
	return l.Client.Stream(ctx, req, opts...)
}

// Publish implements client.Client.
func (l *limited) Publish(ctx context.Context, msg client.Message, opts ...client.PublishOption) error {
	if err := l.admit(ctx); err != nil {
		return err
	}
	return l.Client.Publish(ctx, msg, opts...)
}

// refusal is the error of what was not sent.
type refusal struct{ error }

// Unwrap returns the *errors.Error.
func (r *refusal) Unwrap() error { return r.error }

// NotRun is what client.NotRun asks.
func (r *refusal) NotRun() bool { return true }
