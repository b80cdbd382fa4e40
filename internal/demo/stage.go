package demo

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/client/grpc"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/internal/demo/shop"
)

// background is what a node does beside its calls, until the context ends.
type background func(context.Context)

// play adds a service's handlers and subscribers. It may return something to do in the background.
type play func(micro.Service) (background, error)

// plays has the code of every service of the shop.
func plays() map[string]play {
	return map[string]play{
		"shop.frontend":  playFrontend,
		"shop.catalog":   playCatalog,
		"shop.cart":      playCart,
		"shop.currency":  playCurrency,
		"shop.checkout":  playCheckout,
		"shop.payment":   playPayment,
		"shop.shipping":  playShipping,
		"shop.email":     playEmail,
		"shop.recommend": playRecommend,
		"shop.ads":       playAds,
	}
}

// overGRPC is the service that is served over gRPC, as in many a fleet that is on its way from one to the other.
const overGRPC = "shop.currency"

// newClient returns a client that calls each node in the node's own protocol.
func newClient(opts ...client.Option) client.Client {
	return client.NewMixed(map[string]func(func() client.Options) client.Driver{"grpc": grpc.NewDriver}, opts...)
}

// contentType is how the shop's services talk to each other: v4's JSON does not read back what it writes of oneofs and
// timestamps.
const contentType = "application/protobuf"

// serve adds a handler for the protobuf service of that name. The methods in readOnly may be repeated: they are marked
// as idempotent.
func serve(s micro.Service, handler any, name protoreflect.Name, readOnly ...string) error {
	opts := []server.HandlerOption{server.HandlerDescriptor(shop.File_internal_demo_shop_shop_proto.Services().ByName(name))}
	for _, method := range readOnly {
		opts = append(opts, server.EndpointMetadata(string(name)+"."+method, map[string]string{"idempotent": "true"}))
	}
	if err := micro.RegisterHandler(s.Server(), handler, opts...); err != nil {
		return fmt.Errorf("serve %s: %w", name, err)
	}
	return nil
}

// ask calls an endpoint of another service, fills rsp and returns it.
func ask[R proto.Message](ctx context.Context, c client.Client, service, endpoint string, req proto.Message, rsp R) (R, error) {
	return rsp, c.Call(ctx, c.NewRequest(service, endpoint, req), rsp)
}
