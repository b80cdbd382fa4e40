// Package stats counts a service's requests and reads its runtime's vital signs.
//
// Start with [NewStats]: the server records each request's outcome, Debug.Stats reads (docs/wire.md §10).
package stats

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// historySize is how many written samples are kept.
const historySize = 60

// DefaultStats serves programs that name none.
var DefaultStats = NewStats()

// Stats counts requests. Implementations are safe for concurrent use.
type Stats interface {
	// Read returns samples, oldest first; the last one is taken now.
	Read() ([]*Stat, error)
	// Write keeps a sample of the caller's.
	Write(*Stat) error
	// Record counts one request, failed if err is not nil.
	Record(error) error
}

// Stat is one sample.
type Stat struct {
	// Timestamp and Started are Unix seconds; Uptime is in seconds.
	Timestamp, Started, Uptime int64
	// Memory is the heap in use, in bytes.
	Memory uint64
	// GC is the total pause of the collector, in nanoseconds.
	GC uint64
	// Threads is the number of goroutines.
	Threads uint64
	// Requests and Errors count since the start.
	Requests, Errors uint64
}

// NewStats returns counters that start at zero now.
func NewStats() Stats { return &counters{started: time.Now()} }

type counters struct {
	started          time.Time
	requests, errors atomic.Uint64

	mu      sync.Mutex
	history []*Stat
}

// Record implements Stats. It takes no lock.
func (c *counters) Record(err error) error {
	c.requests.Add(1)
	if err != nil {
		c.errors.Add(1)
	}
	return nil
}

// Write implements Stats.
func (c *counters) Write(s *Stat) error {
	kept := *s
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.history) == historySize {
		c.history = append(c.history[:0], c.history[1:]...)
	}
	c.history = append(c.history, &kept)
	return nil
}

// Read implements Stats.
func (c *counters) Read() ([]*Stat, error) {
	now := c.sample()
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]*Stat, 0, len(c.history)+1)
	for _, s := range c.history {
		kept := *s
		out = append(out, &kept)
	}
	return append(out, now), nil
}

func (c *counters) sample() *Stat {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return &Stat{
		Timestamp: time.Now().Unix(),
		Started:   c.started.Unix(),
		Uptime:    int64(time.Since(c.started).Seconds()),
		Memory:    mem.Alloc,
		GC:        mem.PauseTotalNs,
		Threads:   uint64(runtime.NumGoroutine()), //nolint:gosec // a count, never negative
		Requests:  c.requests.Load(),
		Errors:    c.errors.Load(),
	}
}
