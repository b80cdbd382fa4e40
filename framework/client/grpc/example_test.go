package grpc_test

import (
	"context"
	"fmt"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/client/grpc"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest"
	"github.com/microtop/microtop/framework/server/servertest/fleet"

	servergrpc "github.com/microtop/microtop/framework/server/grpc"
)

func Example() {
	r := registry.NewMemoryRegistry()
	s := servergrpc.NewServer(server.Name("greeter"), server.Address("127.0.0.1:0"), server.Registry(r), server.WithLogger(servertest.Logger()))
	if err := s.Handle(s.NewHandler(new(fleet.Greeter))); err != nil {
		fmt.Println(err)
	}
	if err := s.Start(); err != nil {
		fmt.Println(err)
	}
	c := grpc.NewClient(client.Registry(r))
	rsp := new(fleet.HelloResponse)
	err := c.Call(context.Background(), c.NewRequest("greeter", "Greeter.Hello", &fleet.HelloRequest{Name: "you"}), rsp)
	fmt.Println(rsp.GetMessage(), err)
	if err := c.(interface{ Close() error }).Close(); err != nil {
		fmt.Println(err)
	}
	if err := s.Stop(); err != nil {
		fmt.Println(err)
	}
	// Output: Hello you <nil>
}
