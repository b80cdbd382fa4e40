package client

import (
	"context"
	"errors"
	"net/http"
	"time"

	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/backoff"
	"github.com/microtop/microtop/framework/internal/mucp"
)

// The ids of the client's own errors (docs/wire.md §3.6).
const (
	clientID    = "go.micro.client"
	codecID     = clientID + ".codec"
	transportID = clientID + ".transport"
)

// callError is an error of the client's own: what callers see, what caused it, and whether the request ran.
type callError struct {
	seen   *errs.Error
	cause  error
	notRun bool
}

// Error returns the JSON form of the *errors.Error.
func (e *callError) Error() string { return e.seen.Error() }

// Unwrap returns the *errors.Error and the cause.
func (e *callError) Unwrap() []error {
	if e.cause == nil {
		return []error{e.seen}
	}
	return []error{e.seen, e.cause}
}

// newError returns an error of the client's own with the given cause, whose text is the detail after prefix.
func newError(id string, code int, prefix string, cause error) *callError {
	seen := &errs.Error{Id: id, Code: int32(code), Detail: prefix + cause.Error(), Status: http.StatusText(code)} //nolint:gosec // a status code
	return &callError{seen: seen, cause: cause}
}

// notRunError marks the error of a request that did not run.
func notRunError(e *callError) *callError {
	e.notRun = true
	return e
}

// NotRun reports that the request did not run.
func (e *callError) NotRun() bool { return e.notRun }

// NotRun reports whether err says that the request did not run: the dial failed, the server refused it while it
// drains, or a wrapper kept it back, whose error then has a method NotRun() bool. Such a request can be sent again.
func NotRun(err error) bool {
	if err == nil {
		return false
	}
	var e interface{ NotRun() bool }
	return errors.As(err, &e) && e.NotRun()
}

type idempotentKey struct{}

// RetrySafe tries again what did not run and, of requests that may run twice (Idempotent), what ended with 408, 500 or
// a lost connection. What a server answered with an error is tried again within a budget: for one call in ten of a
// client, and ten times a second beyond that.
func RetrySafe(ctx context.Context, _ Request, _ int, err error) (bool, error) {
	if err == nil || NotRun(err) {
		return err != nil, nil
	}
	spending, idempotent := ctx.Value(idempotentKey{}).(*budget)
	if !idempotent || !errs.FromError(err).Retryable() {
		return false, nil
	}
	_, answered := errors.AsType[*mucp.RemoteError](err)
	return !answered || spending.take(), nil
}

// RetryAlways tries again after any error.
func RetryAlways(context.Context, Request, int, error) (bool, error) { return true, nil }

// RetryOnError is v4's policy: it tries again after 408 and 500, also what may then run twice.
func RetryOnError(_ context.Context, _ Request, _ int, err error) (bool, error) {
	return err != nil && errs.FromError(err).Retryable(), nil
}

func exponentialBackoff(_ context.Context, _ Request, attempts int) (time.Duration, error) {
	return backoff.Exponential(attempts), nil
}
