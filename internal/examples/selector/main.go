// Command selector calls only the nodes that a filter leaves: those of one version, and with one label.
package main

import (
	"context"
	"fmt"
	"log"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/selector"

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
	service := micro.NewService(micro.Name("selector"), micro.Version("2.0"), micro.Metadata(map[string]string{"zone": "north"}), micro.Context(ctx))
	service.Init(micro.AfterStart(func() error {
		defer stop()
		c := service.Client()
		req := c.NewRequest("selector", "Greeter.Hello", &Request{Name: "north"})
		rsp := new(Response)
		if err := c.Call(ctx, req, rsp, client.WithSelectOption(selector.WithFilter(selector.FilterVersion("2.0"), selector.FilterLabel("zone", "north")))); err != nil {
			return err
		}
		fmt.Println(rsp.Message)
		err := c.Call(ctx, req, rsp, client.WithSelectOption(selector.WithFilter(selector.FilterVersion("3.0"))))
		fmt.Println("version 3.0:", err != nil)
		return nil
	}))
	if err := micro.RegisterHandler(service.Server(), new(Greeter)); err != nil {
		log.Fatal(err)
	}
	if err := service.Run(); err != nil {
		log.Fatal(err)
	}
}
