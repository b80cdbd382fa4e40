package client_test

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

func Example() {
	r := registry.NewMemoryRegistry()
	s := server.NewServer(server.Name("greeter"), server.Address("127.0.0.1:0"), server.Registry(r), server.WithLogger(servertest.Logger()))
	if err := s.Handle(s.NewHandler(new(fleet.Greeter))); err != nil {
		fmt.Println(err)
		return
	}
	if err := s.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Stop() }()

	c := client.NewClient(client.Registry(r), client.WithLogger(servertest.Logger()))
	defer func() { _ = c.(io.Closer).Close() }()
	rsp := new(fleet.HelloResponse)
	req := c.NewRequest("greeter", "Greeter.Hello", &fleet.HelloRequest{Name: "Ann"})
	err := c.Call(context.Background(), req, rsp, client.WithRequestTimeout(3*time.Second), client.Idempotent())
	fmt.Println(rsp.GetMessage(), err)
	// Output: Hello Ann <nil>
}
