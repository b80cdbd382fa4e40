package schema

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxDraft is the largest body that a draft reads, in bytes.
const maxDraft = 1 << 20

// Load replaces the draft by what a JSON body says. Members that the schema does not know, and values that do not fit,
// are kept as they are with a problem; the error says why nothing was changed at all.
func (d *Draft) Load(body []byte) error {
	if len(body) > maxDraft {
		return fmt.Errorf("the form takes bodies of up to %d bytes: edit this one as JSON", maxDraft)
	}
	next := &Draft{service: d.service}
	next.reset(d.root.typeName)
	if len(bytes.TrimSpace(body)) > 0 {
		v, err := decode(body)
		if err != nil {
			return err
		}
		if _, ok := v.(object); !ok && next.root.kind == Message {
			return wrong("", "an object ("+d.root.Type()+")", v)
		}
		if err := next.root.load(v); err != nil {
			return err
		}
	}
	if next.count > maxElements {
		return fmt.Errorf("the form takes %d elements: edit this body as JSON", maxElements)
	}
	*d = *next
	d.adopt(d.root)
	return nil
}

// adopt makes parts belong to d.
func (d *Draft) adopt(p *Part) {
	p.draft = d
	for _, c := range p.parts {
		d.adopt(c)
	}
}

// load takes a decoded value. A value of another kind than the part's is kept as it is.
func (p *Part) load(v any) error {
	p.present = true
	switch p.kind {
	case Message:
		if members, ok := v.(object); ok {
			return p.loadMembers(members)
		}
	case List:
		if list, ok := v.([]any); ok {
			for _, e := range list {
				if err := p.element("").load(e); err != nil {
					return err
				}
			}
			return nil
		}
	case Map:
		if members, ok := v.(object); ok {
			return p.loadEntries(members)
		}
	case Scalar, Choice, Free:
		p.raw = encode(v)
		p.draft.check(p)
		return nil
	}
	p.problem = p.draft.service.misfit(p, v)
	p.kind, p.raw = Free, encode(v)
	return nil
}

// misfit says what was expected in place of v.
func (s *Service) misfit(p *Part, v any) error {
	switch p.kind {
	case Message:
		return s.check(p.typeName, v, "")
	case List, Map:
		return s.checkField(p.field, v, "")
	case Scalar, Choice, Free:
	}
	return nil
}

func (p *Part) loadMembers(members object) error {
	t := p.draft.service.Types[p.typeName]
	for _, m := range members {
		var f *Field
		if t != nil {
			f = t.field(m.key)
		}
		i := slices.IndexFunc(p.Parts(), func(c *Part) bool { return c.field == f && f != nil || f == nil && c.key == m.key })
		if i >= 0 && p.parts[i].present {
			return &BodyError{Path: p.parts[i].Path(), Reason: "it is there twice: take one out in the JSON"}
		}
		if i < 0 {
			i = len(p.parts)
			p.parts = append(p.parts, &Part{draft: p.draft, parent: p, name: cmp.Or(m.key, `""`), key: m.key, kind: Free})
		}
		child := p.parts[i]
		if m.value == nil && child.field != nil && child.typeName != "google.protobuf.Value" && child.typeName != "" {
			continue // null leaves a field unset
		}
		rival := slices.IndexFunc(p.parts, func(c *Part) bool { return c.present && c.Oneof() != "" && c.Oneof() == child.Oneof() })
		if err := child.load(m.value); err != nil {
			return err
		}
		if rival >= 0 && child.problem == nil {
			child.problem = fmt.Errorf("%s is set already: only one of them may be", p.parts[rival].key)
		}
		if f == nil && t != nil && !t.Partial {
			child.problem = errors.New(strings.TrimPrefix(unknownField(t, m.key, "").Error(), m.key+": "))
		}
	}
	return nil
}

func (p *Part) loadEntries(members object) error {
	for _, m := range members {
		if slices.ContainsFunc(p.parts, func(c *Part) bool { return c.key == m.key }) {
			return &BodyError{Path: p.Path(), Reason: fmt.Sprintf("key %q is there twice: take one out in the JSON", m.key)}
		}
		child := p.element(m.key)
		if err := child.load(m.value); err != nil {
			return err
		}
		if err := checkKey(p.field.MapKey, m.key); err != nil && child.problem == nil {
			child.problem = err
		}
	}
	return nil
}

// encode writes a decoded value again.
func encode(v any) []byte {
	var out bytes.Buffer
	encodeTo(&out, v)
	return out.Bytes()
}

func encodeTo(out *bytes.Buffer, v any) {
	switch v := v.(type) {
	case object:
		out.WriteByte('{')
		for i, m := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			out.Write(quoteJSON(m.key))
			out.WriteByte(':')
			encodeTo(out, m.value)
		}
		out.WriteByte('}')
	case []any:
		out.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			encodeTo(out, e)
		}
		out.WriteByte(']')
	case string:
		out.Write(quoteJSON(v))
	case json.Number:
		out.WriteString(v.String())
	default:
		text, _ := json.Marshal(v) // true, false, null
		out.Write(text)
	}
}

// JSON writes what is present, indented; members are in the schema's order.
func (d *Draft) JSON() []byte {
	var flat, out bytes.Buffer
	d.root.write(&flat)
	if err := json.Indent(&out, flat.Bytes(), "", "  "); err != nil {
		return flat.Bytes() // unreachable: every value was read as JSON
	}
	return out.Bytes()
}

func (p *Part) write(out *bytes.Buffer) {
	switch p.kind {
	case Message, Map:
		out.WriteByte('{')
		first := true
		for _, c := range p.parts {
			if !c.present {
				continue
			}
			if !first {
				out.WriteByte(',')
			}
			first = false
			out.Write(quoteJSON(c.key))
			out.WriteByte(':')
			c.write(out)
		}
		out.WriteByte('}')
	case List:
		out.WriteByte('[')
		for i, c := range p.parts {
			if i > 0 {
				out.WriteByte(',')
			}
			c.write(out)
		}
		out.WriteByte(']')
	case Scalar, Choice, Free:
		raw := p.raw
		if raw == nil {
			raw = p.zeroValue()
		}
		out.Write(raw)
	}
}

// Problems returns the parts whose values do not fit, in order.
func (d *Draft) Problems() []*Part {
	var out []*Part
	var walk func(*Part)
	walk = func(p *Part) {
		if p.present && p.problem != nil {
			out = append(out, p)
		}
		for _, c := range p.parts {
			walk(c)
		}
	}
	walk(d.root)
	return out
}

// Filled counts the values that are set, of all that were looked at.
func (d *Draft) Filled() int {
	n := 0
	var walk func(*Part)
	walk = func(p *Part) {
		if p.present && p.parent != nil && (p.kind != Message || len(p.parts) == 0) {
			n++
		}
		for _, c := range p.parts {
			walk(c)
		}
	}
	walk(d.root)
	return n
}
