package client

import (
	"context"
	"slices"
	"time"

	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/deadline"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

// maxMoves bounds the attempts of one call that do not count as retries.
const maxMoves = 16

// attempts is what the attempts at one call, or at opening one stream, have in common.
type attempts struct {
	selector selector.Selector // is told how they went
	most     int               // how many may count
	used     int               // how many did
	avoid    []*registry.Node  // where the request was kept out without using an attempt up
	to       target
	call     CallFunc
	req      Request
	rsp      any
	opts     CallOptions
	budget   *budget
}

// attempts returns the attempts that a request has, to be made with call.
func (c *front) attempts(in *setup, req Request, rsp any, o CallOptions, call CallFunc) (attempts, error) {
	to, err := c.target(in, req, &o)
	a := attempts{selector: in.opts.Selector, most: max(o.Retries, 0) + 1, to: to, call: call, req: req, rsp: rsp, opts: o, budget: &c.budget}
	if o.Idempotent {
		c.budget.earn()
	}
	if in.proxy.set() {
		a.most = 1 // the proxy tries again itself
	}
	return a, err
}

// run makes attempts until one succeeds, or none is left, or trying again is not safe. One whose request did not run
// does not count when the next goes to a node that the call has not been to.
func (a *attempts) run(ctx *deadline.Context, began time.Time) error {
	var failed error
	for moving := false; ; {
		i := a.used
		if err := a.wait(ctx, i, failed); err != nil {
			return err
		}
		if failed != nil {
			began = time.Now()
		}
		node, err := a.to.next()
		if moving && a.avoids(node) && a.spend() {
			a.to.mark(a.selector, node, context.Canceled, 0) // it was taken, and is not called
			return failed
		}
		if failed = a.once(ctx, began, node, err); failed == nil || ctx.Err() != nil || a.to.nowhere {
			return failed
		}
		if moving = a.moves(node, failed); !moving && a.spend() || !a.again(ctx, i, &failed) {
			return failed
		}
	}
}

// spend counts an attempt and reports whether none is left.
func (a *attempts) spend() (over bool) {
	a.used++
	return a.used >= a.most
}

// avoids reports whether the request was kept out there before.
func (a *attempts) avoids(node *registry.Node) bool {
	return node != nil && slices.ContainsFunc(a.avoid, func(n *registry.Node) bool { return n.Address == node.Address })
}

// moves reports whether the next attempt may replace the failed one at no cost, and notes the node to avoid.
func (a *attempts) moves(node *registry.Node, failed error) bool {
	if node == nil || a.to.alone || len(a.avoid) >= maxMoves || !NotRun(failed) {
		return false
	}
	a.avoid = append(a.avoid, node)
	return true
}

// wait waits before an attempt. An attempt after one that did not run is made at once, since it goes elsewhere.
func (a *attempts) wait(ctx context.Context, i int, failed error) error {
	if a.opts.Backoff == nil || NotRun(failed) {
		return nil
	}
	d, err := a.opts.Backoff(ctx, a.req, i)
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
func (a *attempts) again(ctx context.Context, i int, failed *error) bool {
	if a.opts.Retry == nil {
		return false
	}
	if a.opts.Idempotent {
		ctx = context.WithValue(ctx, idempotentKey{}, a.budget)
	}
	retry, err := a.opts.Retry(ctx, a.req, i, *failed)
	if err != nil {
		*failed = err
		return false
	}
	return retry
}

// once makes one attempt, on the node that was selected.
func (a *attempts) once(ctx *deadline.Context, began time.Time, node *registry.Node, err error) error {
	if err != nil {
		return selectError(a.to.service, err)
	}
	o, left := a.opts, a.most-a.used
	if end, ok := ctx.Deadline(); ok {
		if o.RequestTimeout = max(end.Sub(began), 1); left > 1 && o.Idempotent && !a.to.alone {
			o.RequestTimeout /= time.Duration(left)
			ctx = deadline.New(ctx, began.Add(o.RequestTimeout))
			defer ctx.End()
		}
	}
	if len(o.Observers) > 0 {
		o.attempt = &Attempt{Node: node, Start: began}
	}
	err = a.call(ctx, node, a.req, a.rsp, o)
	took := time.Since(began)
	a.to.mark(a.selector, node, err, took)
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
