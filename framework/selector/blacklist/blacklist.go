// Package blacklist is a selector that drops nodes after a number of failures in a row, for a fixed time. It is the simple rule;
// the default selector's (one failure, then a probe with growing pauses) reacts sooner. Start with [NewSelector].
package blacklist

import (
	"context"
	"time"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

const (
	// DefaultThreshold is how many failures in a row put a node on the list.
	DefaultThreshold = 3
	// DefaultTTL is how long a node stays on the list.
	DefaultTTL = 30 * time.Second
)

type (
	thresholdKey struct{}
	ttlKey       struct{}
)

// Threshold sets how many failures in a row put a node on the list; less than one means DefaultThreshold.
func Threshold(n int) selector.Option { return value(thresholdKey{}, n) }

// TTL sets how long a node stays on the list; zero or less means DefaultTTL.
func TTL(d time.Duration) selector.Option { return value(ttlKey{}, d) }

func value(key, v any) selector.Option {
	return func(o *selector.Options) {
		if o.Context == nil {
			o.Context = context.Background()
		}
		o.Context = context.WithValue(o.Context, key, v)
	}
}

// NewSelector returns a selector that looks up and balances like the default one and drops the nodes on its list. Mark
// with an error counts against a node, with nil it clears it, also from the list; what counts as an error is as with the
// default selector. Reset clears a service. A node whose time is over is called again, and one more failure puts it back.
// When all nodes that a call may go to are on the list, the one whose failure is longest ago is given.
func NewSelector(opts ...selector.Option) selector.Selector {
	return &blacklist{Selector: selector.NewSelector(opts...), list: list{services: map[string]map[address]*record{}}}
}

type blacklist struct {
	selector.Selector // looks up and balances; it is never told of failures
	list              list
}

// Select implements selector.Selector.
func (b *blacklist) Select(service string, opts ...selector.SelectOption) (selector.Next, error) {
	if b.list.isEmpty(service) {
		return b.Selector.Select(service, opts...)
	}
	listed := selector.WithFilter(func(services []*registry.Service) []*registry.Service {
		return b.list.without(service, services, time.Now())
	})
	return b.Selector.Select(service, append(opts[:len(opts):len(opts)], listed)...)
}

// Mark implements selector.Selector.
func (b *blacklist) Mark(service string, node *registry.Node, err error) {
	if node == nil {
		return
	}
	o := b.Options()
	threshold, _ := o.Context.Value(thresholdKey{}).(int)
	if threshold < 1 {
		threshold = DefaultThreshold
	}
	ttl, _ := o.Context.Value(ttlKey{}).(time.Duration)
	if ttl <= 0 {
		ttl = DefaultTTL
	}
	b.list.tell(service, node, err, threshold, ttl)
	b.Selector.Mark(service, node, context.Canceled) // the call is over
}

// Reset implements selector.Selector.
func (b *blacklist) Reset(service string) { b.list.reset(service) }

// Hold implements selector.Holder.
func (b *blacklist) Hold(service string, node *registry.Node) (release func()) {
	if holder, ok := b.Selector.(selector.Holder); ok {
		return holder.Hold(service, node)
	}
	return func() {}
}

// String returns "blacklist".
func (b *blacklist) String() string { return "blacklist" }
