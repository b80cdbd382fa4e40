package client

import (
	"context"
	"time"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

// CallOptions configure one call or stream.
type CallOptions struct {
	SelectOptions []selector.SelectOption
	// Address, if not empty, is what to call in place of asking the selector; attempts take turns.
	Address []string
	// Protocol is what the nodes at Address speak; empty is the client's own.
	Protocol string
	Backoff  BackoffFunc
	Retry    RetryFunc
	// Retries is how many attempts may follow the first. An attempt whose request did not run (NotRun: the dial failed,
	// the server drains) does not count when the next one goes to a node that the call has not been to: it is made at
	// once, if Retry agrees, within the deadline, and at most 16 times a call. So 0 bounds how often a request may run,
	// not how many nodes are asked. WithRetry(nil) ends a call with its first attempt.
	Retries int
	// DialTimeout bounds each dial.
	DialTimeout time.Duration
	// RequestTimeout bounds a call whose context has no deadline, all attempts together.
	RequestTimeout time.Duration
	// StreamTimeout bounds a stream; zero means none.
	StreamTimeout time.Duration
	// ServiceToken asks auth wrappers to send the service's own token.
	ServiceToken bool
	// CacheExpiry, if not zero, lets the answer come from the client's cache, and go there for so long.
	CacheExpiry time.Duration
	// CallWrappers around each attempt; the first runs first.
	CallWrappers []CallWrapper
	// Idempotent says that the request may run twice.
	Idempotent bool
	// Observers are told of each attempt when it is over.
	Observers []func(Attempt)

	Context context.Context

	attempt *Attempt // what the innermost step tells of itself; nil if nobody asks
}

// CallOption sets a field of CallOptions.
type CallOption func(*CallOptions)

// Attempt is one try of a call.
type Attempt struct {
	// Node is where it went; nil if the selector had none.
	Node  *registry.Node
	Start time.Time
	// Duration is from Start to the answer or the error, without the wait before.
	Duration time.Duration
	Err      error
	// Header holds the answer's headers, of which a v4 peer's are mostly the request's. Nil without an answer.
	Header map[string]string
	// Sent and Received are the sizes of the encoded bodies, in bytes.
	Sent, Received int
	// Reused says that a kept connection was used.
	Reused bool
}

// OnAttempt has fn called after each attempt, in the goroutine of the call.
func OnAttempt(fn func(Attempt)) CallOption {
	return func(o *CallOptions) {
		o.Observers = append(o.Observers[:len(o.Observers):len(o.Observers)], fn)
	}
}

// Idempotent says that the request may run twice, so that it can be tried again after a lost connection, a timeout or
// a 500. Each attempt then gets its share of the time left, so that a frozen node does not take it all.
func Idempotent() CallOption { return func(o *CallOptions) { o.Idempotent = true } }

// WithAddress calls these addresses in place of asking the selector. Their nodes are taken to speak the
// client's protocol.
func WithAddress(a ...string) CallOption { return func(o *CallOptions) { o.Address = a } }

// WithProtocol says what the nodes at the addresses of WithAddress speak, for a client that speaks more than one protocol.
func WithProtocol(p string) CallOption { return func(o *CallOptions) { o.Protocol = p } }

// WithBackoff sets how long to wait before each attempt.
func WithBackoff(fn BackoffFunc) CallOption { return func(o *CallOptions) { o.Backoff = fn } }

// WithCache lets the answer come from the client's cache, and go there for so long. Requests are the same when service,
// endpoint, metadata and body are.
func WithCache(c time.Duration) CallOption { return func(o *CallOptions) { o.CacheExpiry = c } }

// WithCallWrapper adds wrappers around each attempt, inside those there.
func WithCallWrapper(cw ...CallWrapper) CallOption {
	return func(o *CallOptions) {
		o.CallWrappers = append(o.CallWrappers[:len(o.CallWrappers):len(o.CallWrappers)], cw...)
	}
}

// WithDialTimeout bounds each dial.
func WithDialTimeout(d time.Duration) CallOption { return func(o *CallOptions) { o.DialTimeout = d } }

// WithRequestTimeout bounds a call whose context has no deadline.
func WithRequestTimeout(d time.Duration) CallOption {
	return func(o *CallOptions) { o.RequestTimeout = d }
}

// WithRetries sets how many attempts may follow the first, of those that count: see CallOptions.
func WithRetries(i int) CallOption { return func(o *CallOptions) { o.Retries = i } }

// WithRetry sets what decides whether to try again.
func WithRetry(fn RetryFunc) CallOption { return func(o *CallOptions) { o.Retry = fn } }

// WithSelectOption adds options of the selection.
func WithSelectOption(so ...selector.SelectOption) CallOption {
	return func(o *CallOptions) {
		o.SelectOptions = append(o.SelectOptions[:len(o.SelectOptions):len(o.SelectOptions)], so...)
	}
}

// WithServiceToken asks auth wrappers to send the service's own token.
func WithServiceToken() CallOption { return func(o *CallOptions) { o.ServiceToken = true } }

// WithStreamTimeout bounds a stream.
func WithStreamTimeout(d time.Duration) CallOption {
	return func(o *CallOptions) { o.StreamTimeout = d }
}
