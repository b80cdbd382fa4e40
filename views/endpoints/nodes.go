package endpoints

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/tui/tree"
	"github.com/microtop/microtop/views/show"
)

// role is what a row of the tree stands for.
type role int

const (
	version role = iota
	endpoint
	message // a request or a response
	field
)

// item is what a row is about: its endpoint, and a line that says more.
type item struct {
	role role
	d    *invoke.Description
	e    *schema.Endpoint // nil for a version
	more safetext.Line
}

func labelPen(p *paint.Pens, n tree.Node) paint.Pen {
	it, _ := n.Item.(item)
	switch {
	case it.role == version:
		return p.Accent
	case it.role == endpoint && it.e.Kind == schema.Subscriber, it.role == message:
		return p.Dim
	case it.role == field:
		return p.Field
	}
	return p.Text
}

func typePen(p *paint.Pens, n tree.Node) paint.Pen {
	if it, _ := n.Item.(item); it.role == field || it.role == message {
		return p.Keyword
	}
	return p.Text
}

func dimPen(p *paint.Pens, _ tree.Node) paint.Pen { return p.Dim }

// maker makes the rows of one version.
type maker struct {
	d *invoke.Description
	g theme.Glyphs
}

// rootsOf are the endpoints, under their version where there are several.
func rootsOf(found []*invoke.Description, g theme.Glyphs) []tree.Node {
	if len(found) == 1 {
		return maker{found[0], g}.endpoints()
	}
	var out []tree.Node
	for _, d := range found {
		m := maker{d, g}
		out = append(out, tree.Node{
			ID: d.Version, Label: safetext.Clean("version " + d.Version), Children: m.endpoints,
			Cells: []safetext.Line{safetext.Clean(show.Count(len(d.Nodes), "node"))}, Item: item{role: version, d: d},
		})
	}
	return out
}

// endpoints are sorted by name, those that cannot be called last.
func (m maker) endpoints() []tree.Node {
	list := slices.Clone(m.d.Schema.Endpoints)
	slices.SortStableFunc(list, func(a, b *schema.Endpoint) int {
		if a.Kind.Callable() != b.Kind.Callable() {
			if a.Kind.Callable() {
				return -1
			}
			return 1
		}
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Topic, b.Topic))
	})
	out := make([]tree.Node, 0, len(list))
	for i, e := range list {
		out = append(out, tree.Node{
			ID: id(e.Name+"\x00"+e.Topic, i), Label: safetext.Clean(e.Name),
			Cells: []safetext.Line{safetext.Clean(kinds[e.Kind]), safetext.Clean(m.signature(e)), m.source(e)},
			Item:  item{endpoint, m.d, e, safetext.Clean(firstLine(e.Doc))}, Children: func() []tree.Node { return m.messages(e) },
		})
	}
	return out
}

var kinds = map[schema.Kind]string{
	schema.Unary: "unary", schema.Server: "server stream", schema.Client: "client stream", schema.Bidi: "bidi stream",
	schema.Stream: "stream", schema.Subscriber: "subscriber",
}

// signature is what goes in and what comes out: "Order → stream Receipt".
func (m maker) signature(e *schema.Endpoint) string {
	in, out := cmp.Or(short(e.Request), "?"), cmp.Or(short(e.Response), "?")
	switch e.Kind {
	case schema.Subscriber:
		return e.Topic + " " + m.g.Right + " " + cmp.Or(short(e.Request), "any")
	case schema.Server:
		out = "stream " + out
	case schema.Client:
		in = "stream " + in
	case schema.Bidi:
		in, out = "stream "+in, "stream "+out
	case schema.Unary, schema.Stream:
	}
	return in + " " + m.g.Right + " " + out
}

func (m maker) source(e *schema.Endpoint) safetext.Line {
	if e.Source != schema.Registry {
		return safetext.Literal("full")
	}
	return safetext.Literal("part")
}

// messages are the request and the response.
func (m maker) messages(e *schema.Endpoint) []tree.Node {
	var out []tree.Node
	add := func(label safetext.Line, name string) {
		node := tree.Node{ID: label.String(), Label: label, Item: item{message, m.d, e, safetext.Clean(name)}}
		node.Cells = []safetext.Line{safetext.Clean(short(name)), m.about(name)}
		if name == "" {
			node.Cells = []safetext.Line{safetext.Literal("?"), safetext.Literal("the service does not say")}
		}
		node.Children = m.below(e, name, nil)
		out = append(out, node)
	}
	if e.Kind == schema.Subscriber {
		add(safetext.Literal("event"), e.Request)
		return out
	}
	add(safetext.Literal("request"), e.Request)
	add(safetext.Literal("response"), e.Response)
	return out
}

