package registry

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/microtop/microtop/framework/internal/mdns"
)

const (
	getQuiet  = 3 * time.Millisecond  // answers come within 1 to 3 ms on a LAN
	listQuiet = 30 * time.Millisecond // a listing has one answer a service
)

// GetService implements Registry. Nobody answering is an empty list.
func (r *mdnsRegistry) GetService(name string, opts ...GetOption) ([]*Service, error) {
	var o GetOptions
	for _, set := range opts {
		set(&o)
	}
	ctx, cancel := r.bound(o.Context)
	defer cancel()
	domain, timeout := r.settings()
	found := r.held(name)
	err := r.ask(ctx, mdns.Question{Name: mdns.ServiceName(name, domain), Timeout: timeout, Quiet: getQuiet}, func(h mdns.Heard, s sighted) bool {
		if _, known := found[h.Name]; !known && s.service.Name == name {
			found[h.Name] = s.service
		}
		return true
	})
	if err != nil {
		return nil, mdnsError("get "+name, err)
	}
	services := make([]*Service, 0, len(found))
	for _, s := range found {
		services = append(services, s)
	}
	slices.SortFunc(services, func(a, b *Service) int {
		return cmp.Or(strings.Compare(a.Version, b.Version), strings.Compare(a.Nodes[0].Id, b.Nodes[0].Id))
	})
	return Merge(services), nil
}

// held are the registrations made here of a service, or of all for "", by instance name.
func (r *mdnsRegistry) held(service string) map[string]*Service {
	domain, _ := r.settings()
	r.mu.Lock()
	defer r.mu.Unlock()
	found := make(map[string]*Service)
	for name, held := range r.own {
		if (service == "" || held.service.Name == service) && strings.HasSuffix(name, "."+mdns.ServiceName(held.service.Name, domain)) {
			found[name] = held.service
		}
	}
	return found
}

// ask asks for nodes and hands on those whose record can be read, copies of one answer once.
func (r *mdnsRegistry) ask(ctx context.Context, q mdns.Question, found func(mdns.Heard, sighted) (more bool)) error {
	domain, _ := r.settings()
	marks := make(map[string]uint64)
	err := r.peer.Ask(ctx, q, func(h mdns.Heard) bool {
		mark := r.fingerprint(h)
		if old, known := marks[h.Name]; known && old == mark {
			return true
		}
		marks[h.Name] = mark
		s, err := r.read(h, domain)
		if err != nil {
			r.badRecords.Add(1)
			return true
		}
		return found(h, s)
	})
	if err != nil {
		return err
	}
	return ctx.Err()
}

// ListServices implements Registry. It gives names only.
func (r *mdnsRegistry) ListServices(opts ...ListOption) ([]*Service, error) {
	var o ListOptions
	for _, set := range opts {
		set(&o)
	}
	ctx, cancel := r.bound(o.Context)
	defer cancel()
	names, err := r.names(ctx, listQuiet)
	if err != nil {
		return nil, mdnsError("list", err)
	}
	services := make([]*Service, len(names))
	for i, name := range names {
		services[i] = &Service{Name: name}
	}
	return services, nil
}

// names are the names of all services, sorted.
func (r *mdnsRegistry) names(ctx context.Context, quiet time.Duration) ([]string, error) {
	domain, timeout := r.settings()
	names := make(map[string]struct{})
	for _, s := range r.held("") {
		names[s.Name] = struct{}{}
	}
	listing := mdns.ListingName(domain)
	err := r.peer.Ask(ctx, mdns.Question{Name: listing, Timeout: timeout, Quiet: quiet}, func(h mdns.Heard) bool {
		if name := strings.TrimSuffix(h.Name, "."+listing); name != h.Name && name != "" && plain(name) {
			names[name] = struct{}{}
		}
		return true
	})
	if err == nil {
		err = ctx.Err()
	}
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	return sorted, err
}
