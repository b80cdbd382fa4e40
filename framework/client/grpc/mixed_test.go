package grpc_test

import (
	"io"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/client/grpc"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	grpcserver "github.com/microtop/microtop/framework/server/grpc"
	"github.com/microtop/microtop/framework/server/servertest"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	grpctransport "github.com/microtop/microtop/framework/transport/grpc"
)

// A service whose nodes speak different protocols is one service: each node is called in its own.
func TestAMixedFleetIsOneFleet(t *testing.T) {
	r := registry.NewMemoryRegistry()
	seen := map[string]bool{}
	over := func(opts ...server.Option) server.Server {
		return server.NewServer(append(opts, server.Transport(grpctransport.NewTransport()))...)
	}
	for _, newServer := range []func(...server.Option) server.Server{server.NewServer, grpcserver.NewServer, over} {
		s := newServer(server.Name(fleet.Service), server.Address("127.0.0.1:0"), server.Registry(r),
			server.Broker(broker.NewMemoryBroker()), server.WithLogger(servertest.Logger()))
		for _, h := range []server.Handler{s.NewHandler(new(fleet.Greeter)), s.NewHandler(new(fleet.Streamer))} {
			if err := s.Handle(h); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
	odd := &registry.Service{Name: "odd", Version: "1", Nodes: []*registry.Node{{Id: "odd-1", Address: "127.0.0.1:1", Metadata: map[string]string{"protocol": "carrier-pigeon"}}}}
	if err := r.Register(odd); err != nil {
		t.Fatal(err)
	}
	c := client.NewMixed(map[string]func(func() client.Options) client.Driver{
		"grpc": grpc.NewDriver, "mucp/grpc": client.Over(grpctransport.NewTransport()),
	}, client.Registry(r), client.Retries(0))
	defer func() {
		if err := c.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
	}()
	const contentType = "application/protobuf"
	for range 20 {
		rsp := new(fleet.HelloResponse)
		err := c.Call(t.Context(), c.NewRequest(fleet.Service, "Greeter.Hello", &fleet.HelloRequest{Name: "Ann"}, client.WithContentType(contentType)), rsp,
			client.OnAttempt(func(a client.Attempt) { seen[a.Node.Metadata["protocol"]+" "+a.Node.Metadata["transport"]] = true }))
		if err != nil || !strings.Contains(rsp.GetMessage(), "Ann") {
			t.Fatalf("call: %v, %v", rsp, err)
		}
		stream, err := c.Stream(t.Context(), c.NewRequest(fleet.Service, "Streamer.Count", nil, client.WithContentType(contentType), client.StreamingRequest()))
		if err != nil {
			t.Fatal(err)
		}
		value := new(fleet.Value)
		if err := stream.Send(&fleet.CountRequest{From: 7, To: 7}); err != nil {
			t.Fatal(err)
		}
		if err := client.EndRequest(stream); err != nil {
			t.Fatal(err)
		}
		if err := stream.Recv(value); err != nil || value.GetValue() != 7 {
			t.Fatalf("stream: %v, %v", value, err)
		}
		if err := stream.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(seen) != 3 || !seen["mucp http"] || !seen["grpc grpc"] || !seen["mucp grpc"] {
		t.Errorf("called %v", seen)
	}
	err := c.Call(t.Context(), c.NewRequest("odd", "A.B", nil), nil)
	if err == nil || !strings.Contains(err.Error(), "carrier-pigeon") || !client.NotRun(err) {
		t.Errorf("a protocol that nobody speaks: %v", err)
	}
	services, err := r.GetService(fleet.Service)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range services[0].Nodes {
		protocol := node.Metadata["protocol"]
		if protocol == "mucp" && node.Metadata["transport"] == "grpc" {
			protocol = "mucp/grpc"
		}
		err := c.Call(t.Context(), c.NewRequest(fleet.Service, "Greeter.Hello", &fleet.HelloRequest{}, client.WithContentType(contentType)), nil,
			client.WithAddress(node.Address), client.WithProtocol(protocol))
		if err != nil {
			t.Errorf("%s by its address: %v", protocol, err)
		}
	}
}
