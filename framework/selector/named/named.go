// Package named is a selector that sends calls to nodes by name: one call with [Node], all with [Nodes]. It is for debugging
// one node of a fleet, and for pinning what must not be balanced.
package named

import (
	"context"
	"slices"
	"strings"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

type namesKey struct{}

// Nodes keeps the selector to the nodes with these names; the later of two wins, and none means all nodes.
func Nodes(names ...string) selector.Option {
	return func(o *selector.Options) {
		if o.Context == nil {
			o.Context = context.Background()
		}
		o.Context = context.WithValue(o.Context, namesKey{}, names)
	}
}

// Node sends one call to the node with this name. It works with every selector that runs filters.
func Node(name string) selector.SelectOption { return selector.WithFilter(filter(name)) }

// NewSelector returns the default selector, kept to the nodes that Nodes names. A name is a node's id, its id without the
// service's name in front, its address, or its metadata "name". If no node has it, Select returns
// selector.ErrNoneAvailable: another node would be the wrong one.
func NewSelector(opts ...selector.Option) selector.Selector {
	return &named{Selector: selector.NewSelector(opts...)}
}

type named struct{ selector.Selector }

// Select implements selector.Selector.
func (s *named) Select(service string, opts ...selector.SelectOption) (selector.Next, error) {
	names, _ := s.Options().Context.Value(namesKey{}).([]string)
	if len(names) > 0 {
		opts = append(opts[:len(opts):len(opts)], selector.WithFilter(filter(names...)))
	}
	return s.Selector.Select(service, opts...)
}

// Hold implements selector.Holder.
func (s *named) Hold(service string, node *registry.Node) (release func()) {
	if holder, ok := s.Selector.(selector.Holder); ok {
		return holder.Hold(service, node)
	}
	return func() {}
}

// String returns "named".
func (s *named) String() string { return "named" }

// filter keeps the nodes that have one of the names.
func filter(names ...string) selector.Filter {
	return func(services []*registry.Service) []*registry.Service {
		var kept []*registry.Service
		for _, s := range services {
			less := *s
			less.Nodes = slices.DeleteFunc(slices.Clone(s.Nodes), func(n *registry.Node) bool {
				return !slices.ContainsFunc(names, func(name string) bool { return is(s.Name, n, name) })
			})
			if len(less.Nodes) > 0 {
				kept = append(kept, &less)
			}
		}
		return kept
	}
}

func is(service string, n *registry.Node, name string) bool {
	return n.Id == name || n.Address == name || strings.TrimPrefix(n.Id, service+"-") == name || name != "" && n.Metadata["name"] == name
}
