// Package server serves handlers and subscribers: it listens, registers itself, and routes what arrives.
//
// The default ([NewServer]) speaks mucp, the framework's own protocol, over any transport (docs/wire.md §3).
// A handler is any value with methods of the form
//
//	func (g *Greeter) Hello(ctx context.Context, req *Request, rsp *Response) error
//	func (g *Greeter) Count(ctx context.Context, stream server.Stream) error
//
// which are then the endpoints Greeter.Hello and Greeter.Count. A subscriber is a function of (ctx, event) or of
// (event), or a value with such methods. Start with [Server].
//
// Start listens, connects the broker and registers; Stop deregisters, finishes what runs, refuses what comes, and
// closes by the drain deadline. Every request gets exactly one answer: also when its handler panics, when its deadline
// passes, and when the server is full or stops.
package server
