// Package yaml is YAML 1.2 (with 1.1's merge keys) as a format of configuration; files end in .yaml or .yml. Start with
// [NewEncoder].
package yaml

import (
	"encoding/json"
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/microtop/microtop/framework/config/encoder"
	"github.com/microtop/microtop/framework/config/encoder/internal/plain"
)

const name = "yaml"

type format struct{}

var _ encoder.Encoder = format{}

// NewEncoder returns the YAML encoder. Structs have json tags. What aliases unfold to is bounded like text: 4 MiB, 100 levels
// (framework/limits), 100,000 values.
func NewEncoder() encoder.Encoder { return format{} }

// Encode implements encoder.Encoder.
func (format) Encode(v any) ([]byte, error) {
	tree, err := plain.Tree(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	node, err := write(tree)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return yaml.Marshal(node)
}

// write returns a tree's node. yaml.v3 knows json.Number as text only.
func write(tree any) (*yaml.Node, error) {
	node := &yaml.Node{}
	switch v := tree.(type) {
	case json.Number:
		node.Kind, node.Value = yaml.ScalarNode, v.String()
		return node, nil
	case map[string]any:
		inner := make(map[string]*yaml.Node, len(v))
		for key, value := range v {
			var err error
			if inner[key], err = write(value); err != nil {
				return nil, err
			}
		}
		return node, node.Encode(inner)
	case []any:
		inner := make([]*yaml.Node, len(v))
		for i, value := range v {
			var err error
			if inner[i], err = write(value); err != nil {
				return nil, err
			}
		}
		return node, node.Encode(inner)
	default:
		return node, node.Encode(v)
	}
}

// Decode implements encoder.Encoder. Of several documents in one text the first is read.
func (format) Decode(text []byte, v any) error {
	if err := plain.Text(name, text); err != nil {
		return err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return err // it begins with yaml
	}
	if document.Kind == 0 {
		return nil
	}
	r := reader{budget: plain.NewBudget()}
	tree, err := r.value(&document, 0)
	if err == nil {
		err = plain.Decode(tree, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// String implements encoder.Encoder.
func (format) String() string { return name }

// reader makes a tree of nodes. Nothing is unfolded that the budget does not allow.
type reader struct{ budget *plain.Budget }

func (r *reader) value(n *yaml.Node, depth int) (any, error) {
	if err := r.budget.Spend(len(n.Value), depth); err != nil {
		return nil, at(n, err)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return r.value(n.Content[0], depth)
	case yaml.AliasNode:
		return r.value(n.Alias, depth+1) // one level more, so that one that holds itself ends
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, element := range n.Content {
			var err error
			if list[i], err = r.value(element, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.MappingNode:
		object := map[string]any{}
		return object, r.members(n, object, depth)
	default:
		return scalar(n)
	}
}

func at(n *yaml.Node, err error) error { return fmt.Errorf("line %d: %w", n.Line, err) }

// members reads a mapping into object. Members of its own win over those that are merged in.
func (r *reader) members(n *yaml.Node, object map[string]any, depth int) error {
	own := map[string]bool{}
	var merged []*yaml.Node
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge" {
			merged = append(merged, value)
			continue
		}
		for key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return at(key, errors.New("a name is text or a number"))
		}
		if own[key.Value] {
			return at(key, fmt.Errorf("the name %.40q is there twice", key.Value))
		}
		own[key.Value] = true
		if err := r.budget.Spend(len(key.Value), depth); err != nil {
			return at(key, err)
		}
		var err error
		if object[key.Value], err = r.value(value, depth+1); err != nil {
			return err
		}
	}
	for _, value := range merged {
		if err := r.merge(value, object, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// merge adds the members of a mapping, or of a list of them, that object does not have.
func (r *reader) merge(n *yaml.Node, object map[string]any, depth int) error {
	tree, err := r.value(n, depth)
	if err != nil {
		return err
	}
	all, ok := tree.([]any)
	if !ok {
		all = []any{tree}
	}
	for _, each := range all {
		more, ok := each.(map[string]any)
		if !ok {
			return at(n, errors.New("<< takes mappings"))
		}
		for key, value := range more {
			if _, there := object[key]; !there {
				object[key] = value
			}
		}
	}
	return nil
}

// scalar reads a leaf. Numbers that JSON writes in the same way keep their digits; times are text, as they are written.
func scalar(n *yaml.Node) (any, error) {
	switch tag := n.ShortTag(); tag {
	case "!!str", "!!timestamp":
		return n.Value, nil
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			return json.Number(n.Value), nil
		}
	case "!!null", "!!bool", "!!binary":
	default:
		return nil, at(n, fmt.Errorf("the tag %.40q has no meaning here", tag))
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, err // it has the line
	}
	tree, err := plain.Tree(v)
	if err != nil {
		return nil, at(n, err)
	}
	return tree, nil
}
