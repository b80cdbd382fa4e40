// Package retry bounds how much retries may add to what a client asks of a service, so that clients do not keep down
// what is down already.
//
// Each call earns a tenth of a retry, and ten a second are free; what is saved up is bounded. Without budget the first
// error is returned as it is. Attempts that did not run (client.NotRun) cost nothing: they burden nobody. Start with
// [NewClientWrapper].
package retry

import (
	"context"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/client"
)

// Options say how many retries there may be.
type Options struct {
	// Ratio is how many retries a call earns. Default 0.1.
	Ratio float64
	// PerSecond is how many are free each second. Default 10.
	PerSecond float64
}

// Option sets a field of Options.
type Option func(*Options)

// Ratio sets how many retries a call earns.
func Ratio(r float64) Option { return func(o *Options) { o.Ratio = r } }

// PerSecond sets how many retries are free each second.
func PerSecond(n float64) Option { return func(o *Options) { o.PerSecond = n } }

// NewClientWrapper makes a budget that all calls and streams of the client share. It decides after the client's, or the
// call's own, retry function: only what that would try again needs budget.
func NewClientWrapper(opts ...Option) client.Wrapper {
	o := Options{Ratio: 0.1, PerSecond: 10}
	for _, set := range opts {
		set(&o)
	}
	b := newBudget(o)
	return func(c client.Client) client.Client { return &budgeted{c, b} }
}

type budgeted struct {
	client.Client
	budget *budget
}

// Call implements client.Client.
func (c *budgeted) Call(ctx context.Context, req client.Request, rsp any, opts ...client.CallOption) error {
	return c.Client.Call(ctx, req, rsp, c.spending(opts)...)
}

// Stream implements client.Client.
func (c *budgeted) Stream(ctx context.Context, req client.Request, opts ...client.CallOption) (client.Stream, error) {
	return c.Client.Stream(ctx, req, c.spending(opts)...)
}

// spending adds the budget to a call's options.
func (c *budgeted) spending(opts []client.CallOption) []client.CallOption {
	c.budget.earn()
	return append(opts[:len(opts):len(opts)], func(o *client.CallOptions) {
		decide := o.Retry
		if decide == nil {
			return
		}
		o.Retry = func(ctx context.Context, req client.Request, n int, err error) (bool, error) {
			again, failed := decide(ctx, req, n, err)
			return again && (client.NotRun(err) || c.budget.spend()), failed
		}
	})
}

// saving is for how many seconds of free retries a budget saves up.
const saving = 10

// budget is what is left of the retries.
type budget struct {
	opts Options
	most float64

	mu   sync.Mutex
	left float64
	at   time.Time // of the last free ones; zero before the first call
}

// newBudget starts with a second's free retries.
func newBudget(o Options) *budget {
	return &budget{opts: o, most: max(saving*o.PerSecond, 1), left: o.PerSecond}
}

// earn adds what a call is worth.
func (b *budget) earn() { b.change(b.opts.Ratio) }

// spend takes one retry, if there is one.
func (b *budget) spend() bool { return b.change(-1) }

// change adds the free retries since the last time, then by if enough is left for that.
func (b *budget) change(by float64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if !b.at.IsZero() {
		b.left = min(b.left+now.Sub(b.at).Seconds()*b.opts.PerSecond, b.most)
	}
	b.at = now
	if b.left+by < 0 {
		return false
	}
	b.left = min(b.left+by, b.most)
	return true
}
