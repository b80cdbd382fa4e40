package selector

import (
	"slices"

	"github.com/microtop/microtop/framework/registry"
)

// FilterEndpoint keeps the versions that have an endpoint of that name.
func FilterEndpoint(name string) Filter {
	return keep(func(s *registry.Service) bool {
		return slices.ContainsFunc(s.Endpoints, func(e *registry.Endpoint) bool { return e != nil && e.Name == name })
	})
}

// FilterVersion keeps one version.
func FilterVersion(version string) Filter {
	return keep(func(s *registry.Service) bool { return s.Version == version })
}

// FilterLabel keeps the nodes whose metadata has the value under the key.
func FilterLabel(key, value string) Filter {
	return func(services []*registry.Service) []*registry.Service {
		var kept []*registry.Service
		for _, s := range services {
			less := *s
			less.Nodes = nil
			for _, n := range s.Nodes {
				if v, ok := n.Metadata[key]; ok && v == value {
					less.Nodes = append(less.Nodes, n)
				}
			}
			if len(less.Nodes) > 0 {
				kept = append(kept, &less)
			}
		}
		return kept
	}
}

func keep(ok func(*registry.Service) bool) Filter {
	return func(services []*registry.Service) []*registry.Service {
		var kept []*registry.Service
		for _, s := range services {
			if ok(s) {
				kept = append(kept, s)
			}
		}
		return kept
	}
}
