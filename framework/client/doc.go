// Package client calls endpoints of services, streams with them, and publishes to topics.
//
// The default ([NewClient]) speaks mucp, the framework's own protocol, over any transport (docs/wire.md §3, §11).
// A caller names a service and an endpoint; the selector picks the node:
//
//	req := c.NewRequest("greeter", "Greeter.Hello", &Request{Name: "Ann"})
//	err := c.Call(ctx, req, &response)
//
// A call ends by its deadline with exactly one result. It is tried again, on another node if there is one, only when
// that is safe: when the request cannot have run, or when it may run twice because it is marked as idempotent, by
// [Idempotent] or by the endpoint's metadata idempotent=true. Start with [Client].
package client
