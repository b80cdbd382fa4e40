package server_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/codec/text"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// methods are the names of an interface's methods.
func methods[T any]() []string {
	var names []string
	of := reflect.TypeFor[T]()
	for i := range of.NumMethod() {
		names = append(names, of.Method(i).Name)
	}
	return names
}

// A071: the older Register and Deregister are what Start, the heartbeat and Stop do (decision A2-12).
func TestA070_A071_TheInterfaceOfAServer(t *testing.T) {
	want := []string{"Handle", "Init", "NewHandler", "NewSubscriber", "Options", "Start", "Stop", "String", "Subscribe"}
	if diff := cmp.Diff(want, methods[server.Server]()); diff != "" {
		t.Errorf("methods (-want +got):\n%s", diff)
	}
	reg := registry.NewMemoryRegistry()
	s := start(t, nil, server.Registry(reg))
	if _, err := reg.GetService(fleet.Service); err != nil {
		t.Errorf("started and not registered: %v", err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := reg.GetService(fleet.Service); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("stopped and still registered: %v", err)
	}
}

func TestA072_TheDefaultServerIsMucp(t *testing.T) {
	for _, name := range []string{server.DefaultServer.String(), server.NewServer().String(), server.String()} {
		if name != "mucp" {
			t.Errorf("named %q", name)
		}
	}
}

// A073: what a server keeps, seen from outside: handlers, subscribers, options, and whether it started and is registered.
func TestA073_A075_A077_WhatAServerKeeps(t *testing.T) {
	reg := registry.NewMemoryRegistry()
	s := server.NewServer(server.Name("kept"), server.Registry(reg), server.Broker(broker.NewMemoryBroker()),
		server.Transport(transport.NewMemoryTransport()), server.WithLogger(quiet()))
	kept := s.(server.Lister)
	if len(kept.Handlers())+len(kept.Subscribers()) != 0 || s.Options().Name != "kept" {
		t.Error("a new server is not empty")
	}
	greeter := new(fleet.Greeter)
	described := s.NewHandler(greeter)
	if len(kept.Handlers()) != 0 {
		t.Error("NewHandler binds: that is Handle's")
	}
	if err := errors.Join(s.Handle(described), s.Handle(s.NewHandler(new(fleet.Shop)))); err != nil {
		t.Fatal(err)
	}
	if described.Name() != "Greeter" || described.Handler() != any(greeter) {
		t.Errorf("handler %q of %v", described.Name(), described.Handler())
	}
	var names []string
	for _, h := range kept.Handlers() {
		names = append(names, h.Name())
	}
	if diff := cmp.Diff([]string{"Greeter", "Shop"}, names); diff != "" {
		t.Errorf("handlers by name (-want +got):\n%s", diff)
	}
	if err := s.Handle(s.NewHandler(new(fleet.Greeter))); err == nil && len(kept.Handlers()) != 2 {
		t.Errorf("%d handlers of two names", len(kept.Handlers()))
	}
	sub := s.NewSubscriber("orders", func(context.Context, *fleet.Event) error { return nil })
	if len(kept.Subscribers()) != 0 {
		t.Error("NewSubscriber binds: that is Subscribe's")
	}
	if err := s.Subscribe(sub); err != nil {
		t.Fatal(err)
	}
	if got := kept.Subscribers(); len(got) != 1 || got[0].Topic() != "orders" {
		t.Errorf("subscribers %v", got)
	}
	for range 2 {
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		if found, err := reg.GetService("kept"); err != nil || len(found[0].Nodes) != 1 {
			t.Errorf("started: %v, %v", found, err)
		}
	}
	for range 2 {
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		if _, err := reg.GetService("kept"); !errors.Is(err, registry.ErrNotFound) {
			t.Errorf("stopped: %v", err)
		}
	}
}

// Listener has methods for events, of each shape.
type Listener struct{ in *inbox }

// WithContext takes a pointer.
func (l *Listener) WithContext(_ context.Context, e *fleet.Event) error {
	l.in.add("method " + e.GetId())
	return nil
}

// Bare takes no context.
func (l *Listener) Bare(e *fleet.Event) error {
	l.in.add("bare method " + e.GetId())
	return nil
}

func TestA076_ShapesOfSubscribers(t *testing.T) {
	b, in := broker.NewMemoryBroker(), new(inbox)
	s := start(t, nil, server.Broker(b))
	for topic, sub := range map[string]any{
		"a": func(_ context.Context, e *fleet.Event) error { in.add("func " + e.GetId()); return nil },
		"b": func(e *fleet.Event) error { in.add("bare func " + e.GetId()); return nil },
		"c": func(_ context.Context, e struct {
			ID string `json:"id"`
		}) error {
			in.add("value " + e.ID)
			return nil
		},
		"d": &Listener{in},
	} {
		if err := s.Subscribe(s.NewSubscriber(topic, sub)); err != nil {
			t.Fatalf("%s: %v", topic, err)
		}
	}
	for _, bad := range []any{nil, 1, func() {}, func(*fleet.Event) {}, func(a, b *fleet.Event) error { return nil }, func(context.Context, ...string) error { return nil }} {
		if err := s.Subscribe(s.NewSubscriber("bad", bad)); err == nil {
			t.Errorf("a subscriber of type %T is taken", bad)
		}
	}
	if err := errors.Join(s.Stop(), s.Start()); err != nil { // what is added later is bound at the next heartbeat
		t.Fatal(err)
	}
	for _, topic := range []string{"a", "b", "c", "d"} {
		m := &broker.Message{Header: map[string]string{"Content-Type": "application/json"}, Body: []byte(`{"id":"` + topic + `"}`)}
		if err := b.Publish(topic, m); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"bare func b", "bare method d", "func a", "method d", "value c"}
	deadline := time.Now().Add(5 * time.Second)
	for {
		in.mu.Lock()
		got := slices.Sorted(slices.Values(in.got))
		in.mu.Unlock()
		if diff := cmp.Diff(want, got); diff == "" {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("heard (-want +got):\n%s", diff)
		}
		time.Sleep(time.Millisecond)
	}
}

// A079: a request is received, goes through the wrappers, is dispatched by its endpoint, decoded by its content type, and
// its method is called.
func TestA079_TheWayOfARequest(t *testing.T) {
	var seen []string
	wrap := func(next server.HandlerFunc) server.HandlerFunc {
		return func(ctx context.Context, req server.Request, rsp any) error {
			seen = append(seen, req.Endpoint()+" "+req.ContentType()+" "+req.Body().(*fleet.HelloRequest).GetName())
			err := next(ctx, req, rsp)
			seen = append(seen, rsp.(*fleet.HelloResponse).GetMessage())
			return err
		}
	}
	p := connect(t, start(t, all(), server.WrapHandler(wrap)))
	p.write(post(`{"name":"json"}`, "Micro-Endpoint: Greeter.Hello", "Micro-Id: 1"))
	p.read()
	p.write(post("\x0a\x05proto", "Micro-Endpoint: Greeter.Hello", "Micro-Id: 2", "Content-Type: application/protobuf"))
	p.read()
	want := []string{
		"Greeter.Hello application/json json", "Hello json", "Greeter.Hello application/protobuf proto", "Hello proto",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("the wrapper saw (-want +got):\n%s", diff)
	}
}

// Texts answers plain strings.
type Texts struct{}

// Double doubles.
func (*Texts) Double(_ context.Context, in *string, out *string) error {
	*out = *in + *in
	return nil
}

func TestA081_SeveralCodecsAtOnce(t *testing.T) {
	p := connect(t, start(t, append(all(), new(Texts)), server.Codec("text/plain", text.NewCodec)))
	for i, c := range []struct{ contentType, endpoint, body, want string }{
		{"application/json", "Greeter.Hello", `{"name":"x"}`, `{"message":"Hello x"}` + "\n"},
		{"text/plain", "Texts.Double", "ab", "abab"},
		{"application/protobuf", "Greeter.Hello", "\x0a\x01x", "\x0a\x07Hello x"},
		{"application/json", "Greeter.Hello", `{"name":"y"}`, `{"message":"Hello y"}` + "\n"},
	} {
		p.write(post(c.body, "Micro-Endpoint: "+c.endpoint, "Micro-Id: 1", "Content-Type: "+c.contentType))
		if f, h := p.read(); f.Body != c.want || h.Get("Content-Type") != c.contentType {
			t.Errorf("%d, %s: %q as %q, error %q", i, c.contentType, f.Body, h.Get("Content-Type"), f.Error)
		}
	}
}

// A202: decision A2-3: a request that names no content type is protobuf.
func TestA202_WithoutAContentTypeItIsProtobuf(t *testing.T) {
	p := connect(t, start(t, all()))
	p.write(post("\x0a\x01x", "Micro-Endpoint: Greeter.Hello", "Micro-Id: 1", "Content-Type:"))
	if f, h := p.read(); f.Body != "\x0a\x07Hello x" || h.Get("Content-Type") != "application/protobuf" {
		t.Errorf("%q as %q, error %q", f.Body, h.Get("Content-Type"), f.Error)
	}
}

func TestA082_A083_A084_A085_Options(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(context.Background(), key{}, 1)
	reg, brk, tr := registry.NewMemoryRegistry(), broker.NewMemoryBroker(), transport.NewMemoryTransport()
	hw := func(h server.HandlerFunc) server.HandlerFunc { return h }
	sw := func(h server.SubscriberFunc) server.SubscriberFunc { return h }
	check, secure := func(context.Context) error { return nil }, &tls.Config{ServerName: "x", MinVersion: tls.VersionTLS13}
	set := []server.Option{
		server.Id("one"), server.Name("shop"), server.Address("127.0.0.1:9"), server.Metadata(map[string]string{"zone": "a"}), server.Context(ctx),
		server.Registry(reg), server.Broker(brk), server.Transport(tr), server.Codec("text/plain", text.NewCodec),
		server.WrapHandler(hw), server.WrapSubscriber(sw),
		server.Advertise("shop.example:80"), server.Version("7"), server.RegisterTTL(time.Minute), server.RegisterInterval(time.Second),
		server.RegisterCheck(check), server.TLSConfig(secure), server.WithLogger(quiet()),
	}
	backwards := slices.Clone(set)
	slices.Reverse(backwards)
	later := server.NewServer()
	if err := later.Init(set...); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]server.Server{"given": server.NewServer(set...), "given backwards": server.NewServer(backwards...), "set by Init": later} {
		o := s.Options()
		if o.Id != "one" || o.Name != "shop" || o.Address != "127.0.0.1:9" || o.Metadata["zone"] != "a" || o.Context.Value(key{}) != 1 {
			t.Errorf("%s: node %q %q %q %v", name, o.Id, o.Name, o.Address, o.Metadata)
		}
		if o.Registry != reg || o.Broker != brk || o.Transport != tr || o.Codecs["text/plain"] == nil {
			t.Errorf("%s: components %v %v %v %v", name, o.Registry, o.Broker, o.Transport, o.Codecs)
		}
		if len(o.HdlrWrappers) != 1 || len(o.SubWrappers) != 1 {
			t.Errorf("%s: %d and %d wrappers", name, len(o.HdlrWrappers), len(o.SubWrappers))
		}
		if o.Advertise != "shop.example:80" || o.Version != "7" || o.RegisterTTL != time.Minute || o.RegisterInterval != time.Second || o.RegisterCheck == nil || o.TLSConfig != secure {
			t.Errorf("%s: the rest: %+v", name, o)
		}
	}
	o := server.NewServer().Options()
	if o.RegisterTTL != 90*time.Second || o.RegisterInterval != 30*time.Second || o.Id == "" || o.Id == server.NewServer().Options().Id {
		t.Errorf("defaults: TTL %v, interval %v, id %q", o.RegisterTTL, o.RegisterInterval, o.Id)
	}
}

