package logging_test

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/microtop/microtop/framework/registry"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/wrapper/logging"
)

func Example() {
	// In a service: micro.NewService(micro.WrapCall(logging.NewCallWrapper(log)), micro.WrapHandler(logging.NewHandlerWrapper(log)))
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "duration" {
			return slog.Attr{} // they change
		}
		return a
	}}))
	call := logging.NewCallWrapper(log)(func(context.Context, *registry.Node, client.Request, any, client.CallOptions) error {
		return errors.New("connection refused")
	})
	_ = call(context.Background(), &registry.Node{Id: "shop-1", Address: "10.0.0.7:8080"}, client.NewRequest("shop", "Orders.Place", nil), nil, client.CallOptions{})
	// Output:
	// level=WARN msg="call made" service=shop endpoint=Orders.Place node=shop-1 address=10.0.0.7:8080 code=0 error="connection refused"
}
