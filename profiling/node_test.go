package profiling_test

import (
	"context"
	"testing"
	"time"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/vitals"
	"github.com/microtop/microtop/profiling"
)

// A node's profiles come over its own port; over HTTP where its metadata names a profiler that may be used.
func TestNodeTarget(t *testing.T) {
	r := registry.NewMemoryRegistry()
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan struct{}), make(chan error, 1)
	service := micro.NewService(micro.Name("shop"), micro.Version("1"), micro.Address("127.0.0.1:0"), micro.Registry(r), micro.Broker(broker.NewMemoryBroker()),
		micro.HandleSignal(false), micro.Context(ctx), micro.AfterStart(func() error { close(started); return nil }))
	go func() { ended <- service.Run() }()
	<-started
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	s, err := introspect.Open(introspect.Config{Registry: r, Client: client.NewClient(client.Registry(r))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	nodes, err := vitals.Nodes(t.Context(), s, introspect.Target{Service: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	own := profiling.NodeTarget(s, nodes[0])
	if own.Service != "shop" || own.Version != "1" || own.Node != nodes[0].Id || own.Address != nodes[0].Address {
		t.Errorf("target = %+v", own)
	}
	pprof := pprofServer(t)
	named := nodes[0]
	named.Node = &registry.Node{Id: "named", Address: nodes[0].Address, Metadata: map[string]string{"pprof": pprof.URL}}
	over := profiling.NodeTarget(s, named)
	if _, ok := over.Source.(*profiling.HTTPSource); !ok {
		t.Errorf("a profiler of this host's: %T", over.Source)
	}
	elsewhere := vitals.Node{Service: "shop", Node: &registry.Node{Id: "far", Address: "192.0.2.1:80", Metadata: map[string]string{"pprof": pprof.URL}}}
	if _, ok := profiling.NodeTarget(s, elsewhere).Source.(*profiling.HTTPSource); ok {
		t.Error("a node elsewhere may point to this host's profiler")
	}
	for _, result := range profiling.Capture(t.Context(), []profiling.Target{own, over}, profiling.CaptureOptions{Kind: profiling.Heap, Grace: 5 * time.Second}) {
		if result.Err != nil || result.Profile == nil {
			t.Errorf("%s: %v", result.Target.Node, result.Err)
		}
	}
}
