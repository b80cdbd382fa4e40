package server_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// noting notes what a server asks of its components, in order.
type noting struct {
	registry.Registry
	mu    sync.Mutex
	notes []string
	fail  atomic.Int64 // how many registrations fail
}

func (n *noting) note(what string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.notes = append(n.notes, what)
}

func (n *noting) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.notes...)
}

func (n *noting) Register(s *registry.Service, opts ...registry.RegisterOption) error {
	var o registry.RegisterOptions
	for _, set := range opts {
		set(&o)
	}
	n.note("register " + o.TTL.String())
	if n.fail.Add(-1) >= 0 {
		return errors.New("registry is down")
	}
	return n.Registry.Register(s, opts...)
}

func (n *noting) Deregister(s *registry.Service, opts ...registry.DeregisterOption) error {
	if s.Endpoints != nil || s.Nodes[0].Metadata != nil {
		n.note("deregister with more than the node")
	}
	if s.Name == "" || s.Version == "" || s.Nodes[0].Id == "" {
		n.note("deregister with less than the node")
	}
	n.note("deregister")
	return n.Registry.Deregister(s, opts...)
}

type notingTransport struct {
	transport.Transport
	n *noting
}

func (t notingTransport) Listen(addr string, opts ...transport.ListenOption) (transport.Listener, error) {
	t.n.note("listen")
	return t.Transport.Listen(addr, opts...)
}

type notingBroker struct {
	broker.Broker
	n *noting
}

func (b notingBroker) Connect() error {
	b.n.note("connect")
	return b.Broker.Connect()
}

func (b notingBroker) Disconnect() error {
	b.n.note("disconnect")
	return b.Broker.Disconnect()
}

func (b notingBroker) Subscribe(topic string, h broker.Handler, opts ...broker.SubscribeOption) (broker.Subscriber, error) {
	b.n.note("subscribe " + topic)
	s, err := b.Broker.Subscribe(topic, h, opts...)
	return notingSubscriber{s, b.n}, err
}

type notingSubscriber struct {
	broker.Subscriber
	n *noting
}

func (s notingSubscriber) Unsubscribe() error {
	s.n.note("unsubscribe " + s.Topic())
	return s.Subscriber.Unsubscribe()
}

func noted(check func(context.Context) error) (*noting, server.Server) {
	n := &noting{Registry: registry.NewMemoryRegistry()}
	s := server.NewServer(server.Name("s"), server.Registry(n), server.Broker(notingBroker{broker.NewMemoryBroker(), n}),
		server.Transport(notingTransport{transport.NewMemoryTransport(), n}), server.WithLogger(quiet()), server.RegisterCheck(check))
	if err := s.Subscribe(s.NewSubscriber("t", func(context.Context, *fleet.Event) error { return nil })); err != nil {
		panic(err)
	}
	return n, s
}

func TestA048_A049_A053_A056_A059_OrderOfStartAndStop(t *testing.T) {
	t.Parallel()
	var n *noting
	n, s := noted(func(context.Context) error { n.note("check"); return nil })
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	want := []string{"listen", "connect", "check", "register 1m30s", "subscribe t", "deregister", "unsubscribe t", "disconnect"}
	if diff := cmp.Diff(want, n.all()); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestA050_A051_A052_A053_Heartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sick atomic.Bool
		n, s := noted(func(context.Context) error {
			if sick.Load() {
				return errors.New("sick")
			}
			return nil
		})
		sick.Store(true)
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		step := func(d time.Duration, want ...string) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if diff := cmp.Diff(want, n.all()); diff != "" {
				t.Errorf("after %v (-want +got):\n%s", d, diff)
			}
			n.mu.Lock()
			n.notes = nil
			n.mu.Unlock()
		}
		step(0, "listen", "connect")
		step(30 * time.Second) // still sick: stays out
		sick.Store(false)
		step(30*time.Second, "register 1m30s", "subscribe t")
		step(30*time.Second, "register 1m30s")
		sick.Store(true)
		step(30*time.Second, "deregister", "unsubscribe t")
		step(60 * time.Second) // stays out
		sick.Store(false)
		step(30*time.Second, "register 1m30s", "subscribe t")
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		step(time.Hour, "deregister", "unsubscribe t", "disconnect")
	})
}

func TestA057_RegistrationIsTriedThreeTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := noted(nil)
		n.fail.Store(4)
		began := time.Now()
		if err := s.Start(); err != nil {
			t.Fatalf("a registry that is down keeps the server from starting: %v", err)
		}
		if took := time.Since(began); took != 700*time.Millisecond {
			t.Errorf("three attempts took %v, want 700 ms of backoff", took)
		}
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if _, err := n.GetService("s"); err != nil {
			t.Errorf("not back at the heartbeat after: %v", err)
		}
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAFailedStartCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	tr := transport.NewMemoryTransport()
	taken, err := tr.Listen("127.0.0.1:12345")
	if err != nil {
		t.Fatal(err)
	}
	s := unstarted(tr, "127.0.0.1:12345")
	if err := s.Start(); err == nil {
		t.Fatal("started on a taken address")
	}
	if err := s.Stop(); err != nil {
		t.Errorf("stop of what did not start: %v", err)
	}
	taken.Close()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
}

func unstarted(tr transport.Transport, addr string) server.Server {
	return server.NewServer(server.Address(addr), server.Transport(tr), server.Registry(registry.NewMemoryRegistry()),
		server.Broker(broker.NewMemoryBroker()), server.WithLogger(quiet()))
}

