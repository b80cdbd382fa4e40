package compose

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui/safetext"
)

// Request reads what a screen is opened with: an invoke.Request, or the rest of a ":"
// line, SERVICE ENDPOINT [JSON].
func Request(screen string, with any) (invoke.Request, error) {
	usage := fmt.Errorf("name what to call: `:%s SERVICE ENDPOINT [JSON]`, or press c on an endpoint", screen)
	switch with := with.(type) {
	case nil:
		return invoke.Request{}, usage
	case invoke.Request:
		if with.Endpoint == "" || with.Service == "" && with.Address == "" {
			return with, usage
		}
		return with, nil
	case string:
		service, rest, _ := strings.Cut(strings.TrimSpace(with), " ")
		endpoint, body, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if endpoint == "" {
			return invoke.Request{}, usage
		}
		r := invoke.Request{Target: introspect.Target{Service: service}, Endpoint: endpoint}
		if body = strings.TrimSpace(body); body != "" {
			r.Body = []byte(body)
		}
		return r, nil
	}
	return invoke.Request{}, fmt.Errorf("cannot call a %T", with)
}

// Shape is what an endpoint takes and gives.
type Shape struct {
	Schema   *schema.Service
	Endpoint *schema.Endpoint
	Version  string
	// Problem is why the schema is only the registry's, or empty.
	Problem string
}

// Find returns the shape of the request's endpoint among descriptions: the highest version's.
func Find(found []*invoke.Description, endpoint string) (*Shape, error) {
	first := errors.New("the service has no nodes")
	for i, d := range found {
		e, err := d.Schema.Endpoint(endpoint)
		if err == nil {
			s := &Shape{Schema: d.Schema, Endpoint: e, Problem: d.Problem}
			if d.Service != nil {
				s.Version = d.Version
			}
			return s, nil
		}
		if i == 0 {
			first = err
		}
	}
	return nil, first
}

// Load finds the shape of a request's endpoint.
func Load(ctx context.Context, session *introspect.Session, r invoke.Request) (*Shape, error) {
	found, err := invoke.Load(ctx, session, r.Target)
	if err != nil {
		return nil, err
	}
	return Find(found, r.Endpoint)
}

// Check checks a body against the endpoint's request; nil for no shape.
func (s *Shape) Check() func([]byte) error {
	if s == nil {
		return nil
	}
	return func(body []byte) error { return s.Schema.Validate(s.Endpoint.Request, body) }
}

// Template is a request with every field, to start typing from; empty where the request's
// type is unknown.
func (s *Shape) Template() string {
	if s.Endpoint.Request == "" {
		return ""
	}
	return string(s.Schema.Template(s.Endpoint.Request))
}

// Types writes the fields of the request, and of what they are made of, then those of the
// response: one line a field.
func (s *Shape) Types() safetext.Block {
	var lines []safetext.Line
	lines = append(lines, safetext.Format("%s, %s, version %s", s.Endpoint.Name, s.Endpoint.Kind, s.Version))
	if s.Endpoint.Doc != "" {
		lines = append(lines, safetext.Clean(s.Endpoint.Doc))
	}
	if s.Problem != "" {
		lines = append(lines, safetext.Format("only what the registry tells: %s", s.Problem))
	}
	lines = append(lines, safetext.Line{}, safetext.Format("request  %s", orAny(s.Endpoint.Request)))
	lines = s.fields(lines, s.Endpoint.Request)
	lines = append(lines, safetext.Line{}, safetext.Format("response %s", orAny(s.Endpoint.Response)))
	lines = s.fields(lines, s.Endpoint.Response)
	return safetext.BlockOf(lines...)
}

// fields appends the type named and those it reaches, itself first.
func (s *Shape) fields(lines []safetext.Line, name string) []safetext.Line {
	reached := s.Schema.Reach(name)
	if t := s.Schema.Types[name]; t != nil {
		lines = typeLines(lines, t)
	}
	for _, t := range reached {
		if t.Name != name {
			lines = append(lines, safetext.Line{}, safetext.Clean(t.Name))
			lines = typeLines(lines, t)
		}
	}
	return lines
}

func typeLines(lines []safetext.Line, t *schema.Type) []safetext.Line {
	width := 0
	for _, f := range t.Fields {
		width = max(width, min(safetext.Clean(f.JSONName).Width(), 30))
	}
	for _, f := range t.Fields {
		parts := []safetext.Line{safetext.Clean("  " + f.JSONName).Pad(width + 2), safetext.Clean(f.Shown())}
		if f.Oneof != "" {
			parts = append(parts, safetext.Format("one of %s", f.Oneof))
		}
		if f.Doc != "" {
			parts = append(parts, safetext.Clean(f.Doc))
		}
		lines = append(lines, safetext.Join("  ", parts...))
	}
	for _, v := range t.Values {
		lines = append(lines, safetext.Format("  %s = %d", v.Name, v.Number))
	}
	if t.Partial {
		lines = append(lines, safetext.Literal("  … and maybe more: the registry shows three levels"))
	}
	return lines
}

func orAny(name string) string {
	if name == "" {
		return "(unknown: any JSON)"
	}
	return name
}
