package registrytest

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/microtop/microtop/framework/registry"
)

var multicast = sync.OnceValue(func() error { return registry.MulticastAvailable(context.Background()) })

// Multicast skips a test on a host where mDNS cannot work. With REQUIRE_SERVERS=1, as in CI, the test fails instead.
func Multicast(t testing.TB) {
	t.Helper()
	err := multicast()
	switch {
	case err == nil:
	case os.Getenv("REQUIRE_SERVERS") == "1":
		t.Fatalf("no multicast, and REQUIRE_SERVERS=1: %v", err)
	default:
		t.Skipf("not run: no multicast: %v", err)
	}
}
