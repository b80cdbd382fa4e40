package invoke_test

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a registry with nodes of real services.
type world struct {
	registry registry.Registry
	runs     atomic.Int64 // of handlers, the debug service's apart
	mu       sync.Mutex
	last     string // the content type of the last request
}

func newWorld() *world { return &world{registry: registry.NewMemoryRegistry()} }

// lastType is the content type of the last request.
func (w *world) lastType() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

func (w *world) count(next server.HandlerFunc) server.HandlerFunc {
	return func(ctx context.Context, req server.Request, rsp any) error {
		w.runs.Add(1)
		w.mu.Lock()
		w.last = req.ContentType()
		w.mu.Unlock()
		return next(ctx, req, rsp)
	}
}

// node starts a node with the debug service and returns its address.
func (w *world) node(t *testing.T, version string, register func(server.Server)) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan struct{}), make(chan error, 1)
	s := micro.NewService(micro.Name(fleet.Service), micro.Version(version), micro.Address("127.0.0.1:0"), micro.Registry(w.registry),
		micro.Broker(broker.NewMemoryBroker()), micro.HandleSignal(false), micro.Context(ctx), micro.WrapHandler(w.count),
		micro.AfterStart(func() error { close(started); return nil }))
	register(s.Server())
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
	return s.Server().Options().Address
}

// bare starts a node without a debug service, as v4's programs are without the one of their framework.
func (w *world) bare(t *testing.T, register func(server.Server)) {
	t.Helper()
	s := server.NewServer(server.Name(fleet.Service), server.Version("bare"), server.Address("127.0.0.1:0"), server.Registry(w.registry),
		server.Broker(broker.NewMemoryBroker()), server.WrapHandler(w.count))
	register(s)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
}

// claim registers a node that is not what it says; endpoints are those of the others.
func (w *world) claim(t *testing.T, version, id, address string) {
	t.Helper()
	n := &registry.Node{Id: id, Address: address, Metadata: map[string]string{"protocol": "mucp"}}
	s := &registry.Service{Name: fleet.Service, Version: version, Nodes: []*registry.Node{n}}
	if err := w.registry.Register(s); err != nil {
		t.Fatal(err)
	}
}

// everything registers handlers of every kind.
func everything(s server.Server) {
	must(micro.RegisterHandler(s, new(fleet.Greeter), server.EndpointMetadata("Greeter.Hello", map[string]string{"idempotent": "true"})))
	must(micro.RegisterHandler(s, new(fleet.Streamer), server.HandlerDescriptor(fleet.File_framework_server_servertest_fleet_fleet_proto.Services().ByName("Streamer"))))
	must(micro.RegisterHandler(s, new(fleet.Shop)))
	must(micro.RegisterSubscriber("greetings", s, func(context.Context, *fleet.Event) error { return nil }))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func (w *world) session(t *testing.T, change ...func(*introspect.Config)) *introspect.Session {
	t.Helper()
	c := introspect.Config{Registry: w.registry, Client: introspect.NewClient(client.Registry(w.registry)), Timeout: 5 * time.Second}
	for _, f := range change {
		f(&c)
	}
	s, err := introspect.Open(c)
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

// deaf is the address of a node that accepts and never answers.
func deaf(t *testing.T) string {
	t.Helper()
	var c net.ListenConfig
	l, err := c.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// dead is an address where nobody listens.
func dead(t *testing.T) string {
	t.Helper()
	var c net.ListenConfig
	l, err := c.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func request(endpoint, body string) invoke.Request {
	return invoke.Request{Target: introspect.Target{Service: fleet.Service}, Endpoint: endpoint, Body: []byte(body)}
}
