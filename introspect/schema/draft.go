package schema

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// State says whether a part of a draft is sent, and what as.
type State int

// The states. A part that is Default is sent with its zero value, which a service can tell from an Unset one where
// the field is optional, a message, or in a oneof.
const (
	Unset State = iota
	Default
	Set
)

// PartKind says how a part of a draft is filled in.
type PartKind int

// The kinds of parts.
const (
	Scalar  PartKind = iota // one value, as text
	Choice                  // one of a few values: an enum or a bool
	Message                 // fields
	List                    // elements
	Map                     // entries with keys
	Free                    // any JSON: a Struct, an Any, or a type that nobody told
)

// maxElements is how many elements and entries all lists and maps of a draft may have.
const maxElements = 20_000

// Draft is a message that is being filled in, field by field. It says the same as its JSON: [Draft.Load] reads one,
// [Draft.JSON] writes one, and what is in neither schema nor JSON is never made up. It belongs to one goroutine.
type Draft struct {
	service *Service
	root    *Part
	count   int // of elements and entries
}

// Part is a message, a field, an element of a list or an entry of a map. Parts below it are made when they are asked
// for, so that a type may contain itself.
type Part struct {
	draft    *Draft
	parent   *Part
	field    *Field // nil for the root and for members that the schema does not know
	name     string // as in its path: "price", "[2]", `["key"]`
	key      string // in JSON, of fields and entries
	typeName string
	kind     PartKind
	inside   bool // an element or an entry

	present bool
	raw     []byte  // the JSON value of Scalar, Choice and Free
	parts   []*Part // nil before a Message is opened
	opened  bool
	problem error
}

// Draft returns an empty draft of the type.
func (s *Service) Draft(typeName string) *Draft {
	d := &Draft{service: s}
	d.reset(typeName)
	return d
}

func (d *Draft) reset(typeName string) {
	d.root = &Part{draft: d, typeName: typeName, kind: d.service.kindOf(typeName), present: true}
	d.count = 0
}

// kindOf is the kind of a single value of the type.
func (s *Service) kindOf(typeName string) PartKind {
	switch typeName {
	case "", "google.protobuf.Struct", "google.protobuf.Any", "google.protobuf.Value", "google.protobuf.ListValue":
		return Free
	case "google.protobuf.Empty":
		return Message
	case "bool", "google.protobuf.BoolValue":
		return Choice
	}
	if _, ok := wellKnown[typeName]; ok {
		return Scalar
	}
	switch t := s.Types[typeName]; {
	case t == nil || t.Unknown():
		return Free
	case len(t.Values) > 0:
		return Choice
	}
	return Message
}

// Root is the message itself, or the value where the request is none.
func (d *Draft) Root() *Part { return d.root }

// Find returns the part at a path such as "items[2].price", or nil. It opens what is above it.
func (d *Draft) Find(path string) *Part {
	at := d.root
	for at.Path() != path {
		next := slices.IndexFunc(at.Parts(), func(p *Part) bool {
			below := p.Path()
			return path == below || len(path) > len(below) && path[:len(below)] == below && (path[len(below)] == '.' || path[len(below)] == '[')
		})
		if next < 0 {
			return nil
		}
		at = at.parts[next]
	}
	return at
}

// Kind says how the part is filled in.
func (p *Part) Kind() PartKind { return p.kind }

// Name is the last piece of the path.
func (p *Part) Name() string { return p.name }

// Path names the part from the root on, as validation does; the root's is empty.
func (p *Part) Path() string {
	switch {
	case p.parent == nil:
		return ""
	case p.inside:
		return p.parent.Path() + p.name
	}
	return join(p.parent.Path(), p.name)
}

// Parent is what the part belongs to, nil for the root.
func (p *Part) Parent() *Part { return p.parent }

// Type is the part's type as people write it.
func (p *Part) Type() string {
	if p.field != nil && !p.inside {
		return p.field.Shown()
	}
	if p.typeName == "" {
		return "any"
	}
	return p.typeName
}

// Doc is the comment of the field in its source.
func (p *Part) Doc() string {
	if p.field == nil || p.inside {
		return ""
	}
	return p.field.Doc
}

// Oneof names the group of which only one member can be set, or is empty.
func (p *Part) Oneof() string {
	if p.field == nil || p.inside {
		return ""
	}
	return p.field.Oneof
}

// MapKey is the type of a map's keys, or empty.
func (p *Part) MapKey() string {
	if p.kind != Map {
		return ""
	}
	return p.field.MapKey
}

// Removable says whether the part is an element or an entry.
func (p *Part) Removable() bool { return p.inside }

// Problem is why the part's own value does not fit, or nil.
func (p *Part) Problem() error { return p.problem }

// Refuse notes why the part's value was not taken, until it is set anew.
func (p *Part) Refuse(why error) { p.problem = why }

// State says whether the part is sent.
func (p *Part) State() State {
	switch {
	case !p.present:
		return Unset
	case p.zero():
		return Default
	}
	return Set
}

