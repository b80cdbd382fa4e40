// Command streams sends numbers one way and their sums the other, on one stream.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/server"

	// MICRO_REGISTRY=file is for hosts without multicast.
	_ "github.com/microtop/microtop/framework/registry/file"
)

// Number is the message of both directions.
type Number struct{ Value int }

// Sums is a handler.
type Sums struct{}

// Running answers each number with the sum of those so far.
func (*Sums) Running(_ context.Context, stream server.Stream) error {
	sum := 0
	for {
		var n Number
		switch err := stream.Recv(&n); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		sum += n.Value
		if err := stream.Send(&Number{sum}); err != nil {
			return err
		}
	}
}

func add(ctx context.Context, c client.Client) error {
	stream, err := c.Stream(ctx, c.NewRequest("streams", "Sums.Running", &Number{}))
	if err != nil {
		return err
	}
	defer stream.Close()
	for _, n := range []int{1, 2, 3, 4} {
		var sum Number
		if err := errors.Join(stream.Send(&Number{n}), stream.Recv(&sum)); err != nil {
			return err
		}
		fmt.Println(sum.Value)
	}
	return nil
}

func main() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	service := micro.NewService(micro.Name("streams"), micro.Context(ctx))
	service.Init(micro.AfterStart(func() error {
		defer stop()
		return add(ctx, service.Client())
	}))
	if err := micro.RegisterHandler(service.Server(), new(Sums)); err != nil {
		log.Fatal(err)
	}
	if err := service.Run(); err != nil {
		log.Fatal(err)
	}
}
