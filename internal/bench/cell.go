package bench

import (
	"context"
	"time"
)

// Figures are what one visit to one system found, by name.
type Figures map[string]float64

// The names of figures: operations a second; microseconds of CPU an operation, of both ends and of each; allocations
// an operation at each end; microseconds that the median and the slowest hundredth of the operations took;
// wrong or missing answers; bytes of live heap that an operation left behind at both ends.
const (
	Rate         = "rate"
	CPU          = "cpu"
	ClientCPU    = "client cpu"
	ServerCPU    = "server cpu"
	ClientAllocs = "client allocs"
	ServerAllocs = "server allocs"
	P50          = "p50"
	P99          = "p99"
	Failures     = "failures"
	Heap         = "heap"
)

// The figures of the console: percent of a core; the most memory that was held, and what it grew by in the last part of
// the time, in MB; bytes written to the terminal; milliseconds of the slowest hundredth of the keys until the screen
// showed them, of a filter and of a sort; allocations of a frame.
const (
	Core     = "percent of a core"
	Resident = "resident"
	Grown    = "grown"
	Written  = "bytes written"
	Key      = "key p99"
	Filter   = "filter"
	Sort     = "sort"
	Allocs   = "allocs"
)

// Pace is how thorough a run is.
type Pace struct {
	// Rounds is how often each system is visited; For is how long a visit's load lasts, after Warm.
	Rounds    int
	For, Warm time.Duration
	// Long has probes and the measurement of the heap do all of their work.
	Long bool
}

// Quick is over in less than five minutes, Long in less than half an hour.
var (
	Quick = Pace{Rounds: 5, For: 350 * time.Millisecond, Warm: 120 * time.Millisecond}
	Long  = Pace{Rounds: 11, For: 2 * time.Second, Warm: 500 * time.Millisecond, Long: true}
)

// Cell is one measurement that systems are compared in.
type Cell struct {
	Name   string
	Visits []Visit
	// Rounds, if not zero, is at most how many are made.
	Rounds int
}

// Visit measures one system once.
type Visit struct {
	System  string
	Measure func(ctx context.Context, f *fleet, p Pace) (Figures, error)
}

// calls is a cell of a load between a client and a server of each of the systems.
func calls(name string, l Load, systems ...string) Cell {
	c := Cell{Name: name}
	for _, system := range systems {
		c.Visits = append(c.Visits, between(system, system, system, l))
	}
	return c
}

// between is a visit to a client of one system with a server of another.
func between(name, client, server string, l Load) Visit {
	return Visit{System: name, Measure: func(ctx context.Context, f *fleet, p Pace) (Figures, error) {
		warm := l
		warm.For, l.For = p.Warm, p.For
		return f.load(ctx, client, server, warm, l, false)
	}}
}

// keeping is a visit that makes so many calls and looks at what the heap keeps of them.
func keeping(system string, ops int, l Load) Visit {
	return Visit{System: system, Measure: func(ctx context.Context, f *fleet, p Pace) (Figures, error) {
		warm, l := l, l
		warm.For, l.For = p.Warm, time.Minute
		l.Ops = ops
		return f.load(ctx, system, system, warm, l, true)
	}}
}

// apart is a cell of a probe, run in a process of its own for each visit.
func apart(probe string, rounds int, systems ...string) Cell {
	c := Cell{Name: probe, Rounds: rounds}
	for _, system := range systems {
		c.Visits = append(c.Visits, Visit{System: system, Measure: func(ctx context.Context, f *fleet, p Pace) (Figures, error) {
			child, err := f.programs.start(ctx, system)
			if err != nil {
				return nil, err
			}
			defer child.end()
			a, err := child.ask(command{Do: "probe", Probe: probe, System: system, Long: p.Long})
			return a.Figures, err
		}})
	}
	return c
}
