// Command peer is a server or a client of this framework, grpc-go or net/http, as its parent says (internal/bench).
package main

import (
	"os"

	"github.com/microtop/microtop/internal/bench"
)

func main() {
	p := bench.Program{Systems: map[string]bench.System{bench.Micro: micro{}, bench.MicroGRPC: micro{grpc: true}, bench.MicroPipe: micro{pipelined: true}, bench.GRPC: grpcgo{}, bench.NetHTTP: nethttp{}, bench.Alone: alone{}}}
	p.Probes = map[string]bench.Probe{
		bench.MDNSGet: probeMDNSGet, bench.MDNSWatch: probeMDNSWatch, bench.MDNSCrowd: probeMDNSCrowd,
		bench.CacheGet: probeCacheGet, bench.CacheSelect: probeCacheSelect, bench.Known: probeTable, bench.Burst: probeBurst,
		bench.HTTPBroker: probeHTTPBroker, bench.HTTPPaced: probeHTTPPaced, bench.MemoryBroker: probeMemoryBroker,
	}
	os.Exit(p.Main())
}
