package client_test

import (
	"io"
	"log/slog"
	"testing"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quiet is a logger that prints nothing.
func quiet() logger.Logger {
	return logger.NewLogger(logger.WithHandler(slog.DiscardHandler))
}

// world is what a test's servers and clients share.
type world struct {
	t         testing.TB
	registry  registry.Registry
	transport transport.Transport
}

func newWorld(t testing.TB, tr transport.Transport) *world {
	return &world{t: t, registry: registry.NewMemoryRegistry(), transport: tr}
}

// serve starts a server of the fleet's handlers; it stops with the test.
func (w *world) serve(handlers ...any) server.Server {
	w.t.Helper()
	s := server.NewServer(server.Name(fleet.Service), server.Address("127.0.0.1:0"), server.Registry(w.registry),
		server.Transport(w.transport), server.Broker(broker.NewMemoryBroker()), server.WithLogger(quiet()))
	for _, h := range append(handlers, new(fleet.Greeter), new(fleet.Streamer)) {
		if err := s.Handle(s.NewHandler(h)); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := s.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { s.Stop() })
	return s
}

// client makes a client; it closes with the test.
func (w *world) client(opts ...client.Option) client.Client {
	pick := selector.NewSelector(selector.Registry(w.registry), selector.WithLogger(quiet()))
	c := client.NewClient(append([]client.Option{
		client.Registry(w.registry), client.Selector(pick), client.Transport(w.transport), client.WithLogger(quiet()),
		client.Broker(broker.NewMemoryBroker()),
	}, opts...)...)
	w.t.Cleanup(func() {
		c.(io.Closer).Close()
		pick.Close()
	})
	return c
}

func hello(t testing.TB, c client.Client, opts ...client.CallOption) error {
	rsp := new(fleet.HelloResponse)
	return c.Call(t.Context(), c.NewRequest(fleet.Service, "Greeter.Hello", &fleet.HelloRequest{Name: "x"}), rsp, opts...)
}
