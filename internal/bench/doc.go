// Package bench measures this framework beside grpc-go, net/http and go-micro v4.9.0, and says which goals are met.
//
// Machines differ and are noisy, so a figure counts only beside its references: rounds visit every system in turn, the
// order reversed every other round, and ratios are medians of same-round ratios. Client and server are two processes on
// loopback; CPU and allocations are those of both ends. A system is one file
// (micro.go, grpc.go, nethttp.go and alone.go in peer, v4.go in peer4), a scenario another (unary.go, download.go, exchange.go), and
// what runs within one process a third (a [Probe]). The console is the program itself in a terminal (console.go), and its
// screens in a process of their own (screens). Start with [Run]; the command is in the folder run.
package bench
