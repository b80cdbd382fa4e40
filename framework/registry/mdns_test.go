package registry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/registrytest"
)

// domain is one that no other fleet or test on this network uses.
func domain() registry.Option {
	return registry.Domain("test-" + strings.ReplaceAll(uuid.NewString(), "-", "")[:12])
}

func TestA140_A143_MDNSConformance(t *testing.T) {
	registrytest.Multicast(t)
	registrytest.Run(t, func(*testing.T) registry.Registry { return registry.NewRegistry(domain()) },
		registrytest.Caps{Silent: true, NamesOnly: true, Updates: true})
}

func TestMulticastAvailable(t *testing.T) {
	if err := registry.MulticastAvailable(t.Context()); err != nil && !errors.Is(err, registry.ErrNoMulticast) {
		t.Errorf("the probe failed otherwise: %v", err)
	}
	registrytest.Multicast(t)
}
