// Command wrappers puts code of its own around handlers and around the client.
package main

import (
	"context"
	"fmt"
	"log"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/server"

	// MICRO_REGISTRY=file is for hosts without multicast.
	_ "github.com/microtop/microtop/framework/registry/file"
)

// Request and Response are the messages of Greeter.
type (
	Request  struct{ Name string }
	Response struct{ Message string }
)

// Greeter is a handler: its exported methods are endpoints.
type Greeter struct{}

// Hello greets.
func (*Greeter) Hello(_ context.Context, req *Request, rsp *Response) error {
	rsp.Message = "hello " + req.Name
	return nil
}

// handled says which endpoints were called.
func handled(next server.HandlerFunc) server.HandlerFunc {
	return func(ctx context.Context, req server.Request, rsp any) error {
		fmt.Println("before", req.Endpoint())
		defer fmt.Println("after", req.Endpoint())
		return next(ctx, req, rsp)
	}
}

// counting is a client that numbers its calls.
type counting struct {
	client.Client
	calls int
}

// Call implements client.Client.
func (c *counting) Call(ctx context.Context, req client.Request, rsp any, opts ...client.CallOption) error {
	c.calls++
	fmt.Println("call", c.calls, "to", req.Service())
	return c.Client.Call(ctx, req, rsp, opts...)
}

func main() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	service := micro.NewService(micro.Name("wrappers"), micro.Context(ctx),
		micro.WrapHandler(handled), micro.WrapClient(func(c client.Client) client.Client { return &counting{Client: c} }))
	service.Init(micro.AfterStart(func() error {
		defer stop()
		c := service.Client()
		return c.Call(ctx, c.NewRequest("wrappers", "Greeter.Hello", &Request{}), new(Response))
	}))
	if err := micro.RegisterHandler(service.Server(), new(Greeter)); err != nil {
		log.Fatal(err)
	}
	if err := service.Run(); err != nil {
		log.Fatal(err)
	}
}
