// Package tiers orders the nodes of a selection: all of the best rank first, then those of the next. Start with [Strategy].
package tiers

import (
	"maps"
	"slices"
	"sync"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

// Strategy gives the nodes of the lowest rank, each once, in an order that the strategy within decides; then those of the
// next rank, and so on; then it begins again. A selector that sets failing nodes aside so gets from rank to rank.
func Strategy(rank func(*registry.Node) int, within selector.Strategy) selector.Strategy {
	return func(services []*registry.Service) selector.Next {
		ranks := part(services, rank)
		var mu sync.Mutex
		var order []*tier
		for _, r := range slices.Sorted(maps.Keys(ranks)) {
			order = append(order, newTier(ranks[r], within))
		}
		at := 0
		return func() (*registry.Node, error) {
			mu.Lock()
			defer mu.Unlock()
			if len(order) == 0 {
				return nil, selector.ErrNoneAvailable
			}
			n, err := order[at].take()
			if len(order[at].left) == 0 {
				order[at].left = slices.Clone(order[at].nodes)
				at = (at + 1) % len(order)
			}
			return n, err
		}
	}
}

// part parts the services' nodes by rank.
func part(services []*registry.Service, rank func(*registry.Node) int) map[int][]*registry.Service {
	ranks := map[int][]*registry.Service{}
	for _, s := range services {
		split := map[int]*registry.Service{}
		for _, n := range s.Nodes {
			r := rank(n)
			if split[r] == nil {
				some := *s
				some.Nodes = nil
				split[r] = &some
				ranks[r] = append(ranks[r], &some)
			}
			split[r].Nodes = append(split[r].Nodes, n)
		}
	}
	return ranks
}

// tier is the nodes of one rank.
type tier struct {
	nodes, left []*registry.Node // left are those not given yet
	next        selector.Next
}

func newTier(services []*registry.Service, within selector.Strategy) *tier {
	t := &tier{next: within(services)}
	for _, s := range services {
		t.nodes = append(t.nodes, s.Nodes...)
	}
	t.left = slices.Clone(t.nodes)
	return t
}

// take gives the strategy's choice, unless it insists on a node that was given already.
func (t *tier) take() (*registry.Node, error) {
	for range t.nodes {
		n, err := t.next()
		if err != nil {
			return nil, err
		}
		if i := slices.Index(t.left, n); i >= 0 {
			t.left = slices.Delete(t.left, i, i+1)
			return n, nil
		}
	}
	n := t.left[0]
	t.left = t.left[1:]
	return n, nil
}
