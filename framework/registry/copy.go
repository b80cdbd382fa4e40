package registry

import (
	"maps"
	"slices"
)

// Copy returns a deep copy of s: nothing in it is shared with s. Copy of nil is nil.
func Copy(s *Service) *Service {
	if s == nil {
		return nil
	}
	c := copyHead(s)
	c.Nodes = mapped(s.Nodes, copyNode)
	return c
}

// Merge folds services of the same name and version into one, in order of first appearance. Metadata and endpoints come
// from the first that has some; of nodes with the same id the last one counts. The result shares nodes and endpoints
// with services, but not the services themselves nor their lists of nodes.
func Merge(services []*Service) []*Service {
	type key struct{ name, version string }
	merged := make([]*Service, 0, len(services))
	at := make(map[key]*Service, len(services))
	for _, s := range services {
		if s == nil {
			continue
		}
		into, ok := at[key{s.Name, s.Version}]
		if !ok {
			into = &Service{Name: s.Name, Version: s.Version}
			at[key{s.Name, s.Version}] = into
			merged = append(merged, into)
		}
		if into.Metadata == nil {
			into.Metadata = s.Metadata
		}
		if into.Endpoints == nil {
			into.Endpoints = s.Endpoints
		}
		into.Nodes = append(into.Nodes, s.Nodes...)
	}
	for _, s := range merged {
		s.Nodes = lastOfEach(s.Nodes)
	}
	return merged
}

// lastOfEach keeps the last node of each id, at the place of the first.
func lastOfEach(nodes []*Node) []*Node {
	at := make(map[string]int, len(nodes))
	kept := nodes[:0]
	for _, n := range nodes {
		if n == nil {
			continue
		}
		if i, ok := at[n.Id]; ok {
			kept[i] = n
			continue
		}
		at[n.Id] = len(kept)
		kept = append(kept, n)
	}
	return kept
}

// copyHead copies what describes the version, without its nodes.
func copyHead(s *Service) *Service {
	return &Service{
		Name: s.Name, Version: s.Version,
		Metadata: maps.Clone(s.Metadata), Endpoints: mapped(s.Endpoints, copyEndpoint),
	}
}

func copyNode(n *Node) *Node {
	if n == nil {
		return nil
	}
	return &Node{Id: n.Id, Address: n.Address, Metadata: maps.Clone(n.Metadata)}
}

func copyEndpoint(e *Endpoint) *Endpoint {
	if e == nil {
		return nil
	}
	return &Endpoint{Name: e.Name, Request: copyValue(e.Request), Response: copyValue(e.Response), Metadata: maps.Clone(e.Metadata)}
}

func copyValue(v *Value) *Value {
	if v == nil {
		return nil
	}
	return &Value{Name: v.Name, Type: v.Type, Values: mapped(v.Values, copyValue)}
}

func mapped[T any](list []*T, fn func(*T) *T) []*T {
	if list == nil {
		return nil
	}
	out := make([]*T, len(list))
	for i, item := range list {
		out[i] = fn(item)
	}
	return out
}

// sameHead reports whether two services describe the same version, whatever their nodes.
func sameHead(a, b *Service) bool {
	return a.Name == b.Name && a.Version == b.Version &&
		maps.Equal(a.Metadata, b.Metadata) && slices.EqualFunc(a.Endpoints, b.Endpoints, sameEndpoint)
}

func sameNode(a, b *Node) bool {
	return a.Id == b.Id && a.Address == b.Address && maps.Equal(a.Metadata, b.Metadata)
}

func sameEndpoint(a, b *Endpoint) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Name == b.Name && sameValue(a.Request, b.Request) && sameValue(a.Response, b.Response) && maps.Equal(a.Metadata, b.Metadata)
}

func sameValue(a, b *Value) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Name == b.Name && a.Type == b.Type && slices.EqualFunc(a.Values, b.Values, sameValue)
}
