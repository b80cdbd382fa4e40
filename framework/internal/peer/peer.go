// Package peer carries what a server knows of a request's connection beside its headers. Start with [Info].
package peer

import "context"

// Info is the network's view of a request. Headers cannot forge it.
type Info struct {
	// Local and Remote are the connection's addresses, as the transport gives them.
	Local, Remote string
	// Token is the request's Micro-Debug-Token, which is taken out of the metadata so that it is never forwarded.
	Token string
}

// Key is the context key of an Info, or of a Source.
type Key struct{}

// Source makes an Info only when somebody asks for it. It is safe for concurrent use.
type Source interface {
	Peer() Info
}

// NewContext returns a context that carries info.
func NewContext(ctx context.Context, info Info) context.Context {
	return context.WithValue(ctx, Key{}, info)
}

// FromContext returns the context's peer; false outside a request that came over a connection.
func FromContext(ctx context.Context) (Info, bool) {
	switch from := ctx.Value(Key{}).(type) {
	case Info:
		return from, true
	case Source:
		return from.Peer(), true
	}
	return Info{}, false
}
