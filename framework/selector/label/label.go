// Package label is a selector that prefers nodes by their metadata: calls stay in the own zone while it has nodes that
// answer, and go elsewhere when it has none. Start with [NewSelector] and [Label].
package label

import (
	"context"

	"github.com/microtop/microtop/framework/internal/tiers"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

type labelsKey struct{}

type label struct{ key, value string }

// Label adds a label to the list of priorities: nodes that have the first label go before those that have the second,
// and those without any come last.
func Label(k, v string) selector.Option {
	return func(o *selector.Options) {
		if o.Context == nil {
			o.Context = context.Background()
		}
		o.Context = context.WithValue(o.Context, labelsKey{}, append(labelsOf(*o), label{k, v}))
	}
}

func labelsOf(o selector.Options) []label {
	labels, _ := o.Context.Value(labelsKey{}).([]label)
	return labels[:len(labels):len(labels)]
}

// NewSelector returns the default selector with priorities. Without Label it is the default selector. Among the nodes of
// one label the strategy decides, that of the call or else the selector's; a strategy that keeps its state in the selector
// (selector.RoundRobin, selector.LeastConnections) starts anew with each call.
func NewSelector(opts ...selector.Option) selector.Selector {
	return &labelled{Selector: selector.NewSelector(opts...)}
}

type labelled struct{ selector.Selector }

// Select implements selector.Selector.
func (s *labelled) Select(service string, opts ...selector.SelectOption) (selector.Next, error) {
	o := s.Options()
	labels := labelsOf(o)
	if len(labels) == 0 {
		return s.Selector.Select(service, opts...)
	}
	var call selector.SelectOptions
	for _, set := range opts {
		set(&call)
	}
	within := call.Strategy
	if within == nil {
		within = o.Strategy
	}
	opts = append(opts[:len(opts):len(opts)], selector.WithStrategy(tiers.Strategy(
		func(n *registry.Node) int { return rank(labels, n) }, within,
	)))
	return s.Selector.Select(service, opts...)
}

// Hold implements selector.Holder.
func (s *labelled) Hold(service string, node *registry.Node) (release func()) {
	if holder, ok := s.Selector.(selector.Holder); ok {
		return holder.Hold(service, node)
	}
	return func() {}
}

// String returns "label".
func (s *labelled) String() string { return "label" }

// rank is the place of the first label that the node has.
func rank(labels []label, n *registry.Node) int {
	for i, l := range labels {
		if v, ok := n.Metadata[l.key]; ok && v == l.value {
			return i
		}
	}
	return len(labels)
}
