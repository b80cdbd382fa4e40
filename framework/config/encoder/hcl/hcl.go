// Package hcl is HCL as a format of configuration. Start with [NewEncoder].
//
// It is HCL 1, which is data: text is read without a schema. HCL 2 is a language whose text means nothing without the schema and
// the variables of a program, and v4's plug-in read HCL 1.
package hcl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/hcl/ast"
	"github.com/hashicorp/hcl/hcl/parser"
	hclstrconv "github.com/hashicorp/hcl/hcl/strconv"
	"github.com/hashicorp/hcl/hcl/token"

	"github.com/microtop/microtop/framework/config/encoder"
	"github.com/microtop/microtop/framework/config/encoder/internal/plain"
)

const name = "hcl"

// heredocs is how many heredocs text may have. The parser makes a regular expression of the name of each, twice.
const heredocs = 10_000

type format struct{}

var _ encoder.Encoder = format{}

// NewEncoder returns the HCL encoder. Structs have json tags. Blocks are objects: database { host = "x" } is host in database,
// server "a" { … } is a in server, and a block that is there several times is a list. Text may have 4 MiB, 100 levels
// (framework/limits) and 100,000 values, and open 20,000 brackets and 10,000 heredocs.
func NewEncoder() encoder.Encoder { return format{} }

// Encode implements encoder.Encoder. It writes JSON, which is HCL.
func (format) Encode(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return text, nil
}

// Decode implements encoder.Encoder.
func (format) Decode(text []byte, v any) error {
	if err := plain.Text(name, text); err != nil {
		return err
	}
	if err := decode(text, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func decode(text []byte, v any) error {
	if json.Valid(text) {
		return plain.JSON(text, v)
	}
	if err := plain.Brackets(text); err != nil {
		return err
	}
	if n := bytes.Count(text, []byte("<<")); n > heredocs {
		return fmt.Errorf("%d heredocs, at most %d are read: split the file", n, heredocs)
	}
	file, err := parse(text)
	if err != nil {
		return err
	}
	list, ok := file.Node.(*ast.ObjectList)
	if !ok {
		return errors.New("no names with values")
	}
	tree, err := (&reader{plain.NewBudget()}).object(list, 0)
	if err != nil {
		return err
	}
	return plain.Decode(tree, v)
}

// parse makes an error of the panics that the parser has for some text.
func parse(text []byte) (file *ast.File, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("the parser gave up: %v", reason)
		}
	}()
	return parser.Parse(text)
}

// String implements encoder.Encoder.
func (format) String() string { return name }

// reader makes a tree of nodes.
type reader struct{ budget *plain.Budget }

func (r *reader) object(list *ast.ObjectList, depth int) (map[string]any, error) {
	object := map[string]any{}
	for _, item := range list.Items {
		if err := r.item(object, item, depth); err != nil {
			return nil, fmt.Errorf("line %d: %w", item.Pos().Line, err)
		}
	}
	return object, nil
}

// item puts an assignment or a block into object, at the path of its names.
func (r *reader) item(object map[string]any, item *ast.ObjectItem, depth int) error {
	for i, key := range item.Keys {
		name, err := text(key.Token)
		if err != nil {
			return err
		}
		if err := r.budget.Spend(len(name), depth); err != nil {
			return err
		}
		depth++
		if i == len(item.Keys)-1 {
			value, err := r.value(item.Val, depth)
			if err != nil {
				return err
			}
			object[name] = both(object[name], value)
			return nil
		}
		inner, ok := object[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			object[name] = inner
		}
		object = inner
	}
	return errors.New("a value without a name")
}

// both is what an object and another of the same name are: a list. Of other values the later counts.
func both(there, value any) any {
	block, ok := value.(map[string]any)
	if !ok {
		return value
	}
	switch there := there.(type) {
	case map[string]any:
		return []any{there, block}
	case []any:
		return append(there, block)
	default:
		return value
	}
}

func (r *reader) value(node ast.Node, depth int) (any, error) {
	if err := r.budget.Spend(0, depth); err != nil {
		return nil, err
	}
	switch n := node.(type) {
	case *ast.ObjectType:
		return r.object(n.List, depth)
	case *ast.ListType:
		list := make([]any, len(n.List))
		for i, element := range n.List {
			var err error
			if list[i], err = r.value(element, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case *ast.LiteralType:
		if err := r.budget.Spend(len(n.Token.Text), depth); err != nil {
			return nil, err
		}
		return literal(n.Token)
	default:
		return nil, fmt.Errorf("no value: %T", node)
	}
}

// literal reads a leaf. Numbers that JSON writes in the same way keep their digits.
func literal(t token.Token) (any, error) {
	switch t.Type {
	case token.BOOL:
		return t.Text == "true", nil
	case token.NUMBER, token.FLOAT:
		if json.Valid([]byte(t.Text)) {
			return json.Number(t.Text), nil
		}
		n, err := strconv.ParseInt(t.Text, 0, 64)
		if err != nil {
			return nil, err
		}
		return json.Number(strconv.FormatInt(n, 10)), nil
	default:
		return text(t)
	}
}

// text reads a name, a string or a heredoc.
func text(t token.Token) (out string, err error) {
	switch t.Type {
	case token.STRING:
		out, err = hclstrconv.Unquote(t.Text)
	case token.HEREDOC:
		out, err = heredoc(t)
	default:
		out = t.Text
	}
	if err != nil {
		return "", fmt.Errorf("%.40s: %w", t.Text, err)
	}
	return strings.ToValidUTF8(out, "\uFFFD"), nil
}

// heredoc makes an error of the panics that the token has for some text.
func heredoc(t token.Token) (out string, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("no heredoc: %v", reason)
		}
	}()
	out, _ = t.Value().(string)
	return out, nil
}
