package micro_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Request and Response are the messages of Greeter.
type (
	Request  struct{ Name string }
	Response struct{ Message string }
)

// Greeter is a handler.
type Greeter struct{ greeting string }

// Hello greets.
func (g *Greeter) Hello(_ context.Context, req *Request, rsp *Response) error {
	rsp.Message = g.greeting + " " + req.Name
	return nil
}

// local gives a service a registry and a broker without a network.
func local(r registry.Registry) []micro.Option {
	return []micro.Option{
		micro.Registry(r), micro.Broker(broker.NewMemoryBroker()), micro.Address("127.0.0.1:0"), micro.HandleSignal(false),
	}
}

// run runs a service until the test ends, and returns once it serves.
func run(t *testing.T, s micro.Service) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	started := make(chan struct{})
	s.Init(micro.Context(ctx), micro.AfterStart(func() error { close(started); return nil }))
	done := make(chan error, 1)
	go func() { done <- s.Run() }()
	select {
	case <-started:
	case err := <-done:
		t.Fatalf("run: %v", err)
	case <-time.After(10 * time.Second):
		t.Fatal("not started within 10 s")
	}
	stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { _ = stop() })
	return stop
}

func hello(ctx context.Context, c client.Client, service string) (string, error) {
	rsp := new(Response)
	err := c.Call(ctx, c.NewRequest(service, "Greeter.Hello", &Request{Name: "you"}), rsp)
	return rsp.Message, err
}

// two services in one process stay apart.
func TestR22_TwoServicesShareNothing(t *testing.T) {
	r := registry.NewMemoryRegistry()
	for range 3 {
		a := micro.NewService(append(local(r), micro.Name("alpha"), micro.Metadata(map[string]string{"zone": "a"}))...)
		b := micro.NewService(append(local(r), micro.Name("beta"))...)
		if a.Server() == b.Server() || a.Client() == b.Client() || a.Server().Options().Tracer == b.Server().Options().Tracer {
			t.Fatal("two services share a component")
		}
		for s, greeting := range map[micro.Service]string{a: "hi", b: "yo"} {
			if err := micro.RegisterHandler(s.Server(), &Greeter{greeting}); err != nil {
				t.Fatal(err)
			}
		}
		stopA, stopB := run(t, a), run(t, b)
		for name, want := range map[string]string{"alpha": "hi you", "beta": "yo you"} {
			if got, err := hello(t.Context(), b.Client(), name); err != nil || got != want {
				t.Errorf("%s answered %q, %v", name, got, err)
			}
		}
		services, err := r.GetService("beta")
		if err != nil || services[0].Nodes[0].Metadata["zone"] != "" {
			t.Errorf("beta has alpha's metadata: %v, %v", services, err)
		}
		if err := errors.Join(stopA(), stopB()); err != nil {
			t.Error(err)
		}
	}
}

func TestA028_InitWinsOverNewService(t *testing.T) {
	s := micro.NewService(append(local(registry.NewMemoryRegistry()), micro.Name("first"), micro.Version("1"))...)
	s.Init(micro.Name("second"))
	if s.Name() != "second" || s.Server().Options().Version != "1" {
		t.Errorf("name %q, version %q", s.Name(), s.Server().Options().Version)
	}
}

func TestOrderOfOptionsDoesNotMatter(t *testing.T) {
	own := server.NewServer()
	for _, opts := range [][]micro.Option{
		{micro.Server(own), micro.Name("named")},
		{micro.Name("named"), micro.Server(own)},
	} {
		s := micro.NewService(append(opts, micro.Registry(registry.NewMemoryRegistry()))...)
		if s.Server() != own || s.Name() != "named" {
			t.Errorf("server %v, name %q", s.Server() == own, s.Name())
		}
	}
}

func TestA040_HooksRunInOrder(t *testing.T) {
	var order []string
	note := func(what string) func() error {
		return func() error { order = append(order, what); return nil }
	}
	s := micro.NewService(append(local(registry.NewMemoryRegistry()),
		micro.BeforeStart(note("before start")), micro.BeforeStop(note("before stop")), micro.AfterStop(note("after stop")),
		micro.AfterStart(note("after start")))...)
	stop := run(t, s)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, ", "); got != "before start, after start, before stop, after stop" {
		t.Errorf("got %s", got)
	}
}

func TestAFailingHookEndsTheStart(t *testing.T) {
	r := registry.NewMemoryRegistry()
	refused := errors.New("no")
	s := micro.NewService(append(local(r), micro.Name("never"), micro.AfterStart(func() error { return refused }))...)
	if err := s.Run(); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if services, err := r.GetService("never"); err == nil && len(services) > 0 {
		t.Errorf("still registered: %v", services)
	}
}

type named struct {
	client.Client
	name string
	log  *[]string
}

// Call implements client.Client.
func (n named) Call(ctx context.Context, req client.Request, rsp any, opts ...client.CallOption) error {
	*n.log = append(*n.log, n.name)
	return n.Client.Call(ctx, req, rsp, opts...)
}

// docs: within one WrapClient the first runs first; a later WrapClient wraps around an earlier.
func TestWrapperOrder(t *testing.T) {
	var order []string
	wrapper := func(name string) client.Wrapper {
		return func(c client.Client) client.Client { return named{c, name, &order} }
	}
	handlers := func(name string) server.HandlerWrapper {
		return func(next server.HandlerFunc) server.HandlerFunc {
			return func(ctx context.Context, req server.Request, rsp any) error {
				order = append(order, name)
				return next(ctx, req, rsp)
			}
		}
	}
	r := registry.NewMemoryRegistry()
	s := micro.NewService(append(local(r), micro.Name("wrapped"),
		micro.WrapClient(wrapper("a"), wrapper("b")), micro.WrapHandler(handlers("1"), handlers("2")), micro.WrapHandler(handlers("3")))...)
	s.Init(micro.WrapClient(wrapper("c")))
	if err := micro.RegisterHandler(s.Server(), &Greeter{"hi"}); err != nil {
		t.Fatal(err)
	}
	stop := run(t, s)
	if _, err := hello(t.Context(), s.Client(), "wrapped"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "c a b 1 2 3" {
		t.Errorf("got %s", got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestEventsReachSubscribers(t *testing.T) {
	got := make(chan string, 1)
	s := micro.NewService(append(local(registry.NewMemoryRegistry()), micro.Name("listener"))...)
	if err := micro.RegisterSubscriber("greetings", s.Server(), func(_ context.Context, r *Request) error {
		got <- r.Name
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	stop := run(t, s)
	if err := micro.NewEvent("greetings", s.Client()).Publish(t.Context(), &Request{Name: "you"}); err != nil {
		t.Fatal(err)
	}
	select {
	case name := <-got:
		if name != "you" {
			t.Errorf("got %q", name)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("no event")
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
