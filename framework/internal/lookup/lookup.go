// Package lookup is a registry that only looks up, for selectors whose nodes come from elsewhere. Start with [Registry].
package lookup

import (
	"context"
	"fmt"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/cache"
)

// Registry answers GetService with Find and refuses everything else. It counts as a cache, so that the default selector asks
// it each time.
type Registry struct {
	// Name is the registry's String.
	Name string
	// Find returns the service's nodes, or registry.ErrNotFound.
	Find func(ctx context.Context, service string) ([]*registry.Service, error)
}

var _ cache.Cache = Registry{}

// Init implements registry.Registry. There is nothing to set.
func (Registry) Init(...registry.Option) error { return nil }

// Options implements registry.Registry.
func (Registry) Options() registry.Options { return registry.Options{Context: context.Background()} }

// GetService implements registry.Registry.
func (r Registry) GetService(service string, opts ...registry.GetOption) ([]*registry.Service, error) {
	o := registry.GetOptions{Context: context.Background()}
	for _, set := range opts {
		set(&o)
	}
	return r.Find(o.Context, service)
}

// Register implements registry.Registry: an error.
func (r Registry) Register(*registry.Service, ...registry.RegisterOption) error { return r.refuse() }

// Deregister implements registry.Registry: an error.
func (r Registry) Deregister(*registry.Service, ...registry.DeregisterOption) error {
	return r.refuse()
}

// ListServices implements registry.Registry: an error.
func (r Registry) ListServices(...registry.ListOption) ([]*registry.Service, error) {
	return nil, r.refuse()
}

// Watch implements registry.Registry: an error.
func (r Registry) Watch(...registry.WatchOption) (registry.Watcher, error) { return nil, r.refuse() }

func (r Registry) refuse() error {
	return fmt.Errorf("%s finds one service by its name and does nothing else: use a registry for that", r.Name)
}

// Stop implements cache.Cache.
func (Registry) Stop() {}

// String implements registry.Registry.
func (r Registry) String() string { return r.Name }
