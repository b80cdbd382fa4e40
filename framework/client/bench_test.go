package client_test

import (
	"testing"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// Both ends are in this process: allocations are those of client and server together, messages included.
func BenchmarkUnary(b *testing.B) {
	w := newWorld(b, transport.NewHTTPTransport())
	w.serve()
	c := w.client()
	req := &fleet.HelloRequest{Name: "0123456789012345678901234567"}
	ctx := b.Context()
	for _, contentType := range []string{"application/protobuf", "application/json"} {
		b.Run(contentType, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rsp := new(fleet.HelloResponse)
				if err := c.Call(ctx, c.NewRequest(fleet.Service, "Greeter.Hello", req, client.WithContentType(contentType)), rsp); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
