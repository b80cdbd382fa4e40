// Command pubsub publishes to a topic that it subscribes to.
package main

import (
	"context"
	"fmt"
	"log"

	micro "github.com/microtop/microtop/framework"

	// MICRO_REGISTRY=file is for hosts without multicast.
	_ "github.com/microtop/microtop/framework/registry/file"
)

// Placed is an event.
type Placed struct{ Order int }

func main() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	service := micro.NewService(micro.Name("pubsub"), micro.Context(ctx))
	service.Init(micro.AfterStart(func() error {
		return micro.NewEvent("orders.placed", service.Client()).Publish(ctx, &Placed{Order: 4711})
	}))
	err := micro.RegisterSubscriber("orders.placed", service.Server(), func(_ context.Context, event *Placed) error {
		fmt.Println("order", event.Order, "was placed")
		stop()
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := service.Run(); err != nil {
		log.Fatal(err)
	}
}
