package compose

import (
	"strings"

	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui/form"
	"github.com/microtop/microtop/tui/safetext"
)

// rows are the parts of a draft that a form shows: those whose parents are open. Only the rows on the screen are
// written.
type rows struct {
	draft *schema.Draft
	open  map[string]bool // by path
	list  []field
}

// field is a part at its depth, or the row that adds to it.
type field struct {
	part  *schema.Part
	depth int
	add   bool
}

func newRows(d *schema.Draft) *rows {
	r := &rows{draft: d, open: map[string]bool{"": true}}
	r.lay()
	return r
}

// lay finds out which rows there are.
func (r *rows) lay() {
	r.list = r.list[:0]
	if root := r.draft.Root(); root.Kind() == schema.Message {
		for _, p := range root.Parts() {
			r.layPart(p, 0)
		}
	} else {
		r.layPart(root, 0)
	}
}

func (r *rows) layPart(p *schema.Part, depth int) {
	r.list = append(r.list, field{part: p, depth: depth})
	if !group(p) || !r.open[p.Path()] {
		return
	}
	for _, c := range p.Parts() {
		r.layPart(c, depth+1)
	}
	if p.Kind() != schema.Message {
		r.list = append(r.list, field{part: p, depth: depth + 1, add: true})
	}
}

func group(p *schema.Part) bool {
	return p.Kind() == schema.Message || p.Kind() == schema.List || p.Kind() == schema.Map
}

// index is where a part is shown, -1 where it is not.
func (r *rows) index(p *schema.Part) int {
	for i, f := range r.list {
		if f.part == p && !f.add {
			return i
		}
	}
	return -1
}

// Len implements [form.Source].
func (r *rows) Len() int { return len(r.list) }

// Row implements [form.Source].
func (r *rows) Row(i int) form.Row {
	f := r.list[i]
	p := f.part
	if f.add {
		label := safetext.Literal("+ add an element")
		if p.Kind() == schema.Map {
			label = safetext.Format("+ add an entry, by its key (%s)", p.MapKey())
		}
		return form.Row{Label: label, Depth: f.depth, Kind: form.Action}
	}
	row := form.Row{Label: safetext.Clean(p.Name()), Depth: f.depth, Type: typeOf(p), Mark: mark(p), Note: note(p)}
	if p.Parent() == nil {
		row.Label = safetext.Literal("value")
	}
	if err := p.Problem(); err != nil {
		row.Problem = safetext.Join(": ", safetext.Clean(p.Path()), safetext.Clean(err.Error()))
	}
	switch p.Kind() {
	case schema.Message, schema.List, schema.Map:
		row.Kind, row.Open = form.Group, r.open[p.Path()]
		row.Value = inside(p)
	case schema.Choice:
		row.Kind = form.Choice
		row.Ghost = safetext.Literal("unset")
	case schema.Scalar, schema.Free:
		row.Ghost = ghost(p)
	}
	if row.Kind != form.Group && p.State() != schema.Unset {
		row.Edit = p.Text()
		row.Value = value(p)
	}
	return row
}

func mark(p *schema.Part) form.Mark {
	switch p.State() {
	case schema.Default:
		return form.Default
	case schema.Set:
		return form.Set
	case schema.Unset:
	}
	return form.Unset
}

// value is a value in one row; an empty text is shown as such.
func value(p *schema.Part) safetext.Line {
	const most = 4 << 10
	text := p.Text()
	switch {
	case text == "":
		return safetext.Literal(`""`)
	case len(text) > most:
		text = text[:most]
	}
	return safetext.Clean(text)
}

// inside says what a group has in it.
func inside(p *schema.Part) safetext.Line {
	if p.State() == schema.Unset {
		return safetext.Line{}
	}
	switch n := len(p.Parts()); {
	case p.Kind() == schema.List:
		return safetext.Format("%d in the list", n)
	case p.Kind() == schema.Map:
		return safetext.Format("%d in the map", n)
	}
	var set []safetext.Line
	for _, c := range p.Parts() {
		if c.State() == schema.Unset {
			continue
		}
		if len(set) == 4 {
			set = append(set, safetext.Literal("…"))
			break
		}
		set = append(set, safetext.Clean(c.Name()).Cut(20))
	}
	if len(set) == 0 {
		return safetext.Literal("{}")
	}
	return safetext.Join(" ", set...)
}

func typeOf(p *schema.Part) safetext.Line {
	name := shortType(p.Type())
	if group := p.Oneof(); group != "" {
		return safetext.Format("%s, one of %s", name, group)
	}
	return safetext.Clean(name)
}

// shortType leaves the packages of types out: the fields of a form say enough.
func shortType(name string) string {
	var out strings.Builder
	for {
		end := strings.IndexAny(name, "[]<>, ")
		word := name
		if end >= 0 {
			word = name[:end]
		}
		out.WriteString(word[strings.LastIndexByte(word, '.')+1:])
		if end < 0 {
			return out.String()
		}
		out.WriteByte(name[end])
		name = name[end+1:]
	}
}

// note says what the schema says of a field, and its whole path where that is longer than its name.
func note(p *schema.Part) safetext.Line {
	path, doc := safetext.Clean(p.Path()), safetext.Clean(p.Doc())
	switch {
	case !doc.Empty():
		return safetext.Join(": ", path, doc)
	case p.Parent() != nil && p.Parent().Parent() != nil:
		return safetext.Join("  ", path, safetext.Clean(p.Type()))
	}
	return safetext.Line{}
}

// ghost says what a field takes.
func ghost(p *schema.Part) safetext.Line {
	switch p.Type() {
	case "google.protobuf.Timestamp":
		return safetext.Literal("2026-01-31T12:00:00Z, now, now+90m")
	case "google.protobuf.Duration":
		return safetext.Literal("1.5s, 2m30s")
	case "bytes", "google.protobuf.BytesValue":
		return safetext.Literal("base64, text:…, hex:…")
	case "google.protobuf.FieldMask":
		return safetext.Literal("name,price.units")
	case "google.protobuf.Any":
		return safetext.Literal(`{"@type": "type.googleapis.com/…"}`)
	case "google.protobuf.Struct":
		return safetext.Literal(`{"any": "JSON"}`)
	}
	if p.Kind() == schema.Free {
		return safetext.Literal("any JSON")
	}
	return safetext.Literal("unset")
}
