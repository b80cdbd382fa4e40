// Package memory gives locks and leaderships within one process. Start with [NewSync].
//
// Whoever waits longest gets a lock first. Those who must keep apart share one Sync: two made by different calls know
// nothing of each other. It starts no goroutine and needs no closing.
package memory

import (
	"context"
	"fmt"
	gosync "sync"
	"time"

	"github.com/microtop/microtop/framework/sync"
)

// NewSync returns a Sync of this process.
func NewSync(opts ...sync.Option) sync.Sync {
	return &memory{opts: sync.NewOptions(opts...), locks: newTable(), leaders: newTable()}
}

type memory struct {
	opts           sync.Options
	locks, leaders *table
}

var _ sync.Sync = (*memory)(nil)

// Init implements sync.Sync.
func (m *memory) Init(opts ...sync.Option) error {
	for _, set := range opts {
		set(&m.opts)
	}
	return nil
}

// Options implements sync.Sync.
func (m *memory) Options() sync.Options { return m.opts }

func (m *memory) context() context.Context {
	if m.opts.Context == nil {
		return context.Background()
	}
	return m.opts.Context
}

// Lock implements sync.Sync.
func (m *memory) Lock(id string, opts ...sync.LockOption) error {
	var o sync.LockOptions
	for _, set := range opts {
		set(&o)
	}
	ctx := m.context()
	if o.Wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.Wait, sync.ErrLockTimeout)
		defer cancel()
	}
	if err := m.locks.take(ctx, m.opts.Prefix+id, o.TTL, o.Wait < 0); err != nil {
		return fmt.Errorf("sync memory: lock %s: %w", id, err)
	}
	return nil
}

// Unlock implements sync.Sync.
func (m *memory) Unlock(id string) error {
	m.locks.free(m.opts.Prefix + id)
	return nil
}

// Leader implements sync.Sync.
func (m *memory) Leader(id string, _ ...sync.LeaderOption) (sync.Leader, error) {
	full := m.opts.Prefix + id // whatever Init makes of the prefix until the leader resigns
	if err := m.leaders.take(m.context(), full, 0, false); err != nil {
		return nil, fmt.Errorf("sync memory: leader %s: %w", id, err)
	}
	return &leader{resign: func() { m.leaders.free(full) }, status: make(chan bool, 1)}, nil
}

// String returns "memory".
func (m *memory) String() string { return "memory" }

type leader struct {
	once   gosync.Once
	resign func()
	status chan bool
}

// Resign implements sync.Leader.
func (l *leader) Resign() error {
	l.once.Do(func() {
		l.resign()
		l.status <- true
		close(l.status)
	})
	return nil
}

// Status implements sync.Leader.
func (l *leader) Status() chan bool { return l.status }

// never is the wait of those whom no moment wakes.
const never = time.Duration(1<<63 - 1)