// Talker tells what it sees of a stream.
type Talker struct{ in *inbox }

// Talk echoes, until the caller has sent its last.
func (k *Talker) Talk(ctx context.Context, s server.Stream) error {
	if s.Context().Err() != nil || ctx.Err() != nil {
		k.in.add("the context has ended")
	}
	r := s.Request()
	k.in.add(r.Service() + " " + r.Endpoint() + " " + r.ContentType())
	if !r.Stream() {
		k.in.add("no stream")
	}
	for {
		e := new(fleet.Event)
		err := s.Recv(e)
		if errors.Is(err, io.EOF) {
			k.in.add("EOF")
			break
		}
		if err != nil {
			return err
		}
		if err := s.Send(e); err != nil {
			return err
		}
	}
	if err := s.Send(make(chan int)); err == nil || s.Error() == nil {
		k.in.add("the last error is not kept")
	}
	return s.Close()
}

func TestA086_RequestsAndStreams(t *testing.T) {
	in := new(inbox)
	var unary server.Request
	wrap := func(next server.HandlerFunc) server.HandlerFunc {
		return func(ctx context.Context, req server.Request, rsp any) error {
			if !req.Stream() {
				unary = req
			}
			return next(ctx, req, rsp)
		}
	}
	p := connect(t, start(t, append(all(), &Talker{in}), server.WrapHandler(wrap)))
	p.write(post(`{"name":"x"}`, "Micro-Service: shop", "Micro-Endpoint: Greeter.Hello", "Micro-Method: Greeter.Hello", "Micro-Id: 1"))
	p.read()
	if r := unary; r.Service() != "shop" || r.Method() != "Greeter.Hello" || r.ContentType() != "application/json" || r.Body().(*fleet.HelloRequest).GetName() != "x" || r.Stream() || r.Header()["Micro-Id"] != "1" {
		t.Errorf("request %+v", r)
	}
	stream := []string{"Micro-Service: shop", "Micro-Endpoint: Talker.Talk", "Micro-Id: 2", "Micro-Stream: 2"}
	p.write(post("", stream...))
	p.write(post(`{"id":"a"}`, stream...))
	if f, _ := p.read(); f.Body != `{"id":"a"}`+"\n" {
		t.Errorf("echo %+v", f)
	}
	p.write(post("", append(stream, "Micro-Error: EOS")...))
	if f, _ := p.read(); f.Error != "EOS" {
		t.Errorf("the end is %+v", f)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if diff := cmp.Diff([]string{"shop Talker.Talk application/json", "EOF"}, in.got); diff != "" {
		t.Errorf("the handler saw (-want +got):\n%s", diff)
	}
}
