package grpc_test

import (
	"testing"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/client/grpc"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	grpcserver "github.com/microtop/microtop/framework/server/grpc"
	"github.com/microtop/microtop/framework/server/servertest"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// BenchmarkUnary is a call between a client and a server of this process: what both ends allocate.
func BenchmarkUnary(b *testing.B) {
	s := grpcserver.NewServer(server.Name(fleet.Service), server.Address("127.0.0.1:0"), server.Registry(registry.NewMemoryRegistry()),
		server.Broker(broker.NewMemoryBroker()), server.WithLogger(servertest.Logger()))
	if err := s.Handle(s.NewHandler(new(fleet.Greeter))); err != nil {
		b.Fatal(err)
	}
	if err := s.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Stop() }() // tested elsewhere
	c := grpc.NewClient(client.Retries(0))
	req := &fleet.HelloRequest{Name: "Ann"}
	call := func() error {
		return c.Call(b.Context(), c.NewRequest(fleet.Service, "Greeter.Hello", req), new(fleet.HelloResponse), client.WithAddress(s.Options().Address))
	}
	if err := call(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetParallelism(8)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := call(); err != nil {
				b.Error(err)
			}
		}
	})
}
