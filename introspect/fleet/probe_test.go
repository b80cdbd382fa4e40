package fleet_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect/fleet"
)

// The default prober against real peers: one that tells its vitals, one without a debug service, one of another
// protocol, one that is gone and one that never answers.
func TestTheDefaultProber(t *testing.T) {
	r := registry.NewMemoryRegistry()
	ctx, cancel := context.WithCancel(t.Context())
	started, ended := make(chan struct{}), make(chan error, 1)
	s := micro.NewService(micro.Name("well"), micro.Address("127.0.0.1:0"), micro.Registry(r), micro.Broker(broker.NewMemoryBroker()),
		micro.HandleSignal(false), micro.Context(ctx), micro.AfterStart(func() error { close(started); return nil }))
	go func() { ended <- s.Run() }()
	<-started
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()

	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	closed := listen(t)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	deaf := listen(t)
	defer func() { _ = deaf.Close() }()
	add := func(name, protocol, address string) {
		n := &registry.Node{Id: name, Address: address, Metadata: map[string]string{"protocol": protocol}}
		register(t, r, &registry.Service{Name: name, Version: "1", Nodes: []*registry.Node{n}})
	}
	add("other", "http", other.Listener.Addr().String())
	add("mucp without debug", "mucp", s.Server().Options().Address)
	add("closed", "mucp", closed.Addr().String())
	add("closed http", "http", closed.Addr().String())
	add("deaf", "mucp", deaf.Addr().String())

	f := start(t, r, fleet.Options{Probe: 50 * time.Millisecond, ProbeTimeout: 500 * time.Millisecond})
	want := map[string]fleet.State{
		"well": fleet.Up, "other": fleet.Up, "closed": fleet.Down, "closed http": fleet.Down, "deaf": fleet.Down,
	}
	settled := func() error {
		for name, state := range want {
			found := f.Snapshot().Service(name)
			if found == nil || found.Nodes[0].State != state {
				return errors.New(name + " is not " + state.String())
			}
		}
		return nil
	}
	for end := time.Now().Add(5 * time.Second); settled() != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(settled())
		}
	}
	if v := f.Snapshot().Service("well").Nodes[0].Vitals; v == nil || v.Goroutines == 0 || v.Heap == 0 {
		t.Errorf("vitals = %+v", v)
	}
	if p := f.Snapshot().Service("closed").Nodes[0].Problem; !strings.Contains(p, "refused") {
		t.Errorf("closed: %q", p)
	}
	if p := f.Snapshot().Service("deaf").Nodes[0].Problem; p != "no answer within 500ms" {
		t.Errorf("deaf: %q", p)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	var c net.ListenConfig
	l, err := c.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestList(t *testing.T) {
	inner := registry.NewMemoryRegistry()
	register(t, inner, service("b", "1", "x"))
	register(t, inner, service("b", "2", "y", "z"))
	register(t, inner, service("a", "1", "x"))
	names := &faulty{Registry: inner, list: func() ([]*registry.Service, error) {
		return []*registry.Service{{Name: "b"}, {Name: "a"}, {Name: "b"}, {Name: "gone"}}, nil
	}}
	for name, r := range map[string]registry.Registry{"whole": inner, "names only": names} {
		found, err := fleet.List(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) != 3 || found[0].Name != "a" || len(found[1].Nodes)+len(found[2].Nodes) != 3 {
			t.Errorf("%s: %+v", name, found)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fleet.List(ctx, names); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
