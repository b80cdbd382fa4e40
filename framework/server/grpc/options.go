package grpc

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"

	"github.com/microtop/microtop/framework/server"
)

// pingEvery is how often a client may ask whether the connection lives.
const pingEvery = 10 * time.Second

type (
	codecsKey     struct{}
	tlsKey        struct{}
	maxConnKey    struct{}
	listenerKey   struct{}
	optionsKey    struct{}
	maxMsgSizeKey struct{}
)

// option is the value of one of this package's options; its zero value when it was not given.
func option[T any](o server.Options, key any) T {
	value, _ := o.Context.Value(key).(T)
	return value
}

func set(key, value any) server.Option {
	return func(o *server.Options) {
		ctx := o.Context
		if ctx == nil {
			ctx = context.Background()
		}
		o.Context = context.WithValue(ctx, key, value)
	}
}

// AuthTLS makes the server listen with TLS, 1.2 or later. It wins over server.TLSConfig.
func AuthTLS(t *tls.Config) server.Option { return set(tlsKey{}, t) }

// MaxConn bounds the connections at once; more wait until one ends. Default 10,000.
func MaxConn(n int) server.Option { return set(maxConnKey{}, n) }

// Listener makes the server use l in place of listening on its address. The server closes it.
func Listener(l net.Listener) server.Option { return set(listenerKey{}, l) }

// Options passes options to gRPC's server. They win over the framework's limits.
func Options(opts ...grpc.ServerOption) server.Option { return set(optionsKey{}, opts) }

// MaxMsgSize bounds messages in both directions, in bytes. Default 4 MiB.
func MaxMsgSize(s int) server.Option { return set(maxMsgSizeKey{}, s) }

// Codec encodes and decodes the bodies of a content type ("application/grpc+yaml").
func Codec(contentType string, c encoding.Codec) server.Option {
	return func(o *server.Options) {
		ctx := o.Context
		if ctx == nil {
			ctx = context.Background()
		}
		before, _ := ctx.Value(codecsKey{}).(map[string]encoding.Codec)
		all := maps.Clone(before)
		if all == nil {
			all = map[string]encoding.Codec{}
		}
		all[contentType] = c
		o.Context = context.WithValue(ctx, codecsKey{}, all)
	}
}
