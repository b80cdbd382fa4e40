package show

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/tree"
)

// branches is how many members of one object or list are shown.
const branches = 5000

// JSONTree is a JSON body as a tree: objects and lists fold, and are read only when they are opened. ok is false for
// what is no object or list.
func JSONTree(body []byte) (roots []tree.Node, ok bool) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || body[0] != '{' && body[0] != '[' {
		return nil, false
	}
	return members(body), true
}

// members are the nodes of an object or a list.
func members(body []byte) []tree.Node {
	d := json.NewDecoder(bytes.NewReader(body))
	open, err := d.Token()
	if err != nil {
		return nil
	}
	var nodes []tree.Node
	for i := 0; d.More(); i++ {
		name := strconv.Itoa(i)
		if open == json.Delim('{') {
			key, err := d.Token()
			if err != nil {
				break
			}
			name = fmt.Sprint(key)
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			break
		}
		if i >= branches {
			if i == branches {
				nodes = append(nodes, tree.Node{ID: "more", Label: safetext.Format("… more than %d: the text has them all", branches)})
			}
			break
		}
		nodes = append(nodes, branch(strconv.Itoa(i), name, value))
	}
	return nodes
}

func branch(id, name string, value json.RawMessage) tree.Node {
	label := safetext.Clean(name)
	value = bytes.TrimSpace(value)
	if len(value) > 0 && (value[0] == '{' || value[0] == '[') {
		n := tree.Node{ID: id, Label: safetext.Join("  ", label, BodyLine(value).Cut(200)), Children: func() []tree.Node { return members(value) }, Item: []byte(value)}
		if len(value) == 2 {
			n.Children = nil // empty
		}
		return n
	}
	return tree.Node{ID: id, Label: safetext.Join("  ", label, safetext.Clean(string(safetext.JSON(value)))), Item: []byte(value)}
}
