package handler_test

import (
	"context"
	"fmt"

	"github.com/microtop/microtop/framework/debug/handler"
	pb "github.com/microtop/microtop/framework/debug/proto"
)

func Example() {
	// A service has this handler already, at Debug.Health and its other endpoints; Register adds it to a bare server.
	d := handler.New(handler.Options{Token: "secret"})
	rsp := new(pb.HealthResponse)
	err := d.Health(context.Background(), new(pb.HealthRequest), rsp)
	fmt.Println(rsp.GetStatus(), err)
	// Output: ok <nil>
}
