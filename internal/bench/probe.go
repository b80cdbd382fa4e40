package bench

import "context"

// Probe measures a system within one process. It is told whether it may take its time.
type Probe func(ctx context.Context, system string, long bool) (Figures, error)

// The probes by name, which is that of their cells.
const (
	MDNSGet      = "mdns, a cold GetService"
	MDNSWatch    = "mdns, (de)register to a peer's watcher"
	MDNSCrowd    = "mdns, 200 services in one process"
	CacheGet     = "cache, GetService"
	CacheSelect  = "cache, Select and its first node"
	Known        = "10,000 nodes known"
	Burst        = "a burst of 5,000 events for 100 watchers"
	HTTPBroker   = "http broker, as fast as it goes"
	HTTPPaced    = "http broker, 10,000 a second"
	MemoryBroker = "memory broker, as fast as it goes"
)

// few is how many rounds are made of probes without a peer, whose figures are medians of their own.
const few = 3

func probeCells() []Cell {
	var out []Cell
	for _, name := range []string{MDNSGet, MDNSWatch, MDNSCrowd, CacheGet, CacheSelect, Known, Burst, HTTPPaced} {
		out = append(out, apart(name, few, Micro))
	}
	return append(out, apart(HTTPBroker, 0, Micro, NATS, V4), apart(MemoryBroker, 0, Micro, V4))
}

func probeGoals() []Goal {
	goal := func(cell, figure, unit string, bounds ...Bound) Goal {
		return Goal{What: cell + ": " + figure, Cell: cell, System: Micro, Figure: figure, Unit: unit, Bounds: bounds}
	}
	return []Goal{
		goal(MDNSGet, P50, "µs", most(5000)),
		goal(MDNSWatch, P50, "µs", most(5000)), goal(MDNSWatch, P99, "µs", most(50_000)),
		goal(MDNSCrowd, "resident", "MB", most(15)), goal(MDNSCrowd, "goroutines", "", most(20)),
		goal(CacheGet, "ns", "ns", most(100)), goal(CacheGet, "allocs", "", most(0)),
		goal(CacheSelect, "ns", "ns", most(100)), goal(CacheSelect, "allocs", "", most(0)),
		goal(Known, "list", "µs", most(200)), goal(Known, "change", "µs", most(20)), goal(Known, "bytes a node", "B", most(1500)),
		goal(Burst, Lost, "", most(0)), goal(Burst, "last", "ms", most(100)),
		goal(HTTPBroker, Rate, "/s", atLeast(60, V4), atLeast(0.35, NATS)), goal(HTTPBroker, Lost, "", most(0)),
		goal(HTTPPaced, P99, "µs", most(300)), goal(HTTPPaced, Lost, "", most(0)),
		goal(MemoryBroker, Rate, "/s", atLeast(1, V4)), goal(MemoryBroker, Lost, "", most(0)),
	}
}
