package bench

import (
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// Usage is what a process has used since it began.
type Usage struct {
	// CPU is user and system time.
	CPU time.Duration `json:"cpu"`
	// Allocs counts allocations; Heap is what lives, in bytes, after two collections if it was asked for, else zero.
	Allocs uint64 `json:"allocs"`
	Heap   int64  `json:"heap,omitempty"`
}

// used reads this process's usage.
func used(heap bool) (Usage, error) {
	var stats runtime.MemStats
	var out Usage
	if heap {
		runtime.GC()
		runtime.GC() // what finalizers and pools let go of
		runtime.ReadMemStats(&stats)
		out.Heap = int64(stats.HeapAlloc) //nolint:gosec // memory is smaller than that
	} else {
		runtime.ReadMemStats(&stats)
	}
	out.Allocs = stats.Mallocs
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return out, fmt.Errorf("getrusage: %w", err)
	}
	out.CPU = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	return out, nil
}

// since is what was used after another reading.
func (u Usage) since(before Usage) Usage {
	return Usage{CPU: u.CPU - before.CPU, Allocs: u.Allocs - before.Allocs, Heap: u.Heap - before.Heap}
}
