// Command peer4 is a server or a client of go-micro v4.9.0, as its parent says (internal/bench). It is a program of its own
// because both frameworks register the protobuf file errors.proto.
package main

import (
	"os"

	"github.com/microtop/microtop/internal/bench"
)

func main() {
	p := bench.Program{Systems: map[string]bench.System{bench.V4: v4{}}}
	p.Probes = map[string]bench.Probe{bench.HTTPBroker: probeHTTPBroker, bench.MemoryBroker: probeMemoryBroker}
	os.Exit(p.Main())
}
