package selector

import (
	"math/rand/v2"
	"reflect"
	"sync/atomic"

	"github.com/microtop/microtop/framework/registry"
)

// Random yields nodes of all services at random. Its Next is safe for concurrent use.
func Random(services []*registry.Service) Next {
	nodes := flatten(services)
	return func() (*registry.Node, error) {
		if len(nodes) == 0 {
			return nil, ErrNoneAvailable
		}
		return nodes[rand.IntN(len(nodes))], nil //nolint:gosec // spreads load, guards nothing
	}
}

// RoundRobin yields the nodes of all services in turn, from a random one on. Its Next is safe for concurrent use.
// The selectors of [NewSelector] know this strategy and keep the turn per service across selections.
func RoundRobin(services []*registry.Service) Next {
	nodes := flatten(services)
	var turn atomic.Uint64
	turn.Store(uint64(rand.Uint32())) //nolint:gosec // spreads load, guards nothing
	return func() (*registry.Node, error) {
		if len(nodes) == 0 {
			return nil, ErrNoneAvailable
		}
		return nodes[turn.Add(1)%uint64(len(nodes))], nil
	}
}

// LeastConnections yields the node with the fewest calls under way from this selector, a random one of those that have
// equally few. Only the selectors of [NewSelector] count calls, from the first use of this strategy on: a call is under way
// from Next to Mark, a stream until it is closed. On its own, as elsewhere, it is [Random].
func LeastConnections(services []*registry.Service) Next { return Random(services) }

func flatten(services []*registry.Service) []*registry.Node {
	var nodes []*registry.Node
	for _, s := range services {
		if s != nil {
			nodes = append(nodes, s.Nodes...)
		}
	}
	return nodes
}

// kind says which strategies the selector does itself.
type kind int

const (
	random kind = iota
	roundRobin
	leastConnections
	custom
)

// kindOf recognises the built-in strategies.
func kindOf(s Strategy) kind {
	switch reflect.ValueOf(s).Pointer() {
	case reflect.ValueOf(Random).Pointer():
		return random
	case reflect.ValueOf(RoundRobin).Pointer():
		return roundRobin
	case reflect.ValueOf(LeastConnections).Pointer():
		return leastConnections
	default:
		return custom
	}
}
