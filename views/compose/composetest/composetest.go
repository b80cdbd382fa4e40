// Package composetest is a live service for the tests of the screens that talk to one: real
// nodes in this process, found through a memory registry, with a memory broker.
//
// Start with [Live].
package composetest

import (
	"context"
	"testing"
	"time"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
)

// Service is the name of the live service. It has Greeter.Hello {"name"}, and the streams
// Streamer.Count {"from", "to"} and Streamer.PingPong.
const Service = fleet.Service

// Live starts a node of [Service] and returns a session that sees it. Both end with the test.
func Live(t testing.TB) *introspect.Session {
	t.Helper()
	r, b := registry.NewMemoryRegistry(), broker.NewMemoryBroker()
	start(t, r)
	s, err := introspect.Open(introspect.Config{Registry: r, Broker: b, Client: client.NewClient(client.Registry(r)), Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func start(t testing.TB, r registry.Registry) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan struct{}), make(chan error, 1)
	s := micro.NewService(micro.Name(Service), micro.Version("1.0"), micro.Address("127.0.0.1:0"), micro.Registry(r), micro.Broker(broker.NewMemoryBroker()),
		micro.HandleSignal(false), micro.Context(ctx), micro.AfterStart(func() error { close(started); return nil }))
	streams := fleet.File_framework_server_servertest_fleet_fleet_proto.Services().ByName("Streamer")
	for _, err := range []error{
		micro.RegisterHandler(s.Server(), new(fleet.Greeter)),
		micro.RegisterHandler(s.Server(), new(fleet.Streamer), server.HandlerDescriptor(streams)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	go func() { ended <- s.Run() }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-started:
	case <-time.After(10 * time.Second):
		t.Fatal("the service does not start")
	}
}

// Open runs a console of these routes that starts with one of them, in 120 by 30 cells.
func Open(t testing.TB, first tui.Open, routes ...tui.Route) *frametest.Terminal {
	t.Helper()
	return frametest.New(t, tui.Config{Name: "microtop", Start: first, Routes: routes}, 120, 30)
}
