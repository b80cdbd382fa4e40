package contexts

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/microtop/microtop/introspect/nearest"
)

// Saved is what a file of contexts says.
type Saved struct {
	// Current is the context that is used where nothing else names one; "" for none.
	Current string
	// Contexts are in the order of the file.
	Contexts []Context
}

// Get returns a context by its name.
func (s Saved) Get(name string) (Context, error) {
	i := slices.IndexFunc(s.Contexts, func(c Context) bool { return c.Name == name })
	if i >= 0 {
		return s.Contexts[i], nil
	}
	text := fmt.Sprintf("no context %q", name)
	names := s.Names()
	near := nearest.Names(name, names)
	switch {
	case len(near) > 0:
		text += ": did you mean " + strings.Join(near, " or ") + "?"
	case len(names) == 0:
		text += ": there is none yet; `microtop context set NAME --registry … --registry-address …` saves one"
	case len(names) <= 5:
		text += ": there is " + strings.Join(names, ", ")
	default:
		text += ": `microtop context list` lists them"
	}
	return Context{}, errors.New(text)
}

// Names are the contexts' names in the order of the file.
func (s Saved) Names() []string {
	out := make([]string, 0, len(s.Contexts))
	for _, c := range s.Contexts {
		out = append(out, c.Name)
	}
	return out
}

// LineError is what is wrong with a line of the file.
type LineError struct {
	Line int
	What string // "contexts.staging.timeout"; "" for the file itself
	Err  error
}

// Error implements error.
func (e *LineError) Error() string {
	if e.What == "" {
		return fmt.Sprintf("line %d: %v", e.Line, e.Err)
	}
	return fmt.Sprintf("line %d: %s: %v", e.Line, e.What, e.Err)
}

// Unwrap returns what is wrong.
func (e *LineError) Unwrap() error { return e.Err }

func wrong(n *yaml.Node, what, format string, args ...any) error {
	return &LineError{n.Line, what, fmt.Errorf(format, args...)}
}

// Parse reads a file of contexts. Its errors are [LineError]s.
func Parse(text []byte) (Saved, error) {
	doc, err := tree(text)
	if err != nil || doc == nil {
		return Saved{}, err
	}
	return read(doc.Content[0])
}

// broken is how the YAML parser tells where it stopped.
var broken = regexp.MustCompile(`^yaml: line (\d+): `)

// tree is the file's document, nil for a file with nothing in it.
func tree(text []byte) (*yaml.Node, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("the file is over %d bytes", maxFile)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		line, said := 1, strings.TrimPrefix(err.Error(), "yaml: ")
		if at := broken.FindStringSubmatch(err.Error()); at != nil {
			_, _ = fmt.Sscan(at[1], &line) // digits
			said = strings.TrimPrefix(err.Error(), at[0])
		}
		return nil, &LineError{Line: line, Err: fmt.Errorf("this is no YAML: %s", said)}
	}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return nil, nil //nolint:nilnil // there is nothing in it
	}
	return &doc, nil
}

// read reads the top mapping.
func read(top *yaml.Node) (s Saved, err error) {
	err = each(top, "", func(key, value *yaml.Node) error {
		switch key.Value {
		case "current":
			return text(value, "current", &s.Current)
		case "contexts":
			return each(value, "contexts", func(key, value *yaml.Node) error {
				if err := CheckName(key.Value); err != nil {
					return wrong(key, "contexts", "%q: %w", short(key.Value), err)
				}
				if len(s.Contexts) == maxContexts {
					return wrong(key, "contexts", "there are more than %d", maxContexts)
				}
				c := Context{Name: key.Value}
				if err := c.read(value, "contexts."+key.Value); err != nil {
					return err
				}
				s.Contexts = append(s.Contexts, c)
				return nil
			})
		}
		return wrong(key, "", "unknown field %q%s", short(key.Value), meant(key.Value, []string{"current", "contexts"}))
	})
	if err != nil || s.Current == "" || s.Current == None {
		return s, err
	}
	if _, err := s.Get(s.Current); err != nil {
		_, at := find(top, "current")
		return s, wrong(at, "current", "%w", err)
	}
	return s, nil
}

// read reads a context's fields.
func (c *Context) read(n *yaml.Node, where string) error {
	if n.Tag == "!!null" {
		return nil
	}
	fields := c.fields()
	at := map[string]*yaml.Node{}
	err := each(n, where, func(key, value *yaml.Node) error {
		place, ok := fields[key.Value]
		if !ok {
			return wrong(key, where, "unknown field %q%s", short(key.Value), meant(key.Value, order))
		}
		at[key.Value] = value
		return field(value, where+"."+key.Value, place)
	})
	if err != nil {
		return err
	}
	for _, name := range order {
		if at[name] == nil {
			continue
		}
		if err := c.check(name); err != nil {
			return wrong(at[name], where+"."+name, "%w", err)
		}
	}
	return nil
}

// field reads one field into its place.
func field(n *yaml.Node, where string, place any) error {
	switch place := place.(type) {
	case *string:
		return text(n, where, place)
	case *bool:
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || n.Decode(place) != nil {
			return wrong(n, where, "write true or false")
		}
	case *[]string:
		if n.Kind == yaml.ScalarNode { // one without the dash
			*place = make([]string, 1)
			return text(n, where, &(*place)[0])
		}
		if n.Kind != yaml.SequenceNode {
			return wrong(n, where, "write a list: a line with - before each")
		}
		if len(n.Content) > maxList {
			return wrong(n, where, "there are more than %d", maxList)
		}
		*place = make([]string, len(n.Content))
		for i, item := range n.Content {
			if err := text(item, where, &(*place)[i]); err != nil {
				return err
			}
		}
	case *map[string]string:
		*place = map[string]string{}
		return each(n, where, func(key, value *yaml.Node) error {
			if len(*place) == maxList {
				return wrong(key, where, "there are more than %d", maxList)
			}
			var out string
			err := text(value, where+"."+short(key.Value), &out)
			(*place)[key.Value] = out
			return err
		})
	}
	return nil
}

// text reads a text, or a number as it is written.
func text(n *yaml.Node, where string, into *string) error {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return wrong(n, where, "write a text")
	}
	if len(n.Value) > maxText {
		return wrong(n, where, "it is over %d bytes", maxText)
	}
	if err := checkReferences(n.Value); err != nil {
		return wrong(n, where, "%w", err)
	}
	*into = n.Value
	return nil
}

// each calls do for each pair of a mapping whose keys are texts, each once.
func each(n *yaml.Node, where string, do func(key, value *yaml.Node) error) error {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return wrong(n, where, "write names, each with a colon and a value")
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || len(key.Value) > maxText:
			return wrong(key, where, "a name is a text")
		case value.Kind == yaml.AliasNode || value.Anchor != "":
			return wrong(value, where, "anchors and aliases are not read here: write the value out")
		case seen[key.Value]:
			return wrong(key, where, "%q stands there twice", short(key.Value))
		}
		seen[key.Value] = true
		if err := do(key, value); err != nil {
			return err
		}
	}
	return nil
}

// find returns a mapping's pair, nil where there is none.
func find(n *yaml.Node, name string) (key, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

func short(s string) string { return s[:min(len(s), maxName)] }

func meant(name string, names []string) string {
	if near := nearest.Names(name, names); len(near) > 0 {
		return ": did you mean " + strings.Join(near, " or ") + "?"
	}
	return ": use " + strings.Join(names, ", ")
}
