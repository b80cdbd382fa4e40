package micro_test

import (
	"context"
	"fmt"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server/servertest"
)

// Order is a request.
type Order struct{ Article string }

// Receipt is an answer.
type Receipt struct{ Text string }

// Shop is a handler.
type Shop struct{}

// Buy answers with a receipt.
func (*Shop) Buy(_ context.Context, req *Order, rsp *Receipt) error {
	rsp.Text = "one " + req.Article
	return nil
}

func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	service := micro.NewService(
		micro.Name("shop"), micro.Address("127.0.0.1:0"), micro.Context(ctx),
		micro.Registry(registry.NewMemoryRegistry()), micro.Logger(servertest.Logger()), // the defaults find services of other hosts
	)
	service.Init(micro.AfterStart(func() error {
		defer stop() // a service runs until it is told to end
		c := service.Client()
		rsp := new(Receipt)
		err := c.Call(ctx, c.NewRequest("shop", "Shop.Buy", &Order{Article: "tea"}), rsp)
		fmt.Println(rsp.Text, err)
		return nil
	}))
	if err := micro.RegisterHandler(service.Server(), new(Shop)); err != nil {
		fmt.Println(err)
		return
	}
	if err := service.Run(); err != nil {
		fmt.Println(err)
	}
	// Output: one tea <nil>
}
