package wrappertest_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// ran notes which wrappers ran, in order.
type ran struct {
	mu    sync.Mutex
	names []string
}

func (r *ran) note(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names = append(r.names, name)
}

// is waits until as many wrappers ran as are wanted, and compares.
func (r *ran) is(t *testing.T, want ...string) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		r.mu.Lock()
		got := slices.Clone(r.names)
		r.mu.Unlock()
		if len(got) >= len(want) {
			if !slices.Equal(got, want) {
				t.Errorf("ran %v, want %v", got, want)
			}
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names = nil
}

func (r *ran) handler(name string) server.HandlerWrapper {
	return func(next server.HandlerFunc) server.HandlerFunc {
		return func(ctx context.Context, req server.Request, rsp any) error {
			r.note(name)
			return next(ctx, req, rsp)
		}
	}
}

func (r *ran) subscriber(name string) server.SubscriberWrapper {
	return func(next server.SubscriberFunc) server.SubscriberFunc {
		return func(ctx context.Context, msg server.Message) error {
			r.note(name)
			return next(ctx, msg)
		}
	}
}

func (r *ran) call(name string) client.CallWrapper {
	return func(next client.CallFunc) client.CallFunc {
		return func(ctx context.Context, node *registry.Node, req client.Request, rsp any, opts client.CallOptions) error {
			r.note(name)
			return next(ctx, node, req, rsp, opts)
		}
	}
}

func (r *ran) client(name string) client.Wrapper {
	return func(c client.Client) client.Client { return &noted{c, r, name} }
}

type noted struct {
	client.Client
	ran  *ran
	name string
}

func (n *noted) Call(ctx context.Context, req client.Request, rsp any, opts ...client.CallOption) error {
	n.ran.note(n.name)
	return n.Client.Call(ctx, req, rsp, opts...)
}

// Within one Wrap… the first runs first. Of several, those of handlers, subscribers and calls run in the order given;
// those of clients nest outward.
func TestA290_WrapperOrder(t *testing.T) {
	r := new(ran)
	ctx, stop := context.WithCancel(t.Context())
	started := make(chan struct{})
	s := micro.NewService(
		micro.Name(fleet.Service), micro.Context(ctx), micro.HandleSignal(false), micro.Address("127.0.0.1:0"),
		micro.Registry(registry.NewMemoryRegistry()), micro.Broker(broker.NewMemoryBroker()), micro.Logger(logger.NewLogger(logger.WithHandler(slog.DiscardHandler))),
		micro.WrapHandler(r.handler("handler a"), r.handler("handler b")), micro.WrapHandler(r.handler("handler c")),
		micro.WrapSubscriber(r.subscriber("subscriber a"), r.subscriber("subscriber b")), micro.WrapSubscriber(r.subscriber("subscriber c")),
		micro.WrapCall(r.call("call a"), r.call("call b")), micro.WrapCall(r.call("call c")),
		micro.WrapClient(r.client("client a"), r.client("client b")), micro.WrapClient(r.client("client c")),
		micro.AfterStart(func() error { close(started); return nil }),
	)
	if err := micro.RegisterHandler(s.Server(), new(fleet.Greeter)); err != nil {
		t.Fatal(err)
	}
	if err := micro.RegisterSubscriber("events", s.Server(), func(context.Context, *fleet.Event) error { return nil }); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run() }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	select {
	case <-started:
	case err := <-done:
		t.Fatal(err)
	}
	if err := s.Client().Call(t.Context(), s.Client().NewRequest(fleet.Service, "Greeter.Hello", &fleet.HelloRequest{}), new(fleet.HelloResponse)); err != nil {
		t.Fatal(err)
	}
	r.is(t, "client c", "client a", "client b", "call a", "call b", "call c", "handler a", "handler b", "handler c")
	if err := s.Client().Publish(t.Context(), s.Client().NewMessage("events", &fleet.Event{})); err != nil {
		t.Fatal(err)
	}
	r.is(t, "subscriber a", "subscriber b", "subscriber c")
}
