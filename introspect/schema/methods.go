package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	debug "github.com/microtop/microtop/framework/debug/schema"
	"github.com/microtop/microtop/introspect/nearest"
)

// fromServices makes the model of protobuf services. Endpoints are named Service.Method, or by the full name where two
// packages have a service of one name.
func fromServices(services []protoreflect.ServiceDescriptor, source Source) (s *Service, err error) {
	defer hostile(&err)
	shared := map[protoreflect.Name]int{}
	for _, sd := range services {
		shared[sd.Name()]++
	}
	var endpoints []debug.Endpoint
	var paths []string
	for _, sd := range services {
		handler := string(sd.Name())
		if shared[sd.Name()] > 1 {
			handler = string(sd.FullName())
		}
		for i := range sd.Methods().Len() {
			m := sd.Methods().Get(i)
			if len(endpoints) == maxEndpoints {
				return nil, fmt.Errorf("schema: more than %d methods", maxEndpoints)
			}
			endpoints = append(endpoints, debug.Endpoint{
				Name: handler + "." + string(m.Name()), Method: m, Stream: m.IsStreamingClient() || m.IsStreamingServer(),
			})
			paths = append(paths, "/"+string(sd.FullName())+"/"+string(m.Name()))
		}
	}
	if s, err = FromDebug(debug.Describe(endpoints)); err != nil {
		return nil, err
	}
	for i, e := range s.Endpoints {
		e.Path, e.Source = paths[i], source
		e.Doc = comment(endpoints[i].Method)
		if e.Kind == Stream {
			e.Kind = Server
		}
	}
	s.document()
	return s, nil
}

// document takes the comments of messages, enums and fields from their files, where those have them.
func (s *Service) document() {
	for name, t := range s.Types {
		m := s.Message(name)
		if m == nil {
			continue
		}
		t.Doc = cmp.Or(t.Doc, comment(m))
		for _, f := range t.Fields {
			if d := m.Fields().ByName(protoreflect.Name(f.Name)); d != nil {
				f.Doc = cmp.Or(f.Doc, comment(d))
			}
		}
	}
}

// comment is what stands before a declaration, or after it on its line.
func comment(d protoreflect.Descriptor) string {
	at := d.ParentFile().SourceLocations().ByDescriptor(d)
	return strings.TrimSpace(cmp.Or(at.LeadingComments, at.TrailingComments))
}

// UnknownServiceError says that no protobuf service has the name.
type UnknownServiceError struct {
	Name           string
	Known, Nearest []string
}

// Error implements error.
func (e *UnknownServiceError) Error() string {
	switch {
	case len(e.Known) == 0:
		return fmt.Sprintf("no protobuf service %q: there is none at all", e.Name)
	case len(e.Nearest) > 0:
		return fmt.Sprintf("no protobuf service %q: did you mean %s?", e.Name, strings.Join(e.Nearest, " or "))
	default:
		return fmt.Sprintf("no protobuf service %q: there are %s", e.Name, strings.Join(e.Known, ", "))
	}
}

// choose returns the services that a name stands for: the one of that full name; else those of that last part; for no
// name, all. handlers, if there are any, are the last parts that count where the name is none of the services'.
func choose(names []string, name string, handlers []string) ([]string, error) {
	last := func(full string) string { return full[strings.LastIndexByte(full, '.')+1:] }
	if name == "" {
		return names, nil
	}
	if slices.Contains(names, name) {
		return []string{name}, nil
	}
	var chosen []string
	for _, full := range names {
		if last(full) == name || slices.Contains(handlers, last(full)) {
			chosen = append(chosen, full)
		}
	}
	if len(chosen) > 0 {
		return chosen, nil
	}
	return nil, &UnknownServiceError{Name: name, Known: names, Nearest: nearest.Names(name, names)}
}
