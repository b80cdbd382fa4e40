package demo_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/internal/demo/shop"
)

// methods calls do with every method of the shop.
func methods(do func(service string, method protoreflect.MethodDescriptor)) {
	services := shop.File_internal_demo_shop_shop_proto.Services()
	for i := range services.Len() {
		s := services.Get(i)
		for j := range s.Methods().Len() {
			do("shop."+strings.ToLower(string(s.Name())), s.Methods().Get(j))
		}
	}
}

func endpoint(m protoreflect.MethodDescriptor) string {
	return string(m.Parent().Name()) + "." + string(m.Name())
}

func everyEndpointIsRegistered(t *testing.T, reg registry.Registry) {
	readOnly := map[string]bool{}
	methods(func(service string, m protoreflect.MethodDescriptor) {
		found, err := reg.GetService(service)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range found {
			there := false
			for _, e := range s.Endpoints {
				if e.Name == endpoint(m) {
					there = true
					readOnly[e.Name] = e.Metadata["idempotent"] == "true"
				}
			}
			if !there {
				t.Errorf("%s %s does not have %s", s.Name, s.Version, endpoint(m))
			}
		}
	})
	for name, want := range map[string]bool{"Catalog.Get": true, "Shipping.Quote": true, "Payment.Charge": false, "Cart.Add": false, "Checkout.PlaceOrder": false} {
		if readOnly[name] != want {
			t.Errorf("%s: idempotent is %v", name, !want)
		}
	}
}

// blank is an empty message, as {} is.
func blank(t *testing.T, d protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return kind.New().Interface()
}

func everyEndpointAnswers(t *testing.T, c client.Client) {
	methods(func(service string, m protoreflect.MethodDescriptor) {
		t.Run(endpoint(m), func(t *testing.T) {
			t.Parallel()
			for try := 1; ; try++ {
				begin := time.Now()
				rsp, err := answer(t, c, service, m)
				if unlucky(err) && try <= 3 {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begin); took > 2*time.Second {
					t.Errorf("took %v", took)
				}
				if proto.Size(rsp) == 0 {
					t.Error("the answer is empty")
				}
				return
			}
		})
	})
}

// unlucky says whether a call is one of the five in a hundred that shop.payment fails.
func unlucky(err error) bool { return err != nil && strings.Contains(err.Error(), "acquirer") }

// answer sends {} and returns the first answer.
func answer(t *testing.T, c client.Client, service string, m protoreflect.MethodDescriptor) (proto.Message, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, rsp := blank(t, m.Input()), blank(t, m.Output())
	if !m.IsStreamingClient() && !m.IsStreamingServer() {
		return rsp, c.Call(ctx, c.NewRequest(service, endpoint(m), req), rsp)
	}
	stream, err := c.Stream(ctx, c.NewRequest(service, endpoint(m), nil, client.StreamingRequest()))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := stream.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := stream.Send(req); err != nil {
		return nil, err
	}
	if m.IsStreamingClient() {
		if err := stream.CloseSend(); err != nil {
			return nil, err
		}
	}
	return rsp, stream.Recv(rsp)
}
