package flame

import "github.com/microtop/microtop/tui/safetext"

// Node is a function in one place of the stack. Costs are in the profile's unit.
type Node struct {
	Name safetext.Line
	// Self is the cost of the function alone, Total that with its callees. The
	// width of a box follows Total; below 0 counts as 0.
	Self, Total int64
	// Delta is how much Total grew since the profile compared with.
	Delta int64
	// Group decides the colour; mostly the function's package.
	Group string
	// Children are drawn in this order.
	Children []*Node
}

// path is the nodes from the root to one node; it is never empty and never
// changed once made.
type path []*Node

func (p path) node() *Node { return p[len(p)-1] }

// child returns the path to a child of p's node.
func (p path) child(n *Node) path { return append(p[:len(p):len(p)], n) }

// within reports whether p leads to or through top's node.
func (p path) within(top path) bool {
	return len(p) >= len(top) && p[len(top)-1] == top.node()
}

// sibling returns the path to the next (step 1) or previous (-1) child of the
// same parent.
func (p path) sibling(step int) (path, bool) {
	if len(p) < 2 {
		return p, false
	}
	parent := p[:len(p)-1]
	list := parent.node().Children
	for i, n := range list {
		if n == p.node() && i+step >= 0 && i+step < len(list) {
			return parent.child(list[i+step]), true
		}
	}
	return p, false
}

// largest returns the child with the greatest total, nil for a leaf.
func largest(n *Node) *Node {
	var best *Node
	for _, c := range n.Children {
		if best == nil || c.Total > best.Total {
			best = c
		}
	}
	return best
}

// maxDepth bounds how deep a tree is walked, whatever a profile says.
const maxDepth = 4096

// walk calls visit for each node below root, parents before children, until it
// returns false. The path is valid during the call only. descend tells whether
// to go on to the children.
func walk(root *Node, visit func(p path) (descend, more bool)) {
	type level struct {
		list []*Node
		next int
	}
	stack := []level{{list: []*Node{root}}}
	var p path
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		p = p[:len(stack)-1]
		if top.next == len(top.list) {
			stack = stack[:len(stack)-1]
			continue
		}
		n := top.list[top.next]
		top.next++
		p = append(p, n)
		descend, more := visit(p)
		if !more {
			return
		}
		if descend && len(n.Children) > 0 && len(stack) < maxDepth {
			stack = append(stack, level{list: n.Children})
		}
	}
}
