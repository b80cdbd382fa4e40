package registry

import (
	"context"

	"github.com/microtop/microtop/framework/internal/mdns"
)

// NewMDNSOn is NewRegistry on another network.
func NewMDNSOn(network mdns.Network, opts ...Option) Registry { return newMDNS(network, opts...) }

// MulticastAvailableOn is MulticastAvailable on another network.
func MulticastAvailableOn(ctx context.Context, network mdns.Network) error {
	return multicastAvailable(ctx, network)
}

// ReadMDNS reads the record of a node as the registry does.
func ReadMDNS(reg Registry, h mdns.Heard, domain string) (*Service, error) {
	it, err := reg.(*mdnsRegistry).read(h, domain)
	return it.service, err
}

// Known is how many nodes the watchers of an mDNS registry know.
func Known(reg Registry) int {
	s := reg.(*mdnsRegistry).sights
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.known)
}
