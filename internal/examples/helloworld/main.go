// Command helloworld is a service that calls itself once and ends.
package main

import (
	"context"
	"fmt"
	"log"

	micro "github.com/microtop/microtop/framework"

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

func main() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	service := micro.NewService(micro.Name("helloworld"), micro.Context(ctx))
	service.Init(micro.AfterStart(func() error {
		defer stop() // a service that others call leaves this out, and runs until SIGTERM
		c := service.Client()
		rsp := new(Response)
		if err := c.Call(ctx, c.NewRequest("helloworld", "Greeter.Hello", &Request{Name: "world"}), rsp); err != nil {
			return err
		}
		fmt.Println(rsp.Message)
		return nil
	}))
	if err := micro.RegisterHandler(service.Server(), new(Greeter)); err != nil {
		log.Fatal(err)
	}
	if err := service.Run(); err != nil {
		log.Fatal(err)
	}
}
