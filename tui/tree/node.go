package tree

import "github.com/microtop/microtop/tui/safetext"

// Node is one row of the tree.
type Node struct {
	// ID tells the node from its siblings.
	ID    string
	Label safetext.Line
	// Cells are the texts of the columns right of the label.
	Cells []safetext.Line
	// Children makes what is below the node; nil for a leaf. It is called when
	// the node is first opened and must return quickly.
	Children func() []Node
	// Item is what the row is about, for the screen's own use.
	Item any
}

// item is a node in its place.
type item struct {
	Node
	parent   *item
	depth    int
	path     string // the ids from the root, what the item is known by
	open     bool
	loaded   bool
	children []*item
}

func (it *item) leaf() bool { return it.Children == nil || it.loaded && len(it.children) == 0 }

// load makes the children the first time.
func (it *item) load() {
	if it.loaded || it.Children == nil {
		return
	}
	it.loaded = true
	it.children = items(it.Children(), it)
}

func items(nodes []Node, parent *item) []*item {
	list := make([]*item, len(nodes))
	for i, n := range nodes {
		list[i] = &item{Node: n, parent: parent, path: n.ID}
		if parent != nil {
			list[i].depth = parent.depth + 1
			list[i].path = parent.path + "\x00" + n.ID
		}
	}
	return list
}
