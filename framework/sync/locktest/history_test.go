package locktest_test

import (
	"testing"
	"time"

	"github.com/microtop/microtop/framework/sync"
	"github.com/microtop/microtop/framework/sync/locktest"
	"github.com/microtop/microtop/framework/sync/memory"
)

// generous lets go of every lock at once.
type generous struct{ sync.Sync }

func (g generous) Lock(id string, opts ...sync.LockOption) error {
	return g.Sync.Lock(id, append(opts, sync.LockTTL(time.Nanosecond))...)
}

func TestLocksHeldByTwoAreFound(t *testing.T) {
	if locktest.Linearizable(t, generous{memory.NewSync()}) {
		t.Error("two holders of a lock were not noticed")
	}
}