// below makes what is in a type, nil for a scalar or a type nobody told of. inside are the types it is in.
func (m maker) below(e *schema.Endpoint, name string, inside []string) func() []tree.Node {
	t := m.d.Schema.Types[name]
	if t == nil || len(t.Fields)+len(t.Values) == 0 {
		return nil
	}
	return func() []tree.Node { return m.fields(e, t, append(slices.Clone(inside), name)) }
}

// fields are those of a type, members of a oneof below one row; or an enum's values.
func (m maker) fields(e *schema.Endpoint, t *schema.Type, inside []string) []tree.Node {
	var out []tree.Node
	for i, v := range t.Values {
		out = append(out, tree.Node{
			ID: id(v.Name, i), Label: safetext.Clean(v.Name), Cells: []safetext.Line{safetext.Clean("= " + strconv.Itoa(int(v.Number)))},
			Item: item{field, m.d, e, safetext.Clean(t.Name)},
		})
	}
	oneofs := map[string]bool{}
	for i, f := range t.Fields {
		switch {
		case f.Oneof == "" || f.Optional && alone(t, f.Oneof):
			out = append(out, m.field(e, f, i, inside))
		case !oneofs[f.Oneof]:
			oneofs[f.Oneof] = true
			out = append(out, m.oneof(e, t, f.Oneof, inside))
		}
	}
	return out
}

// alone says whether a oneof has one member: that is how an optional field looks underneath.
func alone(t *schema.Type, oneof string) bool {
	n := 0
	for _, f := range t.Fields {
		if f.Oneof == oneof {
			n++
		}
	}
	return n == 1
}

func (m maker) oneof(e *schema.Endpoint, t *schema.Type, name string, inside []string) tree.Node {
	var members []tree.Node
	for i, f := range t.Fields {
		if f.Oneof == name {
			members = append(members, m.field(e, f, i, inside))
		}
	}
	return tree.Node{
		ID: "oneof " + name, Label: safetext.Clean(name), Children: func() []tree.Node { return members },
		Cells: []safetext.Line{safetext.Format("one of %d", len(members))}, Item: item{field, m.d, e, safetext.Literal("at most one of these is set")},
	}
}

func (m maker) field(e *schema.Endpoint, f *schema.Field, i int, inside []string) tree.Node {
	var notes []safetext.Line
	if f.Optional {
		notes = append(notes, safetext.Literal("optional"))
	}
	if slices.Contains(inside, f.Type) {
		notes = append(notes, safetext.Literal("contains itself"))
	}
	if about := m.about(f.Type); !about.Empty() {
		notes = append(notes, about)
	}
	if f.Doc != "" {
		notes = append(notes, safetext.Clean(firstLine(f.Doc)))
	}
	shown := *f
	shown.Type = short(f.Type)
	return tree.Node{
		ID: id(f.Name, i), Label: safetext.Clean(cmp.Or(f.JSONName, f.Name)), Children: m.below(e, f.Type, inside),
		Cells: []safetext.Line{safetext.Clean(shown.Shown()), safetext.Join(", ", notes...)}, Item: item{field, m.d, e, safetext.Clean(f.Shown())},
	}
}

// about says what a type's name does not: an enum's first values, that there is nothing in it, or more than is known.
func (m maker) about(name string) safetext.Line {
	t := m.d.Schema.Types[name]
	switch {
	case t == nil:
		return safetext.Line{}
	case len(t.Values) > 0:
		var names []string
		for _, v := range t.Values[:min(len(t.Values), 4)] {
			names = append(names, v.Name)
		}
		text := strings.Join(names, " | ")
		if len(t.Values) > 4 {
			text += " | …"
		}
		return safetext.Clean(text)
	case t.Partial:
		return safetext.Literal("the registry tells no more")
	case len(t.Fields) == 0:
		return safetext.Literal("empty")
	}
	return safetext.Line{}
}

// short is a type's name without its package.
func short(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

func firstLine(doc string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(doc), "\n")
	return line
}

// id tells siblings apart though their names be the same.
func id(name string, i int) string { return name + "\x01" + strconv.Itoa(i) }
