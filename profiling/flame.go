package profiling

import (
	"cmp"
	"slices"

	"github.com/google/pprof/profile"
)

// Frame is one box of a flame graph. Total is Self plus the children's totals.
// The root is named "all" and stands for every stack shown.
type Frame struct {
	Symbol
	Inlined  bool     `json:"inlined,omitempty"` // by the compiler, in every stack
	Self     int64    `json:"self"`
	Total    int64    `json:"total"`
	Children []*Frame `json:"children,omitempty"` // largest first, then by name
}

// Root is the name of a tree's root.
const Root = "all"

// Flame lays a profile out as a tree of calls: the root's children are where
// stacks begin, or, with Options.Invert, where they end (an icicle by callee).
// Values are in the unit of the sample type. The error names an unknown sample
// type.
func Flame(p *Profile, o Options) (*Frame, error) {
	s, err := newStacks(p, o)
	if err != nil {
		return nil, err
	}
	return s.tree().frames(s.symbols), nil
}

// node is a tree's frame while the tree grows; children are found through
// tree.child, which costs far less than a map per node.
type node struct {
	symbol      int32
	inlined     bool
	self, total int64
	children    int32
	parent      int32
}

type childKey struct{ parent, symbol int32 }

// tree grows in one slice; the root is node 0.
type tree struct {
	nodes []node
	child map[childKey]int32
}

func (s *stacks) tree() *tree {
	t := &tree{nodes: make([]node, 1, 1024), child: make(map[childKey]int32, 1024)}
	s.each(func(frames []stackFrame, value int64, _ *profile.Sample) {
		at := int32(0)
		t.nodes[0].total += value
		for i := range frames {
			f := frames[i]
			if !s.options.Invert {
				f = frames[len(frames)-1-i]
			}
			at = t.down(at, f)
			t.nodes[at].total += value
		}
		t.nodes[at].self += value
	})
	return t
}

// down goes from a node to its child for f, which it adds if need be.
func (t *tree) down(parent int32, f stackFrame) int32 {
	key := childKey{parent, f.symbol}
	id, ok := t.child[key]
	if !ok {
		id = int32(len(t.nodes)) //nolint:gosec // Limits.Frames bounds the nodes
		t.child[key] = id
		t.nodes = append(t.nodes, node{symbol: f.symbol, inlined: f.inlined, parent: parent})
		t.nodes[parent].children++
		return id
	}
	t.nodes[id].inlined = t.nodes[id].inlined && f.inlined
	return id
}

// frames makes the tree plain data. A parent always comes before its children
// in t.nodes, so no recursion is needed however deep the tree is.
func (t *tree) frames(symbols []Symbol) *Frame {
	out := make([]Frame, len(t.nodes))
	links := make([]*Frame, len(t.nodes)) // one backing array for all Children
	next := 0
	for i, n := range t.nodes {
		f := &out[i]
		f.Self, f.Total, f.Inlined = n.self, n.total, n.inlined
		f.Children = links[next : next : next+int(n.children)]
		next += int(n.children)
		if i == 0 {
			f.Name = Root
			continue
		}
		f.Symbol = symbols[n.symbol]
		parent := &out[n.parent]
		parent.Children = append(parent.Children, f)
	}
	for i := range out {
		slices.SortFunc(out[i].Children, func(a, b *Frame) int {
			return cmp.Or(cmp.Compare(abs(b.Total), abs(a.Total)), compareSymbols(a.Symbol, b.Symbol))
		})
	}
	return &out[0]
}
