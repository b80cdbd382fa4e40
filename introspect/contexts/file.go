package contexts

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Example is a file to begin with: all of it is a comment.
const Example = newFile + `
#
# current: local
# contexts:
#   local:
#     registry: mdns
#   staging:
#     registry: file
#     registryAddress: /mnt/staging/registry
#     debugToken: "{{env:STAGING_TOKEN}}"   # or {{file:PATH}}: secrets are not kept here
#     debugTokenHosts: [10.0.0.0/8]
#     timeout: 2s
#     metadata:
#       tenant: acme
#     colour: yellow
#     readonly: true
`

// newFile begins a new file.
const newFile = "# Saved targets of microtop: `microtop context` edits this file, and so may you (docs/commands.md)."

// File is a file of contexts. Make it with [Open].
type File struct{ path string }

// Path is the file if nobody says otherwise: $XDG_CONFIG_HOME/microtop/contexts.yaml, else
// ~/.config/microtop/contexts.yaml.
func Path() (string, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the file of contexts: set XDG_CONFIG_HOME: %w", err)
	}
	return filepath.Join(config, "microtop", "contexts.yaml"), nil
}

// Open returns the file, "" being [Path]. It is made when the first context is saved.
func Open(path string) (*File, error) {
	if path == "" {
		var err error
		if path, err = Path(); err != nil {
			return nil, err
		}
	}
	return &File{path}, nil
}

// Path is where the file is.
func (f *File) Path() string { return f.path }

// Dir is the folder in which files are that a context names without one.
func (f *File) Dir() string { return filepath.Dir(f.path) }

// Read reads the file; one that is not there has no contexts. The error names the file, the line and what to do.
func (f *File) Read() (Saved, error) {
	text, err := f.text()
	if err != nil {
		return Saved{}, err
	}
	s, err := Parse(text)
	return s, f.failed(err)
}

// Text is the file as it is; "" where there is none.
func (f *File) Text() (string, error) {
	text, err := f.text()
	return string(text), err
}

// Replace writes the file anew, unless the text cannot be read.
func (f *File) Replace(text string) error {
	if _, err := Parse([]byte(text)); err != nil {
		return err
	}
	if err := f.write([]byte(text)); err != nil {
		return fmt.Errorf("write the contexts: %w", err)
	}
	return nil
}

func (f *File) text() ([]byte, error) {
	text, err := readPlain(f.path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the contexts: %s: %w", f.path, err)
	}
	return text, nil
}

// failed names the file, and how to go on.
func (f *File) failed(err error) error {
	if err == nil {
		return nil
	}
	var at *LineError
	if errors.As(err, &at) {
		return fmt.Errorf("%s: %w; edit the file, or run with --context none", f.path, err)
	}
	return fmt.Errorf("read the contexts: %s: %w", f.path, err)
}

// Set saves a context in the place of the one of its name, or after the others.
func (f *File) Set(c Context) error {
	if err := CheckName(c.Name); err != nil {
		return fmt.Errorf("context %q: %w", c.Name, err)
	}
	return f.change(func(top *yaml.Node) error {
		all := contextsOf(top)
		_, node := find(all, c.Name)
		if node == nil {
			node = mapping()
			all.Content = append(all.Content, scalar(c.Name), node)
		}
		c.write(node)
		return nil
	})
}

// Use makes a context the current one; "" and None make none it.
func (f *File) Use(name string) error {
	return f.change(func(top *yaml.Node) error {
		if name == "" || name == None {
			drop(top, "current")
			return nil
		}
		saved, err := read(top)
		if err == nil {
			_, err = saved.Get(name)
		}
		if err != nil {
			return err
		}
		if _, at := find(top, "current"); at != nil {
			at.Value = name
			return nil
		}
		top.Content = append([]*yaml.Node{scalar("current"), scalar(name)}, top.Content...)
		return nil
	})
}

