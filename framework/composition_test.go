package micro_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/transport"
)

// inside gives a service parts that stay in the process, so that its time may be a bubble's.
func inside(r registry.Registry, tr transport.Transport) []micro.Option {
	return append(local(r), micro.Transport(tr), micro.Logger(logger.NewLogger(logger.WithHandler(slog.DiscardHandler))))
}

func TestA020_TheInterfaceOfAService(t *testing.T) {
	var names []string
	of := reflect.TypeFor[micro.Service]()
	for i := range of.NumMethod() {
		names = append(names, of.Method(i).Name)
	}
	if diff := cmp.Diff([]string{"Client", "Init", "Name", "Options", "Run", "Server", "String"}, names); diff != "" {
		t.Errorf("methods (-want +got):\n%s", diff)
	}
	s := micro.NewService(append(local(registry.NewMemoryRegistry()), micro.Name("named"))...)
	if s.Name() != "named" || s.String() == "" {
		t.Errorf("name %q, string %q", s.Name(), s.String())
	}
}

// A005, A013: main configures, registers handlers, as many as it likes, and runs.
func TestA005_A013_MainsThreeSteps(t *testing.T) {
	s := micro.NewService(append(local(registry.NewMemoryRegistry()), micro.Name("helloworld"))...)
	s.Init()
	if err := errors.Join(micro.RegisterHandler(s.Server(), &Greeter{"hi"}), micro.RegisterHandler(s.Server(), new(Say))); err != nil {
		t.Fatal(err)
	}
	stop := run(t, s)
	if got, err := hello(t.Context(), s.Client(), "helloworld"); err != nil || got != "hi you" {
		t.Errorf("Greeter: %q, %v", got, err)
	}
	rsp := new(Response)
	if err := s.Client().Call(t.Context(), s.Client().NewRequest("helloworld", "Say.It", &Request{Name: "you"}), rsp); err != nil || rsp.Message != "you!" {
		t.Errorf("Say: %q, %v", rsp.Message, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// Say is another handler.
type Say struct{}

// It says it.
func (*Say) It(_ context.Context, req *Request, rsp *Response) error {
	rsp.Message = req.Name + "!"
	return nil
}

// A007: nothing needs to be configured. The registry is mDNS, which may find no network here: the service runs all the same.
func TestA007_ABareServiceRuns(t *testing.T) {
	for name, opts := range map[string][]micro.Option{"bare": nil, "named": {micro.Name("helloworld")}} {
		s := micro.NewService(opts...)
		s.Init()
		if name == "named" && s.Name() != "helloworld" {
			t.Errorf("named %q", s.Name())
		}
		if err := micro.RegisterHandler(s.Server(), &Greeter{"hi"}); err != nil {
			t.Fatal(err)
		}
		stop := run(t, s)
		rsp := new(Response)
		c := s.Client()
		if err := c.Call(t.Context(), c.NewRequest(s.Name(), "Greeter.Hello", &Request{Name: "you"}), rsp, client.WithAddress(s.Server().Options().Address)); err != nil || rsp.Message != "hi you" {
			t.Errorf("%s: %q, %v", name, rsp.Message, err)
		}
		if err := stop(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestA021_A031_OneSetOfOptionsForServerAndClient(t *testing.T) {
	r, tr, b := registry.NewMemoryRegistry(), transport.NewMemoryTransport(), broker.NewMemoryBroker()
	own := server.NewServer(server.Name("before"))
	cl := client.NewClient()
	s := micro.NewService(micro.Server(own), micro.Client(cl), micro.Registry(r), micro.Transport(tr), micro.Broker(b), micro.Name("composed"))
	if s.Server() != own || s.Name() != "composed" {
		t.Errorf("server given is used: %v, name %q", s.Server() == own, s.Name())
	}
	so, co := s.Server().Options(), s.Client().Options()
	if so.Registry != r || so.Transport != tr || so.Broker != b || co.Registry != r || co.Transport != tr || co.Broker != b {
		t.Errorf("server has %v %v %v, client %v %v %v", so.Registry, so.Transport, so.Broker, co.Registry, co.Transport, co.Broker)
	}
	if cl.Options().Transport != tr {
		t.Error("the client that was given is not the one configured")
	}
}

func TestA025_A026_Options(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(context.Background(), key{}, 1)
	s := micro.NewService(micro.Context(ctx), micro.Registry(registry.NewMemoryRegistry()))
	o := s.Options()
	if o.Context.Value(key{}) != 1 || !o.Signal {
		t.Errorf("context %v, signal %v: signals are on by default", o.Context.Value(key{}), o.Signal)
	}
	if o.Broker == nil || o.Client == nil || o.Server == nil || o.Registry == nil || o.Transport == nil || o.Logger == nil {
		t.Errorf("a component is missing: %+v", o)
	}
	s.Init(micro.HandleSignal(false))
	if s.Options().Signal {
		t.Error("signals cannot be switched off")
	}
}

func TestA027_A029_A030_WhatOptionsSet(t *testing.T) {
	first, second := logger.NewLogger(), logger.NewLogger()
	s := micro.NewService(append(local(registry.NewMemoryRegistry()), micro.Name("shop"), micro.Version("7"), micro.Metadata(map[string]string{"zone": "a"}),
		micro.Address("127.0.0.1:9"), micro.RegisterTTL(30*time.Second), micro.RegisterInterval(10*time.Second), micro.Logger(first))...)
	o := s.Server().Options()
	if o.Name != "shop" || o.Version != "7" || o.Metadata["zone"] != "a" || o.Address != "127.0.0.1:9" || o.RegisterTTL != 30*time.Second || o.RegisterInterval != 10*time.Second {
		t.Errorf("server options %+v", o)
	}
	if s.Options().Logger != first {
		t.Error("the logger is not the one given")
	}
	s.Init(micro.Logger(second))
	if s.Options().Logger != second || s.Server().Options().Logger != second || s.Client().Options().Logger != second {
		t.Error("the logger was not replaced everywhere")
	}
}

// A033: any part can be swapped and nothing else changes: the same program on other parts, from inside and outside the
// framework.
func TestA033_AnyPartCanBeSwapped(t *testing.T) {
	for name, swap := range map[string][]micro.Option{
		"as it comes":       nil,
		"memory transport":  {micro.Transport(transport.NewMemoryTransport())},
		"another transport": {micro.Transport(foreign{transport.NewMemoryTransport()})},
		"another server":    {micro.Server(server.NewServer())},
		"another client":    {micro.Client(client.NewClient())},
	} {
		t.Run(name, func(t *testing.T) {
			s := micro.NewService(append(append(local(registry.NewMemoryRegistry()), micro.Name("swapped")), swap...)...)
			if err := micro.RegisterHandler(s.Server(), &Greeter{"hi"}); err != nil {
				t.Fatal(err)
			}
			stop := run(t, s)
			if got, err := hello(t.Context(), s.Client(), "swapped"); err != nil || got != "hi you" {
				t.Errorf("%q, %v", got, err)
			}
			if err := errors.Join(stop(), closeClient(s)); err != nil {
				t.Error(err)
			}
		})
	}
}

func closeClient(s micro.Service) error {
	if c, ok := s.Client().(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// foreign is a transport of somebody else's: only the interface is known of it.
type foreign struct{ transport.Transport }

// String names it.
func (foreign) String() string { return "foreign" }

// twenty cycles of two services in one process.
func TestR22_TwentyCyclesOfTwoServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, tr := registry.NewMemoryRegistry(), transport.NewMemoryTransport()
		for cycle := range 20 {
			var services []micro.Service
			var stops []func() error
			for _, name := range []string{"alpha", "beta"} {
				s := micro.NewService(append(inside(r, tr), micro.Name(name), micro.Metadata(map[string]string{"mine": name}))...)
				if err := micro.RegisterHandler(s.Server(), &Greeter{name}); err != nil {
					t.Fatal(err)
				}
				services, stops = append(services, s), append(stops, run(t, s))
			}
			for _, name := range []string{"alpha", "beta"} {
				for _, s := range services {
					if got, err := hello(t.Context(), s.Client(), name); err != nil || got != name+" you" {
						t.Errorf("cycle %d: %s answered %q, %v", cycle, name, got, err)
					}
				}
				found, err := r.GetService(name)
				if err != nil || len(found) != 1 || len(found[0].Nodes) != 1 || found[0].Nodes[0].Metadata["mine"] != name {
					t.Errorf("cycle %d: %s is registered as %v, %v", cycle, name, found, err)
				}
			}
			var group sync.WaitGroup
			for _, stop := range stops {
				group.Go(func() {
					if err := stop(); err != nil {
						t.Errorf("cycle %d: %v", cycle, err)
					}
				})
			}
			group.Wait()
			if all, err := r.ListServices(); err != nil || len(all) != 0 {
				t.Errorf("cycle %d leaves %v, %v", cycle, all, err)
			}
		}
	})
}

// A330, A331, A335: a service registers its life and death; a client learns of nodes by name, spreads calls over them and
// hears when one is gone.
func TestA330_A331_A335_DiscoveryAndBalancing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, tr := registry.NewMemoryRegistry(), transport.NewMemoryTransport()
		var stops []func() error
		for _, greeting := range []string{"a", "b", "c"} {
			s := micro.NewService(append(inside(r, tr), micro.Name("fleet"))...)
			if err := micro.RegisterHandler(s.Server(), &Greeter{greeting}); err != nil {
				t.Fatal(err)
			}
			stops = append(stops, run(t, s))
		}
		caller := micro.NewService(append(inside(r, tr), micro.Name("caller"))...)
		stopCaller := run(t, caller)
		heard := func() map[string]int {
			counts := map[string]int{}
			for range 90 {
				got, err := hello(t.Context(), caller.Client(), "fleet")
				if err != nil {
					t.Fatal(err)
				}
				counts[strings.Fields(got)[0]]++
			}
			return counts
		}
		all := heard()
		for _, node := range []string{"a", "b", "c"} {
			if all[node] < 10 {
				t.Errorf("calls per node %v", all)
			}
		}
		if err := stops[0](); err != nil {
			t.Fatal(err)
		}
		if rest := heard(); rest["a"] != 0 || len(rest) != 2 {
			t.Errorf("after a is gone: %v", rest)
		}
		for _, stop := range append(stops[1:], stopCaller) {
			if err := stop(); err != nil {
				t.Error(err)
			}
		}
	})
}

// A333: pub/sub is asynchronous: Publish does not wait for those who hear.
func TestA333_PubSubIsAsynchronous(t *testing.T) {
	b, let, got := broker.NewMemoryBroker(), make(chan struct{}), make(chan string, 2)
	r := registry.NewMemoryRegistry()
	var stops []func() error
	for _, name := range []string{"one", "two"} {
		s := micro.NewService(micro.Name(name), micro.Registry(r), micro.Broker(b), micro.Address("127.0.0.1:0"), micro.HandleSignal(false))
		if err := micro.RegisterSubscriber("orders", s.Server(), func(_ context.Context, q *Request) error {
			<-let
			got <- name + " " + q.Name
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		stops = append(stops, run(t, s))
	}
	publisher := micro.NewService(micro.Name("three"), micro.Registry(r), micro.Broker(b), micro.Address("127.0.0.1:0"), micro.HandleSignal(false))
	stops = append(stops, run(t, publisher))
	began := time.Now()
	if err := micro.NewEvent("orders", publisher.Client()).Publish(t.Context(), &Request{Name: "tea"}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("Publish waited %v for subscribers that were busy", took)
	}
	close(let)
	heard := []string{<-got, <-got}
	slices.Sort(heard)
	if diff := cmp.Diff([]string{"one tea", "two tea"}, heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	for _, stop := range stops {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
}

// A336: the parts of a service that names none. The selector is the cached one, whose name is "registry" in v4 (A2-4).
func TestA336_Defaults(t *testing.T) {
	o := micro.NewService().Options()
	got := []string{
		o.Transport.String(), o.Registry.String(), o.Broker.String(), o.Client.String(), o.Server.String(), o.Client.Options().Selector.String(),
		o.Client.Options().ContentType, server.DefaultContentType,
	}
	if diff := cmp.Diff([]string{"http", "mdns", "http", "mucp", "mucp", "registry", "application/json", "application/protobuf"}, got); diff != "" {
		t.Errorf("transport, registry, broker, client, server, selector and both codecs (-want +got):\n%s", diff)
	}
}

// A338: calls and events need the five core parts and nothing else: the others may all be nil.
func TestA338_A339_TheCoreIsEnough(t *testing.T) {
	r, tr, b := registry.NewMemoryRegistry(), transport.NewMemoryTransport(), broker.NewMemoryBroker()
	quiet := logger.NewLogger(logger.WithHandler(slog.DiscardHandler))
	heard := make(chan string, 1)
	s := server.NewServer(server.Name("core"), server.Registry(r), server.Transport(tr), server.Broker(b), server.WithLogger(quiet))
	if err := errors.Join(s.Handle(s.NewHandler(&Greeter{"hi"})), s.Subscribe(s.NewSubscriber("t", func(q *Request) error { heard <- q.Name; return nil }))); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	c := client.NewClient(client.Registry(r), client.Transport(tr), client.Broker(b), client.WithLogger(quiet))
	if got, err := hello(t.Context(), c, "core"); err != nil || got != "hi you" {
		t.Errorf("%q, %v", got, err)
	}
	if err := c.Publish(t.Context(), c.NewMessage("t", &Request{Name: "tea"})); err != nil || <-heard != "tea" {
		t.Errorf("publish: %v", err)
	}
	if err := errors.Join(c.(io.Closer).Close(), s.Stop()); err != nil {
		t.Error(err)
	}
	o := micro.NewService(micro.Registry(r), micro.Transport(tr), micro.Broker(b), micro.Server(s), micro.Client(c)).Options()
	if o.Registry != r || o.Transport != tr || o.Broker != b || o.Server != s || o.Client != c {
		t.Error("a service combines other parts than it was given")
	}
}
