// Package grpc serves the framework's handlers to gRPC clients: those of the framework, of go-micro v4's plug-in, and any
// other, by their generated stubs or by reflection (docs/wire.md §8). Start with [NewServer].
//
//	service := micro.NewService(micro.Server(grpc.NewServer()), micro.Name("greeter"))
//
// The health service and reflection (v1 and v1alpha) are on. Reflection lists the handlers that have a protobuf service
// behind them: those that generated code registers, and those whose messages are declared beside a service of their name.
package grpc

import (
	"crypto/tls"
	"fmt"
	"net"

	"golang.org/x/net/netutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"github.com/microtop/microtop/framework/codec"
	wire "github.com/microtop/microtop/framework/internal/grpc"
	"github.com/microtop/microtop/framework/internal/listen"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/server"
)

// NewServer returns a gRPC server. The options of package server configure it, and those of this package.
func NewServer(opts ...server.Option) server.Server { return server.New(driver{}, opts...) }

type driver struct{}

var (
	_ server.Driver = driver{}
	_ server.Typed  = driver{}
)

// String implements server.Driver.
func (driver) String() string { return wire.Name }

// ContentTypes implements server.Typed: the bodies of events are bare, also those called gRPC's.
func (driver) ContentTypes() (map[string]codec.NewCodec, string) {
	return wire.EventCodecs(), "application/grpc"
}

// Listen implements server.Driver.
func (driver) Listen(desk server.Desk) (server.Wire, error) {
	o := desk.Options()
	listener := option[net.Listener](o, listenerKey{})
	if listener == nil {
		var err error
		if listener, err = listen.TCP(o.Context, o.Address); err != nil {
			return nil, fmt.Errorf("grpc server: %w", err)
		}
	}
	bounds := limits.Default()
	conns := bounds.Conns
	if n := option[int](o, maxConnKey{}); n > 0 {
		conns = n
	}
	w := newWire(desk, netutil.LimitListener(listener, conns))
	w.grpc = grpc.NewServer(w.options(o, bounds)...)
	w.announce()
	return w, nil
}

// options are what gRPC's server is told: the framework's limits, then what the user asked for.
func (w *wireServer) options(o server.Options, bounds limits.Limits) []grpc.ServerOption {
	size := bounds.MessageBytes
	if n := option[int](o, maxMsgSizeKey{}); n > 0 {
		size = n
	}
	opts := []grpc.ServerOption{
		grpc.ForceServerCodecV2(wire.Codec{Subtype: wire.Proto}),
		grpc.UnknownServiceHandler(w.handle),
		grpc.MaxRecvMsgSize(size),
		grpc.MaxSendMsgSize(size),
		grpc.MaxConcurrentStreams(uint32(bounds.StreamsPerConn)), //nolint:gosec // a small positive number
		grpc.MaxHeaderListSize(uint32(bounds.HeaderBytes)),       //nolint:gosec // as above
		grpc.ConnectionTimeout(bounds.HeaderReadTimeout),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: bounds.IdleTimeout, Time: bounds.IdleTimeout / 2}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingEvery, PermitWithoutStream: true}),
	}
	creds := insecure.NewCredentials()
	if config := tlsConfig(o); config != nil {
		creds = credentials.NewTLS(config)
	}
	opts = append(opts, grpc.Creds(wire.Guard(creds, func(peer net.Addr) {
		w.desk.Logger().Warn("a connection was closed: its peer did too much that is no call", "peer", peer.String())
	})))
	return append(opts, option[[]grpc.ServerOption](o, optionsKey{})...)
}

// tlsConfig is what AuthTLS or server.TLSConfig gave; nil for none.
func tlsConfig(o server.Options) *tls.Config {
	config := option[*tls.Config](o, tlsKey{})
	if config == nil {
		config = o.TLSConfig
	}
	if config == nil {
		return nil
	}
	config = config.Clone()
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	return config
}
