package grpc_test

import (
	"context"
	"net"
	"runtime/debug"
	"slices"
	"testing"

	stock "google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	grpcserver "github.com/microtop/microtop/framework/server/grpc"
	"github.com/microtop/microtop/framework/server/servertest"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// raced says that the race detector is on, which allocates itself.
var raced = func() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}()

// TestAllocationsOfACall counts both ends, beside those of gRPC alone with the same messages. More than half of the
// difference are the deadline, which calls of the framework always have, and the metadata that go-micro's have.
func TestAllocationsOfACall(t *testing.T) {
	if raced {
		t.Skip("not run: the race detector allocates")
	}
	const most = 30
	alone, ours := testing.AllocsPerRun(500, stockCall(t)), testing.AllocsPerRun(500, ownCall(t))
	t.Logf("gRPC alone %v, the framework %v", alone, ours)
	if ours > alone+most {
		t.Errorf("a call allocates %v, want at most %v and %d", ours, alone, most)
	}
}

// ownCall returns a call of the framework's client to its server.
func ownCall(t *testing.T) func() {
	s := grpcserver.NewServer(server.Name(fleet.Service), server.Address("127.0.0.1:0"), server.Registry(registry.NewMemoryRegistry()),
		server.Broker(broker.NewMemoryBroker()), server.WithLogger(servertest.Logger()))
	if err := s.Handle(s.NewHandler(new(fleet.Greeter))); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop() }) // tested elsewhere
	c, req, to := newClient(t, client.Retries(0)), &fleet.HelloRequest{Name: "Ann"}, client.WithAddress(s.Options().Address)
	return func() {
		if err := c.Call(t.Context(), c.NewRequest(fleet.Service, "Greeter.Hello", req), new(fleet.HelloResponse), to); err != nil {
			t.Error(err)
		}
	}
}

// stockCall returns the same call with gRPC alone.
func stockCall(t *testing.T) func() {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := stock.NewServer()
	s.RegisterService(&stock.ServiceDesc{ServiceName: "fleet.Greeter", HandlerType: (*any)(nil), Methods: []stock.MethodDesc{{MethodName: "Hello", Handler: stockHello}}}, nil)
	go func() { _ = s.Serve(l) }() // ended by Stop
	t.Cleanup(s.Stop)
	c, err := stock.NewClient(l.Addr().String(), stock.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // nothing runs on it
	req := &fleet.HelloRequest{Name: "Ann"}
	return func() {
		if err := c.Invoke(t.Context(), "/fleet.Greeter/Hello", req, new(fleet.HelloResponse)); err != nil {
			t.Error(err)
		}
	}
}

func stockHello(_ any, ctx context.Context, decode func(any) error, _ stock.UnaryServerInterceptor) (any, error) {
	in, out := new(fleet.HelloRequest), new(fleet.HelloResponse)
	if err := decode(in); err != nil {
		return nil, err
	}
	return out, new(fleet.Greeter).Hello(ctx, in, out)
}
