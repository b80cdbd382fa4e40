package registry_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/registrytest"
)

// multicast skips a test on hosts without multicast. Those that must have it are told by the probe's own test.
var multicast = sync.OnceValue(func() error { return registry.MulticastAvailable(context.Background()) })

func needsMulticast(t testing.TB) {
	t.Helper()
	if err := multicast(); err != nil {
		t.Skipf("not run: no multicast: %v", err)
	}
}

// domain is one that no other fleet or test on this network uses.
func domain() registry.Option {
	return registry.Domain("test-" + strings.ReplaceAll(uuid.NewString(), "-", "")[:12])
}

func TestMDNSConformance(t *testing.T) {
	needsMulticast(t)
	registrytest.Run(t, func(*testing.T) registry.Registry { return registry.NewRegistry(domain()) },
		registrytest.Caps{Silent: true, NamesOnly: true, Updates: true})
}

func TestMulticastAvailable(t *testing.T) {
	err := multicast()
	if err != nil && !errors.Is(err, registry.ErrNoMulticast) {
		t.Errorf("the probe failed otherwise: %v", err)
	}
	if err != nil {
		t.Skipf("not run: no multicast: %v", err)
	}
}
