// Package servertest holds the rules that a pair of server and client keeps, over any transport.
// Start with [Run].
package servertest

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// Pair is what is put to the test: a kind of server and a kind of client that understand each other.
type Pair struct {
	// NewServer and NewClient make an end. The options name registry, broker and logger; the rest is up to the pair.
	NewServer func(opts ...server.Option) server.Server
	NewClient func(opts ...client.Option) client.Client
}

// world is one server and one client that know each other through a registry.
type world struct {
	registry registry.Registry
	broker   broker.Broker
	server   server.Server
	client   client.Client
}

// Logger returns a logger that prints nothing, for servers whose complaints are part of the test.
func Logger() logger.Logger {
	return logger.NewLogger(logger.WithHandler(slog.DiscardHandler))
}

// Run checks every rule.
func Run(t *testing.T, p Pair) {
	for _, rule := range []struct {
		name  string
		check func(*testing.T, *world)
	}{
		{"a call returns what the handler answers", unary},
		{"the handler's error comes back as it was", handlerErrors},
		{"an unknown endpoint is an error", unknownEndpoint},
		{"a call ends by its deadline though the handler does not", deadlines},
		{"a cancelled call ends at once", cancelled},
		{"a panic is a 500, and the server goes on", panics},
		{"metadata reaches the handler", metadataArrives},
		{"a deadline shrinks on its way down", deadlinePropagates},
		{"a server stream arrives whole and in order", serverStream},
		{"a client stream ends with CloseSend", clientStream},
		{"a bidi stream answers each message", bidiStream},
		{"a stream's error ends it", streamErrors},
		{"a closed stream ends its handler", streamClosed},
		{"many calls at once get each its own answer", manyAtOnce},
		{"a published event reaches the subscriber", events},
		{"Stop waits for what runs and then refuses", drains},
		{"a server starts and stops many times", restarts},
	} {
		t.Run(rule.name, func(t *testing.T) {
			t.Parallel()
			rule.check(t, newWorld(t, p))
		})
	}
}

func newWorld(t *testing.T, p Pair) *world {
	t.Helper()
	w := &world{registry: registry.NewMemoryRegistry(), broker: broker.NewMemoryBroker()}
	w.server = p.NewServer(
		server.Name(fleet.Service), server.Address("127.0.0.1:0"), server.Registry(w.registry), server.Broker(w.broker), server.WithLogger(Logger()),
	)
	pick := selector.NewSelector(selector.Registry(w.registry), selector.WithLogger(Logger()))
	w.client = p.NewClient(client.Registry(w.registry), client.Selector(pick), client.Broker(w.broker), client.WithLogger(Logger()))
	for _, h := range []any{new(fleet.Greeter), new(fleet.Streamer), &Relay{w.client}} {
		if err := w.server.Handle(w.server.NewHandler(h)); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := w.server.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		if c, ok := w.client.(io.Closer); ok {
			if err := c.Close(); err != nil {
				t.Errorf("close client: %v", err)
			}
		}
		if err := pick.Close(); err != nil {
			t.Errorf("close selector: %v", err)
		}
	})
	return w
}

// started starts the server.
func (w *world) started(t *testing.T) *world {
	t.Helper()
	if err := w.server.Start(); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) call(ctx context.Context, endpoint string, req, rsp any, opts ...client.CallOption) error {
	return w.client.Call(ctx, w.client.NewRequest(fleet.Service, endpoint, req), rsp, opts...)
}

// stream opens a stream that ends with the test at the latest.
func (w *world) stream(t *testing.T, endpoint string) client.Stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	s, err := w.client.Stream(ctx, w.client.NewRequest(fleet.Service, endpoint, &fleet.Empty{}, client.StreamingRequest()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // the peer may be gone
	return s
}

// Relay calls on, as services do.
type Relay struct{ client client.Client }

// Left tells, through another hop, how much time is left after waiting.
func (r *Relay) Left(ctx context.Context, req *fleet.FailRequest, rsp *fleet.Total) error {
	if d, ok := ctx.Deadline(); ok {
		rsp.N = time.Until(d).Milliseconds()
	}
	if req.GetDelayMs() == 0 {
		return nil
	}
	time.Sleep(time.Duration(req.GetDelayMs()) * time.Millisecond)
	return r.client.Call(ctx, r.client.NewRequest(fleet.Service, "Relay.Left", &fleet.FailRequest{}), rsp)
}

// until polls until ok, and fails the test if that takes too long.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 5 s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
