package selector

import (
	"sync"

	"github.com/microtop/microtop/framework/registry"
)

// HashKey sends calls with the same key to the same node, whichever process makes them, as long as the node is there
// and well: sessions and caches stay where they are. When one of N nodes comes or goes, about one in N keys moves.
// Further attempts of a call go to the key's second node, its third, and so on.
//
//	client.Call(ctx, req, rsp, client.WithSelectOption(selector.HashKey(userID)))
func HashKey(key string) SelectOption { return WithStrategy(Hash(key)) }

// Hash is the strategy behind [HashKey]: highest random weight hashing (Thaler and Ravishankar, 1996). Each node gets a
// score from the key and its id, and nodes are given from the highest score down. The time of one Next is linear in the
// nodes. Its Next is safe for concurrent use.
func Hash(key string) Strategy {
	seed := hashOf(key)
	return func(services []*registry.Service) Next {
		nodes := flatten(services)
		var mu sync.Mutex
		var last ranked // what was given; without a node before the first and after the last
		return func() (*registry.Node, error) {
			mu.Lock()
			defer mu.Unlock()
			best := highest(nodes, seed, last)
			if best.node == nil { // all were given: from the top again
				best = highest(nodes, seed, ranked{})
			}
			if best.node == nil {
				return nil, ErrNoneAvailable
			}
			last = best
			return best.node, nil
		}
	}
}

// ranked is a node with its score; without a node it is under all others.
type ranked struct {
	node  *registry.Node
	score uint64
}

// over orders by score, and nodes with the same score by id.
func (r ranked) over(other ranked) bool {
	switch {
	case other.node == nil:
		return r.node != nil
	case r.score != other.score:
		return r.score > other.score
	}
	return r.node.Id > other.node.Id
}

// highest is the node with the highest score below last, or of all if last has no node.
func highest(nodes []*registry.Node, seed uint64, last ranked) ranked {
	var best ranked
	for _, n := range nodes {
		if n == nil {
			continue
		}
		r := ranked{n, mix(seed ^ hashOf(n.Id))}
		if (last.node == nil || last.over(r)) && r.over(best) {
			best = r
		}
	}
	return best
}

// hashOf is FNV-1a, with its bits spread.
func hashOf(text string) uint64 {
	const offset, prime = 0xcbf29ce484222325, 0x100000001b3
	h := uint64(offset)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * prime
	}
	return mix(h)
}

// mix spreads the bits of x: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
