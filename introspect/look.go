package introspect

import (
	"context"
	"errors"
	"slices"

	"github.com/microtop/microtop/framework/registry"
)

// Look returns the service's versions with their nodes. A registry that is answered by the nodes themselves (mDNS) is
// asked twice: on a busy host one answer may come too late, and a command that looks once would miss that node.
func Look(ctx context.Context, r registry.Registry, name string) ([]*registry.Service, error) {
	found, err := r.GetService(name, registry.GetContext(ctx))
	if _, answered := r.(registry.MDNS); !answered || err != nil && !errors.Is(err, registry.ErrNotFound) {
		return found, err
	}
	again, err := r.GetService(name, registry.GetContext(ctx))
	return registry.Merge(slices.Concat(found, again)), err
}