func (p *Part) zero() bool {
	switch p.kind {
	case Message:
		return !slices.ContainsFunc(p.parts, func(c *Part) bool { return c.present })
	case List, Map:
		return len(p.parts) == 0
	case Scalar, Choice, Free:
	}
	return string(p.raw) == string(p.zeroValue())
}

// Parts are the fields of a message, set or not, the elements of a list or the entries of a map.
func (p *Part) Parts() []*Part {
	if p.kind == Message && !p.opened {
		p.opened = true
		if t := p.draft.service.Types[p.typeName]; t != nil {
			for _, f := range t.Fields {
				p.parts = append(p.parts, p.newField(f))
			}
		}
	}
	return p.parts
}

func (p *Part) newField(f *Field) *Part {
	child := &Part{draft: p.draft, parent: p, field: f, name: f.JSONName, key: f.JSONName, typeName: f.Type}
	switch {
	case f.JSONName == "": // a peer that tells no name
		child.name = strconv.Itoa(int(f.Number))
		child.kind = Free
	case f.MapKey != "":
		child.kind = Map
	case f.Repeated:
		child.kind = List
	default:
		child.kind = p.draft.service.kindOf(f.Type)
	}
	return child
}

// element makes a part below a list or a map.
func (p *Part) element(key string) *Part {
	child := &Part{draft: p.draft, parent: p, field: p.field, key: key, typeName: p.typeName, inside: true, present: true}
	child.kind = p.draft.service.kindOf(p.typeName)
	child.name = "[" + strconv.Itoa(len(p.parts)) + "]"
	if p.kind == Map {
		child.name = "[" + strconv.Quote(key) + "]"
	}
	p.parts = append(p.parts, child)
	p.draft.count++
	return child
}

// Set gives a Scalar, Choice or Free part the value that a user typed, and checks it: a value that does not fit is
// kept, and is the part's Problem. What is above becomes present; other members of a oneof become unset.
func (d *Draft) Set(p *Part, text string) {
	p.raw, p.problem = p.parse(text)
	d.raise(p)
	if p.problem == nil {
		d.check(p)
	}
}

// Default makes a part that is unset present, with its zero value or what it last had.
func (d *Draft) Default(p *Part) {
	if p.raw == nil {
		p.raw = p.zeroValue()
	}
	d.raise(p)
	d.check(p)
}

// raise makes a part and all above it present.
func (d *Draft) raise(p *Part) {
	for ; p != nil; p = p.parent {
		p.present = true
		if group := p.Oneof(); group != "" {
			for _, other := range p.parent.parts {
				if other != p && other.Oneof() == group {
					d.Unset(other)
				}
			}
		}
	}
}

// Unset leaves a part out; what is below it is forgotten. An element or entry is taken out, the root emptied.
func (d *Draft) Unset(p *Part) {
	switch {
	case p.parent == nil:
		d.reset(p.typeName)
		return
	case p.Removable():
		d.remove(p)
		return
	}
	d.count -= p.elements()
	p.present, p.parts, p.opened, p.problem = false, nil, false, nil
}

func (d *Draft) remove(p *Part) {
	d.count -= 1 + p.elements()
	list := p.parent
	list.parts = slices.DeleteFunc(list.parts, func(other *Part) bool { return other == p })
	if list.kind == List {
		for i, rest := range list.parts {
			rest.name = "[" + strconv.Itoa(i) + "]"
		}
	}
}

// elements counts the elements and entries below.
func (p *Part) elements() int {
	n := 0
	for _, c := range p.parts {
		if c.Removable() {
			n++
		}
		n += c.elements()
	}
	return n
}

// Add puts an element into a list, or an entry under key into a map, and returns it. It is present, with its zero
// value.
func (d *Draft) Add(p *Part, key string) (*Part, error) {
	if p.kind != List && p.kind != Map {
		return nil, errors.New("only lists and maps take more")
	}
	if d.count >= maxElements {
		return nil, fmt.Errorf("the form takes %d elements: write more as JSON", maxElements)
	}
	if p.kind == Map {
		if err := checkKey(p.field.MapKey, key); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(p.parts, func(c *Part) bool { return c.key == key }) {
			return nil, fmt.Errorf("there is a key %q already", key)
		}
	}
	d.raise(p)
	child := p.element(key)
	child.raw = child.zeroValue()
	return child, nil
}

// checkKey checks a map's key, which JSON writes as a string.
func checkKey(typeName, key string) error {
	if typeName == "bool" {
		if key != "true" && key != "false" {
			return fmt.Errorf("key %q: expected true or false", key)
		}
		return nil
	}
	expect, ok := wellKnown[typeName]
	if !ok {
		return nil
	}
	if err := expect(key, ""); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	return nil
}

// check finds out whether a part's own value fits.
func (d *Draft) check(p *Part) {
	p.problem = nil
	if p.kind == Message || p.kind == List || p.kind == Map {
		return
	}
	v, err := decode(p.raw)
	if err == nil {
		err = d.service.check(p.typeName, v, "")
	}
	p.problem = err
}
