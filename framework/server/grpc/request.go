package grpc

import (
	"context"
	"sync"

	"google.golang.org/grpc/metadata"
	grpcpeer "google.golang.org/grpc/peer"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/carrier"
	wire "github.com/microtop/microtop/framework/internal/grpc"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/internal/peer"
	"github.com/microtop/microtop/framework/server"
)

// request is what arrived, as handlers, wrappers and routers see it.
//
// Its headers are made when somebody asks for them: gRPC copies them for that, and most handlers never do.
type request struct {
	exchange *exchange

	once   sync.Once
	header map[string]string
}

var (
	_ server.Request = (*request)(nil)
	_ carrier.Source = (*request)(nil)
	_ peer.Source    = (*request)(nil)
)

// Service implements server.Request: gRPC names a package there, which is not the service's name.
func (r *request) Service() string {
	s, _ := server.FromContext(&r.exchange.call.life)
	if s == nil {
		return ""
	}
	return s.Options().Name
}

// Method implements server.Request.
func (r *request) Method() string { return r.exchange.call.endpoint }

// Endpoint implements server.Request.
func (r *request) Endpoint() string { return r.exchange.call.endpoint }

// ContentType implements server.Request. It is the framework's, if the caller told it.
func (r *request) ContentType() string {
	if own := r.last(wire.ContentType); own != "" {
		return own
	}
	return r.last("content-type")
}

// last is the last value of a key of gRPC's metadata.
func (r *request) last(key string) string {
	return last(metadata.ValueFromIncomingContext(r.exchange.conn.Context(), key))
}

// Header implements server.Request.
func (r *request) Header() map[string]string {
	r.once.Do(func() {
		incoming, _ := metadata.FromIncomingContext(r.exchange.conn.Context())
		r.header = headerOf(incoming)
		by := r.ends()
		r.header[mucp.Local], r.header[mucp.Remote] = by.local, by.remote
	})
	return r.header
}

// Metadata implements carrier.Source.
func (r *request) Metadata() map[string]string { return r.Header() }

// Peer implements peer.Source.
func (r *request) Peer() peer.Info {
	by := r.ends()
	return peer.Info{Local: by.local, Remote: by.remote, Token: r.last(wire.DebugToken)}
}

// ends are those of the connection.
func (r *request) ends() ends {
	if p, ok := grpcpeer.FromContext(r.exchange.conn.Context()); ok {
		return r.exchange.wire.listener.endsOf(p)
	}
	return ends{}
}

// Body implements server.Request. The server's router puts the decoded request in its place.
func (r *request) Body() any { return nil }

// Read implements server.Request.
func (r *request) Read() ([]byte, error) { return r.exchange.receive() }

// Codec implements server.Request.
func (r *request) Codec() codec.Reader { return reader{r.exchange} }

// Stream implements server.Request.
func (r *request) Stream() bool { return r.exchange.call.stream }

// base is gRPC's context of a call, with what the framework knows of the call, and the values of the server's.
type base struct {
	context.Context //nolint:containedctx // it is one

	server   context.Context //nolint:containedctx // as above
	exchange *exchange
}

// Value implements context.Context.
func (b *base) Value(key any) any {
	switch key.(type) {
	case carrier.Key, peer.Key:
		return &b.exchange.request
	}
	if value := b.Context.Value(key); value != nil {
		return value
	}
	return b.server.Value(key)
}