// Remove takes a context out. If it is the current one, none is then.
func (f *File) Remove(name string) error {
	return f.change(func(top *yaml.Node) error {
		saved, err := read(top)
		if err == nil {
			_, err = saved.Get(name)
		}
		if err != nil {
			return err
		}
		drop(contextsOf(top), name)
		if saved.Current == name {
			drop(top, "current")
		}
		return nil
	})
}

// change edits the file's tree and writes the file, whole or not at all. What it would write is read first: no change
// leaves a file behind that is refused.
func (f *File) change(edit func(top *yaml.Node) error) error {
	before, err := f.text()
	if err != nil {
		return err
	}
	doc, err := tree(before)
	if err == nil && doc != nil {
		_, err = read(doc.Content[0])
	}
	if err != nil {
		return f.failed(err)
	}
	if doc == nil {
		doc = &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{mapping()}}
		if doc.HeadComment = strings.TrimSpace(string(before)); !strings.HasPrefix(doc.HeadComment, "#") {
			doc.HeadComment = newFile
		}
	}
	if err := edit(doc.Content[0]); err != nil {
		return err
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(doc), encoder.Close()); err != nil {
		return fmt.Errorf("write the contexts: %w", err)
	}
	if _, err := Parse(out.Bytes()); err != nil {
		var at *LineError
		if errors.As(err, &at) { // the line is of a text that nobody sees
			err = fmt.Errorf("%s: %w", at.What, at.Err)
		}
		return err
	}
	if err := f.write(out.Bytes()); err != nil {
		return fmt.Errorf("write the contexts: %w", err)
	}
	return nil
}

// write replaces the file; where it is a link, what that leads to.
func (f *File) write(text []byte) error {
	path := f.path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	half := path + "." + rand.Text() + ".part"
	out, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // below the user's own folder
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	err = errors.Join(err, out.Close())
	if err == nil {
		err = os.Rename(half, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(half))
	}
	return nil
}

// write writes a context's fields into its node: those it has, in the place of what was there.
func (c Context) write(n *yaml.Node) {
	if n.Kind != yaml.MappingNode { // "name:" and nothing after it
		*n = *mapping()
	}
	n.Style = 0
	fields := c.fields()
	for _, name := range order {
		value := written(fields[name])
		_, at := find(n, name)
		switch {
		case value == nil:
			drop(n, name)
		case at == nil:
			n.Content = append(n.Content, scalar(name), value)
		case !same(at, value):
			value.HeadComment, value.LineComment, value.FootComment = at.HeadComment, at.LineComment, at.FootComment
			*at = *value
		}
	}
}

// written is a field's value as a node; nil for one that says nothing.
func written(place any) *yaml.Node {
	switch place := place.(type) {
	case *string:
		if *place != "" {
			return scalar(*place)
		}
	case *bool:
		if *place {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"}
		}
	case *[]string:
		if len(*place) > 0 {
			list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
			for _, item := range *place {
				list.Content = append(list.Content, scalar(item))
			}
			return list
		}
	case *map[string]string:
		if len(*place) > 0 {
			pairs := mapping()
			for _, key := range slices.Sorted(maps.Keys(*place)) {
				pairs.Content = append(pairs.Content, scalar(key), scalar((*place)[key]))
			}
			return pairs
		}
	}
	return nil
}

// same tells whether two values say the same, however they are written.
func same(a, b *yaml.Node) bool {
	return a.Kind == b.Kind && a.Value == b.Value && slices.EqualFunc(a.Content, b.Content, same)
}

// contextsOf is the mapping of contexts below the top one; it is made where there is none.
func contextsOf(top *yaml.Node) *yaml.Node {
	_, all := find(top, "contexts")
	if all == nil {
		all = mapping()
		top.Content = append(top.Content, scalar("contexts"), all)
	}
	if all.Kind != yaml.MappingNode {
		*all = *mapping()
	}
	all.Style = 0
	return all
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"} }

// scalar is a text, quoted where YAML would read something else in it.
func scalar(text string) *yaml.Node {
	var n yaml.Node
	n.SetString(text)
	return &n
}

func drop(n *yaml.Node, name string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			n.Content = slices.Delete(n.Content, i, i+2)
			return
		}
	}
}
