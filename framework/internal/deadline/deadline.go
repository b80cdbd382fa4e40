// Package deadline gives contexts with a deadline that cost nothing until somebody waits for them: no timer, no
// channel, no entry in the parent. Calls have one each, and most handlers and transports never wait on it.
// Start with [New].
package deadline

import (
	"context"
	"sync"
	"time"
)

// Context is a context with a deadline. Safe for concurrent use.
type Context struct {
	parent context.Context //nolint:containedctx // a context has a parent
	at     time.Time       // zero: none of its own

	mu     sync.Mutex
	real   context.Context //nolint:containedctx // stands in for this one as soon as somebody waits
	cancel context.CancelFunc
	ended  bool
}

var _ context.Context = (*Context)(nil)

// New returns a context that ends with its parent, at the given time (the zero time is none), or by End.
func New(parent context.Context, at time.Time) *Context {
	c := new(Context)
	c.Begin(parent, at)
	return c
}

// Begin makes a zero Context, which may be a part of something else, what New returns.
func (c *Context) Begin(parent context.Context, at time.Time) {
	if own, ok := parent.Deadline(); ok && (at.IsZero() || own.Before(at)) {
		at = own
	}
	c.parent, c.at = parent, at
}

// End ends the context. It may be called more than once, and has to be called at least once.
func (c *Context) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.cancel != nil {
		c.cancel()
	}
}

// Deadline implements context.Context.
func (c *Context) Deadline() (time.Time, bool) { return c.at, !c.at.IsZero() }

// Done implements context.Context.
func (c *Context) Done() <-chan struct{} { return c.standIn().Done() }

func (c *Context) standIn() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.real == nil {
		if c.at.IsZero() {
			c.real, c.cancel = context.WithCancel(c.parent)
		} else {
			c.real, c.cancel = context.WithDeadline(c.parent, c.at)
		}
		if c.ended {
			c.cancel()
		}
	}
	return c.real
}

// Err implements context.Context.
func (c *Context) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.real != nil:
		return c.real.Err()
	case c.parent.Err() != nil:
		return c.parent.Err()
	case c.ended:
		return context.Canceled
	case !c.at.IsZero() && !time.Now().Before(c.at):
		return context.DeadlineExceeded
	}
	return nil
}

// Value implements context.Context. Once somebody waits the stand-in answers, so that contexts derived from this one
// find it and need no goroutine.
func (c *Context) Value(key any) any {
	c.mu.Lock()
	answers := c.real
	c.mu.Unlock()
	if answers == nil {
		answers = c.parent
	}
	return answers.Value(key)
}

// OnCancel calls fn in a goroutine of its own if ctx ends other than by the deadline of a Context. Whoever bounds the
// work by that deadline himself needs no more, and a Context stays without a timer. stop is context.AfterFunc's.
func OnCancel(ctx context.Context, fn func()) (stop func() bool) {
	if c, ok := ctx.(*Context); ok {
		return OnCancel(c.parent, fn) //nolint:contextcheck // the context's own parent
	}
	if ctx.Done() == nil {
		return never
	}
	return context.AfterFunc(ctx, fn)
}

// Cancelled returns a channel that is closed when ctx ends other than by the deadline or the end of a Context, which
// stays without a timer. It may be nil.
func Cancelled(ctx context.Context) <-chan struct{} {
	if c, ok := ctx.(*Context); ok {
		return Cancelled(c.parent) //nolint:contextcheck // the context's own parent
	}
	return ctx.Done()
}

func never() bool { return true }
