// Command function handles one request and ends by itself.
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
	function := micro.NewFunction(micro.Name("function"))
	function.Init(micro.AfterStart(func() error {
		c := function.Client()
		rsp := new(Response)
		if err := c.Call(context.Background(), c.NewRequest("function", "Greeter.Hello", &Request{Name: "once"}), rsp); err != nil {
			return err
		}
		fmt.Println(rsp.Message)
		return nil
	}))
	if err := function.Handle(new(Greeter)); err != nil {
		log.Fatal(err)
	}
	if err := function.Run(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("done")
}
