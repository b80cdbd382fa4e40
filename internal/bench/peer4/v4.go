package main

import (
	"context"
	"io"

	v4broker "go-micro.dev/v4/broker"
	v4client "go-micro.dev/v4/client"
	v4logger "go-micro.dev/v4/logger"
	v4registry "go-micro.dev/v4/registry"
	v4server "go-micro.dev/v4/server"

	"github.com/microtop/microtop/internal/bench"
)

// v4 is go-micro v4.9.0 with its default transport and wire. Its streams garble what follows fast: it is measured without.
type v4 struct{}

const (
	service  = "bench"
	protobuf = "application/protobuf"
)

// v4Logger says errors only.
func v4Logger() v4logger.Logger {
	return v4logger.NewLogger(v4logger.WithOutput(io.Discard), v4logger.WithLevel(v4logger.FatalLevel))
}

// Serve implements System.
func (v4) Serve() (string, func(), error) {
	v4logger.DefaultLogger = v4Logger()
	reg := v4registry.NewMemoryRegistry()
	s := v4server.NewServer(v4server.Name(service), v4server.Address("127.0.0.1:0"), v4server.Registry(reg), v4server.Broker(v4broker.NewMemoryBroker()))
	if err := s.Handle(s.NewHandler(new(bench.Echo))); err != nil {
		return "", nil, err
	}
	if err := s.Start(); err != nil {
		return "", nil, err
	}
	found, err := reg.GetService(service)
	if err != nil {
		return "", nil, err
	}
	return found[0].Nodes[0].Address, func() { _ = s.Stop() }, nil
}

// Dial implements System.
func (v4) Dial(address string) (bench.Caller, error) {
	v4logger.DefaultLogger = v4Logger()
	c := v4client.NewClient(v4client.Registry(v4registry.NewMemoryRegistry()), v4client.Broker(v4broker.NewMemoryBroker()))
	return &v4Caller{c: c, to: v4client.WithAddress(address)}, nil
}

type v4Caller struct {
	c  v4client.Client
	to v4client.CallOption
}

// Unary implements Caller.
func (v *v4Caller) Unary(ctx context.Context, req, rsp *bench.Message) error {
	return v.c.Call(ctx, v.c.NewRequest(service, "Echo.Unary", req, v4client.WithContentType(protobuf)), rsp, v.to)
}

// Download implements Caller: it refuses.
func (*v4Caller) Download(context.Context, int, int) (bench.Stream, error) {
	return nil, bench.ErrNoStreams
}

// Exchange implements Caller: it refuses.
func (*v4Caller) Exchange(context.Context) (bench.Stream, error) { return nil, bench.ErrNoStreams }

// Close implements Caller. v4's clients cannot be closed.
func (*v4Caller) Close() error { return nil }
