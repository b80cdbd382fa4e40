package flame

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/tui/safetext"
)

// tree builds a node from name and total followed by children.
func tree(name string, total int64, children ...*Node) *Node {
	return &Node{Name: safetext.Clean(name), Total: total, Children: children}
}

// picture draws boxes as the first letter of their name, one per cell.
func picture(rows [][]box, w int) []string {
	var out []string
	for _, row := range rows {
		line := []byte(strings.Repeat(" ", w))
		for _, b := range row {
			for x := range b.w {
				if line[b.x+x] != ' ' {
					return []string{fmt.Sprintf("two boxes at %d", b.x+x)}
				}
				line[b.x+x] = b.node.Name.String()[0]
			}
		}
		out = append(out, string(line))
	}
	return out
}

func TestLayout(t *testing.T) {
	b := tree("b", 50, tree("c", 25), tree("d", 5))
	root := tree("a", 100, b, tree("e", 30), tree("f", 0), tree("g", 1, tree("h", 1)))
	many := tree("a", 10)
	for i := range 30 {
		many.Children = append(many.Children, tree(string(rune('b'+i%20)), 1))
	}
	for _, c := range []struct {
		name    string
		zoom    path
		w, rows int
		want    []string
	}{
		{"proportional", path{root}, 20, 9, []string{"aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbeeeeeefg  ", "cccccd           h  "}},
		{"zoomed", path{root, b}, 10, 9, []string{"aaaaaaaaaa", "bbbbbbbbbb", "cccccd    "}},
		{"few rows", path{root}, 10, 2, []string{"aaaaaaaaaa", "bbbbbeeefg"}},
		{"one cell each, then none", path{root}, 3, 9, []string{"aaa", "bef", "c  "}},
		{"more children than cells", path{many}, 5, 9, []string{"aaaaa", "bcdef"}},
		{"children cost more than the parent", path{tree("a", 1, tree("b", 30), tree("c", 10))}, 8, 9, []string{"aaaaaaaa", "bbbbbbcc"}},
		{"nothing costs anything", path{tree("a", 0, tree("b", 0), tree("c", -5))}, 4, 9, []string{"aaaa", "bc  "}},
		{"huge costs", path{tree("a", 1<<62, tree("b", 1<<61), tree("c", 1<<61))}, 4, 9, []string{"aaaa", "bbcc"}},
		{"no width", path{root}, 0, 9, nil},
		{"no rows", path{root}, 9, 0, nil},
	} {
		if diff := cmp.Diff(c.want, picture(layout(c.zoom, c.w, c.rows), c.w)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	rows := layout(path{root}, 20, 9)
	var names []string
	for _, n := range pathTo(rows, 2, 2) {
		names = append(names, n.Name.String())
	}
	if got := strings.Join(names, " "); got != "a g h" {
		t.Errorf("path to h: %s", got)
	}
}

func TestWalkIsBounded(t *testing.T) {
	loop := tree("a", 1)
	loop.Children = []*Node{loop}
	n := 0
	walk(loop, func(path) (bool, bool) { n++; return true, true })
	if n != maxDepth {
		t.Errorf("visited %d nodes of a loop, want %d", n, maxDepth)
	}
}
