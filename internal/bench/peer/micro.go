package main

import (
	"context"
	"io"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	grpcclient "github.com/microtop/microtop/framework/client/grpc"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	grpcserver "github.com/microtop/microtop/framework/server/grpc"
	"github.com/microtop/microtop/internal/bench"
)

const (
	service  = "bench"
	protobuf = "application/protobuf"
)

// micro is this framework with its default transport and wire, or with gRPC's.
type micro struct {
	grpc      bool
	pipelined bool // the client knows from the registry that the server takes many calls on a connection
}

// Flow is the handler of streams.
type Flow struct{}

// Download sends what the first message orders.
func (*Flow) Download(_ context.Context, s server.Stream) error {
	in := new(bench.Message)
	if err := s.Recv(in); err != nil {
		return err
	}
	return bench.Ship(in, func(m *bench.Message) error { return s.Send(m) })
}

// Exchange echoes each message.
func (*Flow) Exchange(_ context.Context, s server.Stream) error {
	return bench.Bounce(func(m *bench.Message) error { return s.Recv(m) }, func(m *bench.Message) error { return s.Send(m) })
}

// Serve implements System.
func (m micro) Serve() (string, func(), error) {
	reg := registry.NewMemoryRegistry()
	newServer := server.NewServer
	if m.grpc {
		newServer = grpcserver.NewServer
	}
	s := newServer(server.Name(service), server.Address("127.0.0.1:0"), server.Registry(reg), server.Broker(broker.NewMemoryBroker()))
	for _, handler := range []any{new(bench.Echo), new(Flow)} {
		if err := s.Handle(s.NewHandler(handler)); err != nil {
			return "", nil, err
		}
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
func (m micro) Dial(address string) (bench.Caller, error) {
	newClient := client.NewClient
	if m.grpc {
		newClient = grpcclient.NewClient
	}
	reg := registry.NewMemoryRegistry()
	c := newClient(client.Registry(reg), client.Broker(broker.NewMemoryBroker()))
	if !m.pipelined {
		return &microCaller{c: c, to: client.WithAddress(address)}, nil
	}
	node := &registry.Node{Id: address, Address: address, Metadata: map[string]string{"protocol": "mucp", "micro-pipeline": "64"}} // as the server registers itself
	err := reg.Register(&registry.Service{Name: service, Version: "latest", Nodes: []*registry.Node{node}})
	return &microCaller{c: c, to: func(*client.CallOptions) {}}, err
}

type microCaller struct {
	c  client.Client
	to client.CallOption
}

// Unary implements Caller.
func (m *microCaller) Unary(ctx context.Context, req, rsp *bench.Message) error {
	return m.c.Call(ctx, m.c.NewRequest(service, "Echo.Unary", req, client.WithContentType(protobuf)), rsp, m.to)
}

// Download implements Caller.
func (m *microCaller) Download(ctx context.Context, count, bytes int) (bench.Stream, error) {
	s, err := m.stream(ctx, "Flow.Download")
	if err != nil {
		return nil, err
	}
	return s, s.Send(bench.Order(count, bytes))
}

// Exchange implements Caller.
func (m *microCaller) Exchange(ctx context.Context) (bench.Stream, error) {
	return m.stream(ctx, "Flow.Exchange")
}

func (m *microCaller) stream(ctx context.Context, endpoint string) (bench.Stream, error) {
	req := m.c.NewRequest(service, endpoint, nil, client.WithContentType(protobuf), client.StreamingRequest())
	s, err := m.c.Stream(ctx, req, m.to)
	if err != nil {
		return nil, err
	}
	return microStream{s}, nil
}

// Close implements Caller.
func (m *microCaller) Close() error {
	if c, ok := m.c.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// microStream narrows a stream's messages to Message.
type microStream struct{ client.Stream }

// Send implements Stream.
func (s microStream) Send(m *bench.Message) error { return s.Stream.Send(m) }

// Recv implements Stream.
func (s microStream) Recv(m *bench.Message) error { return s.Stream.Recv(m) }
