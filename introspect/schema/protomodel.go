package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// anyJSON stands for what the model does not know.
const anyJSON = "google.protobuf.Value"

// protoModel makes a file from the model of types. Names that are no identifiers are changed, and a comment has the name
// as it was.
type protoModel struct {
	service *Service
	file    *descriptorpb.FileDescriptorProto
	names   map[string]string // of types in the file, by their names in the model
	used    map[string]bool   // identifiers of the package
	line    int32             // of comments, which keeps them in order
}

// modelProto writes endpoints and what they reach as a file of its own package.
func (s *Service) modelProto(name string, endpoints []*Endpoint, mixed bool) *descriptorpb.FileDescriptorProto {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '.' })
	parts = parts[:min(len(parts), 4)]
	for i := range parts {
		parts[i] = identifier(parts[i])
	}
	pkg := strings.Join(parts, ".")
	if pkg == "" {
		pkg = "service"
	}
	if mixed || len(parts) > 0 && parts[0] == "google" { // others have the package
		pkg += "_model"
	}
	m := &protoModel{service: s, names: map[string]string{}, used: map[string]bool{}, file: &descriptorpb.FileDescriptorProto{
		Name: proto.String(pkg + ".proto"), Package: &pkg, Syntax: proto.String("proto3"), SourceCodeInfo: new(descriptorpb.SourceCodeInfo),
	}}
	m.comment("Made from what "+name+" tells of itself, which is no proto file: see the comments below.\nCall it with JSON where field numbers are made up.", 12)
	var roots []string
	for _, e := range endpoints {
		roots = append(roots, e.Request, e.Response)
		m.reserve(handlerOf(e))
	}
	types := slices.DeleteFunc(s.Reach(roots...), func(t *Type) bool { return t.Unknown() || m.known(t.Name) })
	for _, t := range types {
		m.names[t.Name] = m.unique(m.used, t.Name)
	}
	m.endpoints(endpoints)
	for _, t := range types {
		if len(t.Values) > 0 {
			m.enum(t)
		} else {
			m.message(t)
		}
	}
	return m.file
}

// reserve keeps a service's name from being a type's.
func (m *protoModel) reserve(handler string) { m.used[slot(identifier(handler))] = true }

func handlerOf(e *Endpoint) string {
	handler, _, ok := cutLast(e.Name)
	if !ok {
		return "Subscribers"
	}
	return handler
}

func cutLast(name string) (before, after string, ok bool) {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[:i], name[i+1:], true
	}
	return "", name, false
}

func (m *protoModel) endpoints(endpoints []*Endpoint) {
	index := map[string]int{}
	used := map[string]map[string]bool{}
	for _, e := range endpoints {
		handler := handlerOf(e)
		id := identifier(handler)
		i, ok := index[id]
		if !ok {
			i = len(m.file.Service)
			index[id], used[id] = i, map[string]bool{}
			m.file.Service = append(m.file.Service, &descriptorpb.ServiceDescriptorProto{Name: &id})
			m.comment(renamed(id, handler), 6, at32(i))
		}
		_, name, _ := cutLast(e.Name)
		method := &descriptorpb.MethodDescriptorProto{Name: proto.String(m.unique(used[id], name))}
		notes := []string{e.Doc, renamed(method.GetName(), name)}
		input, note := m.messageType(e.Request)
		notes = append(notes, prefixed("Takes ", note))
		output, note := m.messageType(e.Response)
		switch e.Kind {
		case Subscriber:
			output, note = m.importing("google.protobuf.Empty"), ""
			notes = append(notes, "Takes the messages of topic "+strconv.Quote(e.Topic)+": publish to it, it is not called.")
		case Stream:
			notes = append(notes, "A stream; nobody tells its direction.")
		case Unary, Server, Client, Bidi:
		}
		method.InputType, method.OutputType = &input, &output
		method.ClientStreaming = flag(e.Kind == Client || e.Kind == Bidi || e.Kind == Stream)
		method.ServerStreaming = flag(e.Kind == Server || e.Kind == Bidi || e.Kind == Stream)
		notes = append(notes, prefixed("Returns ", note))
		m.comment(joined(notes), 6, at32(i), 2, at32(len(m.file.Service[i].Method)))
		m.file.Service[i].Method = append(m.file.Service[i].Method, method)
	}
}

// messageType names a message for a method, and says what it stands for if it is another one.
func (m *protoModel) messageType(name string) (full, note string) {
	t := m.service.Types[name]
	if t != nil && len(t.Values) == 0 || t == nil && m.known(name) {
		if full, note = m.typeName(name); note == "" {
			return full, ""
		}
	}
	if name == "" {
		return m.importing(anyJSON), "a message that nobody describes."
	}
	return m.importing(anyJSON), strconv.Quote(name) + "."
}

// typeName refers to a message or enum; a note says what is not known.
func (m *protoModel) typeName(name string) (full, note string) {
	switch {
	case m.names[name] != "":
		return "." + m.file.GetPackage() + "." + m.names[name], ""
	case m.known(name):
		return m.importing(name), ""
	case name == "":
		return m.importing(anyJSON), "Its type is not known."
	}
	return m.importing(anyJSON), "Of " + strconv.Quote(name) + " only the name is known."
}

