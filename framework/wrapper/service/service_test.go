package service_test

import (
	"context"
	"fmt"
	"testing"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/wrapper/service"
	"github.com/microtop/microtop/framework/wrapper/wrappertest"
)

func named(name string) micro.Service {
	return micro.NewService(micro.Name(name), micro.Registry(registry.NewMemoryRegistry()))
}

func TestConformance(t *testing.T) {
	for name, client := range map[string]client.Wrapper{"FromService": service.FromService("shop"), "NewClientWrapper": service.NewClientWrapper(named("shop"))} {
		t.Run(name, func(t *testing.T) {
			wrappertest.Run(t, func(*testing.T) wrappertest.Wrappers {
				return wrappertest.Wrappers{Client: client, Handler: service.NewHandlerWrapper(named("shop"))}
			})
		})
	}
}

func TestTheCallerIsNamedOnce(t *testing.T) {
	messages := make(chan string, 1)
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{
		Client: service.FromService("shop"),
		Subscriber: func(next server.SubscriberFunc) server.SubscriberFunc {
			return func(ctx context.Context, msg server.Message) error {
				messages <- msg.Header()["Micro-From-Service"]
				return next(ctx, msg)
			}
		},
	}})
	got, err := w.Headers(t.Context())
	if err != nil || got["Micro-From-Service"] != "shop" {
		t.Errorf("%v, %v", got, err)
	}
	got, err = w.Headers(metadata.NewContext(t.Context(), metadata.Metadata{"micro-from-service": "first"}))
	if err != nil || got["Micro-From-Service"] != "first" {
		t.Errorf("the first caller's name: %v, %v", got, err)
	}
	if err := w.Publish(t.Context(), "hello"); err != nil {
		t.Fatal(err)
	}
	if from := <-messages; from != "shop" {
		t.Errorf("a message from %q", from)
	}
}

func TestContextsCarryTheService(t *testing.T) {
	want := named("shop")
	serve := service.NewHandlerWrapper(want)(func(ctx context.Context, _ server.Request, _ any) error {
		if got, ok := micro.FromContext(ctx); !ok || got != want {
			return fmt.Errorf("service %v", got)
		}
		return nil
	})
	if err := serve(t.Context(), nil, nil); err != nil {
		t.Error(err)
	}
}

func Example() {
	// In a service: micro.NewService(micro.Name("shop"), micro.WrapClient(service.FromService("shop")))
	c := service.FromService("shop")(printer{})
	_ = c.Call(context.Background(), nil, nil)
	// Output: called by shop
}

// printer prints who calls.
type printer struct{ client.Client }

func (printer) Call(ctx context.Context, _ client.Request, _ any, _ ...client.CallOption) error {
	from, _ := metadata.Get(ctx, "Micro-From-Service")
	fmt.Println("called by", from)
	return nil
}
