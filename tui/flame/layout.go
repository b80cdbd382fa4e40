package flame

// box is a node's place in a row of cells.
type box struct {
	x, w   int
	node   *Node
	parent int // index in the row above, -1 in the first
}

// layout returns the boxes of each row for a graph of w cells: first the nodes
// on the way to zoom, each as wide as the graph, then what is below it, as many
// rows as asked for. Every box has at least one cell; children for which there
// is no cell left have no box.
func layout(zoom path, w, rows int) [][]box {
	if w <= 0 || rows <= 0 {
		return nil
	}
	var out [][]box
	for i, n := range zoom {
		if len(out) == rows {
			return out
		}
		out = append(out, []box{{0, w, n, min(i, 1) - 1}})
	}
	for len(out) < rows {
		var row []box
		for i, b := range out[len(out)-1] {
			row = divide(row, b, i)
		}
		if len(row) == 0 {
			return out
		}
		out = append(out, row)
	}
	return out
}

// divide appends the boxes of b's children to row.
func divide(row []box, b box, parent int) []box {
	sum := 0.0
	for _, c := range b.node.Children {
		sum += weight(c)
	}
	whole := max(sum, weight(b.node))
	if whole == 0 {
		whole = 1
	}
	end, done := b.x, 0.0
	for _, c := range b.node.Children {
		start := max(end, b.x+int(done/whole*float64(b.w)))
		done += weight(c)
		end = min(max(start+1, b.x+int(done/whole*float64(b.w))), b.x+b.w)
		if start >= b.x+b.w {
			break
		}
		row = append(row, box{start, end - start, c, parent})
	}
	return row
}

func weight(n *Node) float64 { return float64(max(n.Total, 0)) }

// pathTo returns the path to box i of row y.
func pathTo(rows [][]box, y, i int) path {
	p := make(path, y+1)
	for ; y >= 0; y-- {
		b := rows[y][i]
		p[y] = b.node
		i = b.parent
	}
	return p
}

// find returns the index of a node's box in row y, -1 when it has none.
func find(rows [][]box, y int, n *Node) int {
	if y < len(rows) {
		for i, b := range rows[y] {
			if b.node == n {
				return i
			}
		}
	}
	return -1
}
