package grpc

import (
	"context"
	"crypto/tls"
	"maps"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"

	"github.com/microtop/microtop/framework/client"
)

type (
	tlsKey         struct{}
	codecsKey      struct{}
	maxRecvKey     struct{}
	maxSendKey     struct{}
	dialOptionsKey struct{}
	callOptionsKey struct{}
)

// value is the value of one of this package's options; its zero value when it was not given.
func value[T any](ctx context.Context, key any) T {
	var none T
	if ctx == nil {
		return none
	}
	found, _ := ctx.Value(key).(T)
	return found
}

func with(ctx context.Context, key, value any) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	return context.WithValue(ctx, key, value)
}

func set(key, value any) client.Option {
	return func(o *client.Options) { o.Context = with(o.Context, key, value) }
}

// AuthTLS makes every connection use TLS. Without it, addresses that begin with https:// or end with :443 do.
func AuthTLS(t *tls.Config) client.Option { return set(tlsKey{}, t) }

// MaxRecvMsgSize bounds the messages received, in bytes. Default 4 MiB.
func MaxRecvMsgSize(s int) client.Option { return set(maxRecvKey{}, s) }

// MaxSendMsgSize bounds the messages sent, in bytes. Default 4 MiB.
func MaxSendMsgSize(s int) client.Option { return set(maxSendKey{}, s) }

// DialOptions passes options to each connection. They count for connections made from then on.
func DialOptions(opts ...grpc.DialOption) client.Option { return set(dialOptionsKey{}, opts) }

// Codec encodes and decodes the bodies of a content type ("application/grpc+yaml").
func Codec(contentType string, c encoding.Codec) client.Option {
	return func(o *client.Options) {
		all := maps.Clone(value[map[string]encoding.Codec](o.Context, codecsKey{}))
		if all == nil {
			all = map[string]encoding.Codec{}
		}
		all[contentType] = c
		o.Context = with(o.Context, codecsKey{}, all)
	}
}

// CallOptions passes options to one gRPC call.
func CallOptions(opts ...grpc.CallOption) client.CallOption {
	return func(o *client.CallOptions) { o.Context = with(o.Context, callOptionsKey{}, opts) }
}
