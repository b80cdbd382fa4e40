package introspect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect/nearest"
)

// Target says which nodes something is asked of. Service is required unless Address is given.
type Target struct {
	Service string
	// Version and Node narrow the choice; a node is named by its id, or by the end of it.
	Version, Node string
	// Address is a node's host:port, in or out of any registry; the registry is not asked then.
	Address string
}

// String names the target for people.
func (t Target) String() string {
	switch {
	case t.Address != "":
		return t.Address
	case t.Node != "":
		return t.Service + " node " + t.Node
	case t.Version != "":
		return t.Service + " version " + t.Version
	default:
		return t.Service
	}
}

// NotFoundError says what was looked for, where, and what exists instead.
type NotFoundError struct {
	// Kind is "service", "node", "version" or "topic".
	Kind, Name, Where string
	// Nearest are names like it; Known is how many there are.
	Nearest []string
	Known   int
	// Hint says how to go on.
	Hint string
}

// Error implements error.
func (e *NotFoundError) Error() string {
	text := fmt.Sprintf("no %s %q in %s", e.Kind, e.Name, e.Where)
	if e.Name == "" {
		text = fmt.Sprintf("no %s in %s", e.Kind, e.Where)
	}
	switch {
	case len(e.Nearest) > 0:
		text += ": did you mean " + strings.Join(e.Nearest, " or ") + "?"
	case e.Known == 0:
		text += ": there is none at all"
	case e.Known == 1:
		text += ", which has one other"
	default:
		text += fmt.Sprintf(", which has %d others", e.Known)
	}
	switch {
	case e.Hint == "":
	case strings.HasSuffix(text, "?"):
		text += " " + e.Hint
	default:
		text += "; " + e.Hint
	}
	return text
}

// Resolve returns the target's services, one a version, each with the nodes that the target allows.
func (s *Session) Resolve(ctx context.Context, t Target) ([]*registry.Service, error) {
	if t.Address != "" {
		s.trust(t.Address)
		node := &registry.Node{Id: t.Address, Address: t.Address, Metadata: map[string]string{"protocol": s.protocolAt(ctx, t.Address)}}
		if s.config.Transport != "" {
			node.Metadata["transport"] = s.config.Transport
		}
		return []*registry.Service{{Name: t.Service, Nodes: []*registry.Node{node}}}, nil
	}
	found, err := Look(ctx, s.Registry(), t.Service)
	if err != nil && !errors.Is(err, registry.ErrNotFound) {
		return nil, fmt.Errorf("look up %s in %s: %w", t.Service, s.Where(), err)
	}
	if len(found) == 0 {
		return nil, s.unknownService(ctx, t.Service)
	}
	if found, err = t.narrow(found, s.Where()); err != nil {
		return nil, err
	}
	return found, nil
}

// Bare reports whether a service is no more than an address that the user named.
func Bare(service *registry.Service) bool {
	return service.Version == "" && len(service.Nodes) == 1 && service.Nodes[0].Id == service.Nodes[0].Address
}

func (s *Session) unknownService(ctx context.Context, name string) error {
	listed, err := s.Registry().ListServices(registry.ListContext(ctx))
	if err != nil {
		return fmt.Errorf("look up %s in %s: %w", name, s.Where(), err)
	}
	names := make([]string, 0, len(listed))
	for _, service := range listed {
		if service.Name != broker.ServiceName { // the http broker's own, which no command lists unasked
			names = append(names, service.Name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return &NotFoundError{
		Kind: "service", Name: name, Where: s.Where(), Nearest: nearest.Names(name, names), Known: len(names),
		Hint: "`microtop services` lists what is there, `microtop doctor` says what is wrong",
	}
}

// narrow keeps the versions and nodes that the target allows, the highest version first. A node's whole id wins over
// the end of another's.
func (t Target) narrow(services []*registry.Service, where string) ([]*registry.Service, error) {
	var versions, ids []string
	for _, service := range services {
		versions = append(versions, service.Version)
		if t.Version != "" && service.Version != t.Version {
			continue
		}
		for _, node := range service.Nodes {
			ids = append(ids, node.Id)
		}
	}
	matches := strings.HasSuffix
	if slices.Contains(ids, t.Node) {
		matches = func(id, node string) bool { return id == node }
	}
	var out []*registry.Service
	for _, service := range services {
		if t.Version != "" && service.Version != t.Version {
			continue
		}
		kept := *service
		kept.Nodes = slices.DeleteFunc(slices.Clone(service.Nodes), func(n *registry.Node) bool { return !matches(n.Id, t.Node) })
		if len(kept.Nodes) > 0 {
			out = append(out, &kept)
		}
	}
	if len(out) > 0 {
		slices.SortFunc(out, func(a, b *registry.Service) int { return CompareVersions(b.Version, a.Version) })
		return out, nil
	}
	where = t.Service + " (" + where + ")"
	if t.Version != "" && !slices.Contains(versions, t.Version) {
		return nil, &NotFoundError{Kind: "version", Name: t.Version, Where: where, Nearest: alike(t.Version, versions), Known: len(versions)}
	}
	return nil, &NotFoundError{
		Kind: "node", Name: t.Node, Where: where, Nearest: alike(t.Node, ids), Known: len(ids),
		Hint: "one that is down leaves the registry; `microtop nodes " + t.Service + "` lists those that are there",
	}
}

// alike are the names most like the one asked for; where none is and there are few, all of them.
func alike(name string, have []string) []string {
	if names := nearest.Names(name, have); len(names) > 0 || len(have) > 3 {
		return names
	}
	return have
}