func (m *protoModel) known(name string) bool {
	_, err := resolver{m.service.files}.FindDescriptorByName(protoreflect.FullName(name))
	return err == nil && (strings.HasPrefix(name, "google.protobuf.") || m.service.files != nil && m.service.Types[name] != nil)
}

func (m *protoModel) importing(name string) string {
	if d, err := (resolver{m.service.files}).FindDescriptorByName(protoreflect.FullName(name)); err == nil {
		if path := d.ParentFile().Path(); !slices.Contains(m.file.Dependency, path) {
			m.file.Dependency = append(m.file.Dependency, path)
		}
	}
	return "." + name
}

func (m *protoModel) enum(t *Type) {
	i := at32(len(m.file.EnumType))
	e := &descriptorpb.EnumDescriptorProto{Name: proto.String(m.names[t.Name])}
	m.file.EnumType = append(m.file.EnumType, e)
	m.comment(joined([]string{t.Doc, renamed(e.GetName(), t.Name)}), 5, i)
	values := slices.Clone(t.Values)
	if zero := slices.IndexFunc(values, func(v Value) bool { return v.Number == 0 }); zero < 0 {
		values = slices.Insert(values, 0, Value{Name: e.GetName() + "_NONE"})
	} else { // proto3 has it first
		values[0], values[zero] = values[zero], values[0]
	}
	numbers := map[int32]bool{}
	for j, v := range values {
		id := m.unique(m.used, v.Name)
		if numbers[v.Number] {
			e.Options = &descriptorpb.EnumOptions{AllowAlias: proto.Bool(true)}
		}
		numbers[v.Number] = true
		e.Value = append(e.Value, &descriptorpb.EnumValueDescriptorProto{Name: &id, Number: proto.Int32(v.Number)})
		m.comment(renamed(id, v.Name), 5, i, 2, at32(j))
	}
}

func (m *protoModel) message(t *Type) {
	i := at32(len(m.file.MessageType))
	d := &descriptorpb.DescriptorProto{Name: proto.String(m.names[t.Name])}
	m.file.MessageType = append(m.file.MessageType, d)
	notes := []string{t.Doc, renamed(d.GetName(), t.Name)}
	numbered := numbered(t)
	if !numbered && len(t.Fields) > 0 {
		notes = append(notes, "Its field numbers are made up.")
	}
	if t.Partial {
		notes = append(notes, "It may have more fields.")
	}
	m.comment(joined(notes), 4, i)
	f := &fieldMaker{protoModel: m, message: d, at: i, used: map[string]bool{}, oneofs: map[string]int32{}}
	for j, field := range t.Fields {
		number := field.Number
		if !numbered {
			number = at32(j + 1)
			if number >= 19_000 { // 19000 to 19999 are the compiler's own
				number += 1000
			}
		}
		f.add(field, number)
	}
	f.synthesize()
}

// numbered says whether a type's fields have numbers that protobuf takes.
func numbered(t *Type) bool {
	seen := map[int32]bool{}
	for _, f := range t.Fields {
		if n := f.Number; n < 1 || n > 1<<29-1 || n >= 19_000 && n < 20_000 || seen[n] {
			return false
		}
		seen[f.Number] = true
	}
	return true
}

// comment puts text before the declaration at a path in the file.
func (m *protoModel) comment(text string, path ...int32) {
	m.line++
	at := &descriptorpb.SourceCodeInfo_Location{Path: path, Span: []int32{m.line, 0, 1}}
	if text != "" {
		plain := strings.Map(func(r rune) rune {
			if unicode.IsControl(r) && r != '\n' {
				return unicode.ReplacementChar // the compiler refuses some, and others end a line for editors
			}
			return r
		}, strings.ToValidUTF8(text, "\uFFFD"))
		at.LeadingComments = proto.String(" " + strings.ReplaceAll(plain, "\n", "\n ") + "\n")
	}
	m.file.SourceCodeInfo.Location = append(m.file.SourceCodeInfo.Location, at)
}

// maxIdentifier bounds names: compilers bound the whole of a package's.
const maxIdentifier = 100

var notWord = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// identifier makes a name one, whose first letter stays one where protobuf takes underscores out.
func identifier(name string) string {
	id := notWord.ReplaceAllString(name, "_")
	if word := strings.TrimLeft(id, "_"); word == "" || word[0] <= '9' {
		id = "x" + id
	}
	return id[:min(len(id), maxIdentifier)]
}

// unique makes a name an identifier that is not taken in any letter case, since protobuf compares JSON names too.
func (m *protoModel) unique(used map[string]bool, name string) string {
	id := identifier(name)
	for n := 2; used[slot(id)]; n++ {
		id = identifier(name) + "_" + strconv.Itoa(n)
	}
	used[slot(id)] = true
	return id
}

// slot is what names share that protobuf takes for one.
func slot(id string) string { return strings.ToLower(strings.ReplaceAll(id, "_", "")) }

// renamed is a note of a name that was changed.
func renamed(id, name string) string {
	if id == name {
		return ""
	}
	return fmt.Sprintf("Named %q.", name)
}

func prefixed(prefix, note string) string {
	if note == "" {
		return ""
	}
	return prefix + note
}

func joined(notes []string) string {
	return strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), "\n")
}

func flag(on bool) *bool {
	if !on {
		return nil
	}
	return &on
}

// at32 is a place in a descriptor, or a number in it. What a descriptor is made from is of limited size.
func at32(n int) int32 { return int32(n) } //nolint:gosec // see above
