// Package gobreaker stops calling what keeps failing (github.com/sony/gobreaker). It also stands for v4's hystrix
// plug-in, whose library is no longer kept.
//
// There are two forms. [NewCallWrapper] has a breaker for each endpoint of each node: an open one makes the client try
// another node at once. [NewClientWrapper] and [NewCustomClientWrapper], v4's, have one for each service or endpoint,
// whatever the node, and cover streams too: an open one fails the call.
//
// A call fails in a breaker's eyes with 408, with 500 and above, or without a code; one that its caller gave up does not
// count. An open breaker's error has code 502, and client.NotRun reports true for it.
package gobreaker

import (
	"context"
	"errors"
	"net/http"

	"github.com/sony/gobreaker/v2"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/registry"
)

// BreakerMethod says what shares a breaker.
type BreakerMethod int

const (
	// BreakService has one breaker for each service.
	BreakService BreakerMethod = iota
	// BreakServiceEndpoint has one for each endpoint of each service.
	BreakServiceEndpoint
)

// NewClientWrapper has one breaker for each service, with gobreaker's own settings: it opens after six failures in a
// row, and lets one call through after a minute.
func NewClientWrapper() client.Wrapper {
	return NewCustomClientWrapper(gobreaker.Settings{}, BreakService)
}

// NewCustomClientWrapper has breakers with the settings given. What they leave open is as the package's comment says.
func NewCustomClientWrapper(settings gobreaker.Settings, method BreakerMethod) client.Wrapper {
	all := newBreakers(settings) // here, not below: a service may wrap its client anew
	return func(c client.Client) client.Client { return &broken{c, all, method} }
}

// NewCallWrapper has a breaker for each endpoint of each node.
func NewCallWrapper(settings gobreaker.Settings) client.CallWrapper {
	all := newBreakers(settings)
	return func(next client.CallFunc) client.CallFunc {
		return func(ctx context.Context, node *registry.Node, req client.Request, rsp any, opts client.CallOptions) error {
			return all.run(req.Service(), node.Id+" "+req.Endpoint(), func() error { return next(ctx, node, req, rsp, opts) })
		}
	}
}

type broken struct {
	client.Client
	all    *breakers
	method BreakerMethod
}

func (b *broken) key(req client.Request) string {
	if b.method == BreakServiceEndpoint {
		return req.Service() + " " + req.Endpoint()
	}
	return req.Service()
}

// Call implements client.Client.
func (b *broken) Call(ctx context.Context, req client.Request, rsp any, opts ...client.CallOption) error {
	return b.all.run(req.Service(), b.key(req), func() error { return b.Client.Call(ctx, req, rsp, opts...) })
}

// Stream implements client.Client. What counts is whether the stream opens.
func (b *broken) Stream(ctx context.Context, req client.Request, opts ...client.CallOption) (opened client.Stream, err error) {
	err = b.all.run(req.Service(), b.key(req), func() (err error) {
		opened, err = b.Client.Stream(ctx, req, opts...)
		return err
	})
	return opened, err
}

// successful is what counts as success where the settings do not say.
func successful(err error) bool {
	if err == nil {
		return true
	}
	code := errs.FromError(err).GetCode()
	return code != 0 && code != http.StatusRequestTimeout && code < http.StatusInternalServerError
}

// excluded is what does not count where the settings do not say.
func excluded(err error) bool { return errors.Is(err, context.Canceled) }

// openError is the error of a call that a breaker kept back.
type openError struct{ seen, cause error }

// Error returns the JSON form of the *errors.Error.
func (e *openError) Error() string { return e.seen.Error() }

// Unwrap returns the *errors.Error and the breaker's error.
func (e *openError) Unwrap() []error { return []error{e.seen, e.cause} }

// NotRun is what client.NotRun asks.
func (e *openError) NotRun() bool { return true }