func TestR06_AStuckHandlerIsNamed(t *testing.T) {
	t.Parallel()
	h := newHeld()
	s := start(t, []any{h, new(fleet.Greeter)}, server.DrainTimeout(2*time.Second))
	defer close(h.let)
	p := connect(t, s)
	p.write(post(`{"delay_ms":100}`, "Micro-Endpoint: Greeter.Slow", "Micro-Id: 1"))
	p.write(post(`{}`, "Micro-Endpoint: Held.Deaf", "Micro-Id: 2"))
	<-h.running // so the request before it was taken too
	began := time.Now()
	err := s.Stop()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("stop took %v with a drain timeout of 2 s", took)
	}
	if err == nil || !strings.Contains(err.Error(), "Held.Deaf") {
		t.Errorf("stop: %v, want an error that names Held.Deaf", err)
	}
	if f, _ := p.read(); f.ID != "1" || f.Error != "" {
		t.Errorf("the other request: %+v", f)
	}
}

func TestA062_DrainingRefusesAndSaysSo(t *testing.T) {
	t.Parallel()
	h := newHeld()
	s := start(t, []any{h})
	if err := s.Init(server.Wait(nil)); err != nil { // as v4 programs ask for it
		t.Fatal(err)
	}
	busy, idle := connect(t, s), connect(t, s)
	idle.write(post(`{}`, "Micro-Endpoint: Nope.Nope", "Micro-Id: 1"))
	idle.read()
	busy.write(post(`{}`, "Micro-Endpoint: Held.Wait", "Micro-Id: 1"))
	<-h.running
	stopped := make(chan error)
	go func() { stopped <- s.Stop() }()
	told, header := idle.read()
	if header.Get("Micro-Draining") != "1" || told.ID != "" || !strings.Contains(told.Error, `"detail":"draining: not run"`) {
		t.Errorf("the idle connection was told %+v", told)
	}
	if _, err := s.Options().Registry.GetService(fleet.Service); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("refusing while registered: %v", err)
	}
	busy.write(post(`{}`, "Micro-Endpoint: Held.Wait", "Micro-Id: 2"))
	f, header := busy.read()
	if f.ID != "2" || header.Get("Micro-Draining") != "1" || !strings.Contains(f.Error, `"code":500`) {
		t.Errorf("a new request: %+v", f)
	}
	late := connect(t, s) // still accepts, so that it can say why not
	late.write(post(`{}`, "Micro-Endpoint: Held.Wait", "Micro-Id: 1"))
	if f, header := late.read(); f.ID != "1" || header.Get("Micro-Draining") != "1" {
		t.Errorf("a request on a new connection: %+v", f)
	}
	close(h.let)
	if f, header := busy.read(); f.ID != "1" || f.Error != "" || header.Get("Micro-Draining") != "" {
		t.Errorf("the request that ran: %+v", f)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestR22_TwoServersShareNothing(t *testing.T) {
	t.Parallel()
	reg := registry.NewMemoryRegistry()
	a := start(t, []any{new(fleet.Greeter)}, server.Registry(reg), server.Name("a"), server.Metadata(map[string]string{"k": "a"}))
	b := start(t, []any{new(fleet.Shop)}, server.Registry(reg), server.Name("b"))
	if a.Options().Id == b.Options().Id {
		t.Error("the ids are the same")
	}
	for name, want := range map[string]string{"a": "Greeter.Fail", "b": "Shop.Buy"} {
		found, err := reg.GetService(name)
		if err != nil || found[0].Endpoints[0].Name != want || len(found[0].Nodes) != 1 {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	found, _ := reg.GetService("b")
	want := map[string]string{"transport": "http", "broker": "memory", "server": "mucp", "registry": "memory", "protocol": "mucp", "micro-pipeline": "64"}
	if diff := cmp.Diff(want, found[0].Nodes[0].Metadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
}

func TestNodeAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts []server.Option
		ok   func(string) bool
	}{
		"as listened": {nil, func(a string) bool { return strings.HasPrefix(a, "127.0.0.1:") }},
		"wildcard": {[]server.Option{server.Address(":0")}, func(a string) bool {
			return !strings.HasPrefix(a, ":") && !strings.HasPrefix(a, "[::]") && !strings.HasPrefix(a, "0.0.0.0")
		}},
		"advertised": {[]server.Option{server.Advertise("example.org:80")}, func(a string) bool { return a == "example.org:80" }},
	} {
		s := start(t, []any{new(fleet.Greeter)}, c.opts...)
		found, err := s.Options().Registry.GetService(fleet.Service)
		if err != nil || !c.ok(found[0].Nodes[0].Address) {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
}

// Stop returns an error when the drain timeout passes, which is the limit of those that are ended after half of it.
func TestEndlessStreamsDoNotHoldUpTheDrain(t *testing.T) {
	const half = 1500 * time.Millisecond
	for name, internal := range map[string]bool{"internal": true, "the program's": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHeld()
			s := start(t, nil, server.DrainTimeout(2*half))
			if err := s.Handle(s.NewHandler(h, server.InternalHandler(internal))); err != nil {
				t.Fatal(err)
			}
			p := connect(t, s)
			p.write(post("", "Micro-Endpoint: Held.Listen", "Micro-Id: 1", "Micro-Stream: 1"))
			<-h.running
			began := time.Now()
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); internal != (took < half) {
				t.Errorf("stop took %v of a drain timeout of %v", took, 2*half)
			}
			if f, _ := p.read(); f.ID != "1" || f.Error == "" {
				t.Errorf("the stream ended with %+v", f)
			}
		})
	}
}
