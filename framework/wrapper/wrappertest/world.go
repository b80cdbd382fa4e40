// Package wrappertest is the contract of wrappers as tests: what is wrapped must behave as if it were not. Every
// wrapper runs it with [Run], and builds its own tests on a [World].
package wrappertest

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// Topic is where a World's Events come from.
const Topic = "wrapped.events"

// Wrappers are what is under test; any of them may be nil.
type Wrappers struct {
	Handler    server.HandlerWrapper
	Subscriber server.SubscriberWrapper
	Client     client.Wrapper
	Call       client.CallWrapper
}

// Config says what a World is made of beside the fleet's handlers.
type Config struct {
	Wrappers

	// Handlers are served too.
	Handlers []any
	// Server and Client are more options.
	Server []server.Option
	Client []client.Option
}

// World is a service and a client that share a memory registry and broker and speak HTTP.
type World struct {
	// Client is the wrapped client.
	Client client.Client
	// Server serves fleet.Service.
	Server server.Server
	// Registry is where the server is found.
	Registry registry.Registry
	// Events are what the subscriber of Topic was given.
	Events chan *fleet.Event
}

// New starts a World; it ends with the test.
func New(t testing.TB, c Config) *World {
	t.Helper()
	w := &World{Registry: registry.NewMemoryRegistry(), Events: make(chan *fleet.Event, 100)}
	quiet := logger.NewLogger(logger.WithHandler(slog.DiscardHandler))
	events := broker.NewMemoryBroker(broker.Logger(quiet))
	w.serve(t, c, events, quiet)

	pick := selector.NewSelector(selector.Registry(w.Registry), selector.WithLogger(quiet))
	opts := []client.Option{client.Registry(w.Registry), client.Selector(pick), client.Transport(transport.NewHTTPTransport()), client.Broker(events), client.WithLogger(quiet)}
	if c.Call != nil {
		opts = append(opts, client.WrapCall(c.Call))
	}
	bare := client.NewClient(append(opts, c.Client...)...)
	t.Cleanup(func() {
		bare.(io.Closer).Close() // the default client closes
		pick.Close()             //nolint:errcheck // never fails
	})
	w.Client = bare
	if c.Wrappers.Client != nil {
		w.Client = c.Wrappers.Client(bare)
	}
	return w
}

func (w *World) serve(t testing.TB, c Config, events broker.Broker, quiet logger.Logger) {
	t.Helper()
	opts := []server.Option{
		server.Name(fleet.Service), server.Address("127.0.0.1:0"), server.Registry(w.Registry),
		server.Transport(transport.NewHTTPTransport()), server.Broker(events), server.WithLogger(quiet),
	}
	if c.Handler != nil {
		opts = append(opts, server.WrapHandler(c.Handler))
	}
	if c.Subscriber != nil {
		opts = append(opts, server.WrapSubscriber(c.Subscriber))
	}
	w.Server = server.NewServer(append(opts, c.Server...)...)
	for _, h := range append([]any{new(fleet.Greeter), new(fleet.Streamer)}, c.Handlers...) {
		if err := w.Server.Handle(w.Server.NewHandler(h)); err != nil {
			t.Fatal(err)
		}
	}
	take := func(_ context.Context, e *fleet.Event) error {
		w.Events <- e
		if e.GetMessage() == "fail" {
			return io.ErrUnexpectedEOF
		}
		return nil
	}
	if err := w.Server.Subscribe(w.Server.NewSubscriber(Topic, take)); err != nil {
		t.Fatal(err)
	}
	if err := w.Server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Server.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
}

// Hello calls Greeter.Hello.
func (w *World) Hello(ctx context.Context, name string, opts ...client.CallOption) (string, error) {
	rsp := new(fleet.HelloResponse)
	err := w.Client.Call(ctx, w.Client.NewRequest(fleet.Service, "Greeter.Hello", &fleet.HelloRequest{Name: name}), rsp, opts...)
	return rsp.GetMessage(), err
}

// Fail calls Greeter.Fail, which fails as asked: see fleet.
func (w *World) Fail(ctx context.Context, req *fleet.FailRequest, opts ...client.CallOption) error {
	return w.Client.Call(ctx, w.Client.NewRequest(fleet.Service, "Greeter.Fail", req), new(fleet.Empty), opts...)
}

// Headers calls Greeter.Headers, which tells the metadata that it got.
func (w *World) Headers(ctx context.Context, opts ...client.CallOption) (map[string]string, error) {
	rsp := new(fleet.HeadersResponse)
	err := w.Client.Call(ctx, w.Client.NewRequest(fleet.Service, "Greeter.Headers", &fleet.Empty{}), rsp, opts...)
	return rsp.GetHeaders(), err
}

// Stream opens a stream of Streamer.
func (w *World) Stream(ctx context.Context, method string, opts ...client.CallOption) (client.Stream, error) {
	return w.Client.Stream(ctx, w.Client.NewRequest(fleet.Service, "Streamer."+method, nil, client.StreamingRequest()), opts...)
}

// Count opens a stream of Streamer.Count, and reads it to its end.
func (w *World) Count(ctx context.Context, req *fleet.CountRequest, opts ...client.CallOption) (values []int64, err error) {
	s, err := w.Stream(ctx, "Count", opts...)
	if err != nil {
		return nil, err
	}
	defer s.Close() //nolint:errcheck // reading to the end says what matters
	if err := s.Send(req); err != nil {
		return nil, err
	}
	for {
		v := new(fleet.Value)
		if err := s.Recv(v); err != nil {
			return values, err
		}
		values = append(values, v.GetValue())
	}
}

// Publish publishes an event to Topic.
func (w *World) Publish(ctx context.Context, message string) error {
	return w.Client.Publish(ctx, w.Client.NewMessage(Topic, &fleet.Event{Message: message}))
}
