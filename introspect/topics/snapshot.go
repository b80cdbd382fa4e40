package topics

import (
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect/fleet"
)

// FromSnapshot returns the topics that a fleet knows of, by name, without asking anybody. Nodes that are down
// subscribe to nothing.
func FromSnapshot(s *fleet.Snapshot) []*Topic {
	var services []*registry.Service
	for _, service := range s.Services {
		versions := map[string]*registry.Service{}
		for _, n := range service.Nodes {
			if n.State == fleet.Down {
				continue
			}
			v := versions[n.Version]
			if v == nil {
				v = &registry.Service{Name: service.Name, Version: n.Version, Endpoints: service.Endpoints}
				versions[n.Version] = v
				services = append(services, v)
			}
			v.Nodes = append(v.Nodes, &registry.Node{Id: n.ID, Address: n.Address, Metadata: n.Metadata})
		}
	}
	return FromServices(services)
}
