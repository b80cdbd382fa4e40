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

// node is a tree's frame while the tree grows.
type node struct {
	symbol      int32
	parent      int32
	children    int32
	inlined     bool
	self, total int64
}

// tree holds its nodes in one slice, each after its parent; the root is node 0.
type tree struct{ nodes []node }

// descent is one stack from the root of the tree down.
type descent struct {
	frames []stackFrame
	value  int64
}

// descents gives every stack in the tree's direction, stacks that begin alike next
// to each other.
func (s *stacks) descents() []descent {
	var paths []descent
	s.each(func(frames []stackFrame, value int64, _ *profile.Sample) {
		frames = slices.Clone(frames)
		if !s.options.Invert {
			slices.Reverse(frames)
		}
		paths = append(paths, descent{frames, value})
	})
	slices.SortFunc(paths, func(a, b descent) int {
		return slices.CompareFunc(a.frames, b.frames, func(x, y stackFrame) int { return cmp.Compare(x.symbol, y.symbol) })
	})
	return paths
}

// tree grows from sorted descents: each shares its beginning with the one before,
// so the nodes of the last one are all that need remembering.
func (s *stacks) tree() *tree {
	t := &tree{nodes: make([]node, 1, 1024)}
	var last []stackFrame
	branch := []int32{0} // the nodes of the last one, the root first
	for _, p := range s.descents() {
		shared := 0
		for shared < min(len(last), len(p.frames)) && last[shared].symbol == p.frames[shared].symbol {
			shared++
		}
		branch = branch[:shared+1]
		for _, f := range p.frames[shared:] {
			branch = append(branch, t.add(branch[len(branch)-1], f))
		}
		for i, id := range branch {
			n := &t.nodes[id]
			n.total += p.value
			n.inlined = n.inlined && i > 0 && p.frames[i-1].inlined
		}
		t.nodes[branch[len(branch)-1]].self += p.value
		last = p.frames
	}
	return t
}

func (t *tree) add(parent int32, f stackFrame) int32 {
	id := int32(len(t.nodes)) //nolint:gosec // Limits.Frames bounds the nodes
	t.nodes = append(t.nodes, node{symbol: f.symbol, parent: parent, inlined: f.inlined})
	t.nodes[parent].children++
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
