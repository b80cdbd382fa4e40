// Package demo is the demo fleet: an online shop of ten services, each node its own process of this host. Nine of them speak
// mucp, shop.currency gRPC.
//
// [Start] brings the fleet up and [Fleet.Stop] takes it down; [Run] does both around a time. The nodes are this
// program again, started through the framework's local runtime with [NodeCommand] as their first argument, so the
// program has to hand those arguments to [RunNode].
//
// The shop has its troubles, for an engineer to find: shop.recommend burns CPU in scoreCandidates, shop.ads leaks
// memory, the second node of shop.email comes and goes, shop.shipping is slow, and shop.payment fails five calls of
// a hundred.
//
// Nothing outlives the process that started the fleet: a node ends when its standard input does, and the last of
// them removes the fleet's folder.
package demo
