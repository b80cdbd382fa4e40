package client_test

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/codec/text"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

func methods[T any]() []string {
	var names []string
	of := reflect.TypeFor[T]()
	for i := range of.NumMethod() {
		names = append(names, of.Method(i).Name)
	}
	return names
}

// A101: what the older interface did with methods of their own, options do (decision A2-12): CallRemote is WithAddress,
// NewProtoRequest and NewJsonRequest are WithContentType, NewPublication is NewMessage.
func TestA100_A101_TheInterfaceOfAClient(t *testing.T) {
	want := []string{"Call", "Init", "NewMessage", "NewRequest", "Options", "Publish", "Stream", "String"}
	if diff := cmp.Diff(want, methods[client.Client]()); diff != "" {
		t.Errorf("methods (-want +got):\n%s", diff)
	}
	w := newWorld(t, transport.NewHTTPTransport())
	address := w.serve().Options().Address
	c := client.NewClient(client.Registry(registry.NewMemoryRegistry()), client.Transport(w.transport))
	defer c.(io.Closer).Close()
	for _, contentType := range []string{"application/json", "application/protobuf"} {
		req := c.NewRequest("nobody", "Greeter.Hello", &fleet.HelloRequest{Name: "x"}, client.WithContentType(contentType))
		rsp := new(fleet.HelloResponse)
		if err := c.Call(t.Context(), req, rsp, client.WithAddress(address)); err != nil || rsp.GetMessage() != "Hello x" || req.ContentType() != contentType {
			t.Errorf("%s by address: %q, %v", contentType, rsp.GetMessage(), err)
		}
	}
	if m := c.NewMessage("t", 1, client.WithMessageContentType("x/y")); m.Topic() != "t" || m.Payload() != 1 || m.ContentType() != "x/y" {
		t.Errorf("message %+v", m)
	}
}

func TestA102_TheDefaultClientIsMucp(t *testing.T) {
	if client.DefaultClient.String() != "mucp" || client.NewClient().String() != "mucp" {
		t.Errorf("named %q", client.DefaultClient)
	}
	w := newWorld(t, transport.NewHTTPTransport())
	s := w.serve()
	var ids []string
	if err := s.Init(server.WrapHandler(func(next server.HandlerFunc) server.HandlerFunc {
		return func(ctx context.Context, req server.Request, rsp any) error {
			ids = append(ids, req.Header()["Micro-Id"])
			return next(ctx, req, rsp)
		}
	})); err != nil {
		t.Fatal(err)
	}
	c := w.client()
	for range 3 {
		if err := hello(t, c); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"0", "1", "2"}, ids); diff != "" {
		t.Errorf("requests are not counted (-want +got):\n%s", diff)
	}
}

// A105, A115: a caller names a service; nodes come from the registry through the selector, at random by default.
func TestA105_A115_NodesByTheNameOfTheService(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	nodes := map[string]int{}
	for range 3 {
		w.serve()
	}
	c := w.client()
	seen := client.OnAttempt(func(a client.Attempt) { nodes[a.Node.Address]++ })
	for range 90 {
		if err := hello(t, c, seen); err != nil {
			t.Fatal(err)
		}
	}
	if len(nodes) != 3 {
		t.Errorf("calls went to %v, want three nodes", nodes)
	}
	for address, n := range nodes {
		if n < 10 || n > 60 {
			t.Errorf("%d of 90 calls went to %s", n, address)
		}
	}
	err := c.Call(t.Context(), c.NewRequest("nobody", "A.B", nil), nil)
	if err == nil || !client.NotRun(err) {
		t.Errorf("a service that is not there: %v", err)
	}
	asked := 0
	own := picking{selector.NewSelector(selector.Registry(w.registry)), &asked}
	defer own.Close()
	if err := hello(t, w.client(client.Selector(own))); err != nil || asked != 1 {
		t.Errorf("the caller's own selector was asked %d times, %v", asked, err)
	}
}

type picking struct {
	selector.Selector
	asked *int
}

func (p picking) Select(service string, opts ...selector.SelectOption) (selector.Next, error) {
	*p.asked++
	return p.Selector.Select(service, opts...)
}

// A107: later attempts and calls use the connection that there is, until it is a minute old.
func TestA107_ConnectionsAreUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := &counting{Transport: transport.NewMemoryTransport()}
		w := newWorld(t, tr)
		s := w.serve()
		c := w.client()
		if o := c.Options(); o.PoolSize != 100 || o.PoolTTL != time.Minute {
			t.Errorf("pool of %d for %v", o.PoolSize, o.PoolTTL)
		}
		for range 50 {
			if err := hello(t, c); err != nil {
				t.Fatal(err)
			}
		}
		if n := tr.dials.Load(); n != 1 {
			t.Errorf("%d dials for 50 calls", n)
		}
		time.Sleep(61 * time.Second)
		if err := hello(t, c); err != nil {
			t.Fatal(err)
		}
		if n := tr.dials.Load(); n != 2 {
			t.Errorf("%d dials, want a second one for a connection that was too old", n)
		}
		s.Stop()
		c.(io.Closer).Close()
	})
}

func TestA109_A110_A111_Options(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(context.Background(), key{}, 1)
	reg, brk, tr, sel := registry.NewMemoryRegistry(), broker.NewMemoryBroker(), transport.NewMemoryTransport(), selector.NewSelector()
	backoff := func(context.Context, client.Request, int) (time.Duration, error) { return 7, nil }
	retry := func(context.Context, client.Request, int, error) (bool, error) { return false, errors.New("mine") }
	wrap := func(next client.CallFunc) client.CallFunc { return next }
	set := []client.Option{
		client.ContentType("x/y"), client.Broker(brk), client.Codec("text/plain", text.NewCodec), client.Registry(reg), client.Selector(sel),
		client.Transport(tr), client.PoolSize(3), client.PoolTTL(time.Hour), client.Retries(4), client.Backoff(backoff), client.Retry(retry),
		client.RequestTimeout(2 * time.Second), client.StreamTimeout(3 * time.Second), client.DialTimeout(time.Second), client.WrapCall(wrap),
		func(o *client.Options) { o.Context = ctx },
	}
	backwards := slices.Clone(set)
	slices.Reverse(backwards)
	later := client.NewClient()
	if err := later.Init(set...); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]client.Client{"given": client.NewClient(set...), "given backwards": client.NewClient(backwards...), "set by Init": later} {
		o := c.Options()
		if o.ContentType != "x/y" || o.Broker != brk || o.Codecs["text/plain"] == nil || o.Registry != reg || o.Selector != sel || o.Transport != tr || o.PoolSize != 3 || o.PoolTTL != time.Hour || o.Context.Value(key{}) != 1 {
			t.Errorf("%s: %+v", name, o)
		}
		call := o.CallOptions
		_, retried := call.Retry(ctx, nil, 0, nil)
		if d, _ := call.Backoff(ctx, nil, 0); d != 7 || retried == nil || call.Retries != 4 || call.RequestTimeout != 2*time.Second || call.StreamTimeout != 3*time.Second || call.DialTimeout != time.Second || len(call.CallWrappers) != 1 {
			t.Errorf("%s: call options %+v", name, call)
		}
	}
	var call client.CallOptions
	for _, set := range []client.CallOption{
		client.WithSelectOption(selector.HashKey("k")), client.WithBackoff(backoff), client.WithRetry(retry), client.WithRetries(9), client.WithDialTimeout(1),
		client.WithRequestTimeout(2), client.WithStreamTimeout(3), client.WithCallWrapper(wrap), client.WithAddress("a", "b"), client.WithServiceToken(), client.WithCache(4),
	} {
		set(&call)
	}
	if len(call.SelectOptions) != 1 || call.Backoff == nil || call.Retry == nil || call.Retries != 9 || call.DialTimeout != 1 || call.RequestTimeout != 2 || call.StreamTimeout != 3 || len(call.CallWrappers) != 1 || len(call.Address) != 2 || !call.ServiceToken || call.CacheExpiry != 4 {
		t.Errorf("call options %+v", call)
	}
	var publish client.PublishOptions
	client.WithExchange("x")(&publish)
	client.PublishContext(ctx)(&publish)
	req := client.NewRequest("s", "A.B", 1, client.StreamingRequest(), client.WithContentType("x/y"))
	if publish.Exchange != "x" || publish.Context != ctx || !req.Stream() || req.ContentType() != "x/y" || req.Body() != 1 || req.Service() != "s" || req.Endpoint() != "A.B" || req.Method() != "A.B" {
		t.Errorf("publish %+v, request %+v", publish, req)
	}
}

// A113: the client bounds a call by its timeout or the context's deadline, and tries again by itself.
func TestA113_RetryTimeoutAndContextAreTheClients(t *testing.T) {
	o := client.NewClient().Options().CallOptions
	if o.Retries != 1 || o.RequestTimeout != 5*time.Second {
		t.Errorf("%d retries, timeout %v", o.Retries, o.RequestTimeout)
	}
	w := newWorld(t, transport.NewHTTPTransport())
	flaky := new(Flaky)
	flaky.failures.Store(1)
	w.serve(flaky)
	c := w.client()
	if err := c.Call(t.Context(), c.NewRequest(fleet.Service, "Flaky.Call", nil), nil, client.Idempotent()); err != nil || flaky.calls.Load() != 2 {
		t.Errorf("%d attempts, %v", flaky.calls.Load(), err)
	}
	slow := c.NewRequest(fleet.Service, "Greeter.Slow", &fleet.FailRequest{DelayMs: 5000})
	for name, limit := range map[string]func() (context.Context, context.CancelFunc, []client.CallOption){
		"the timeout": func() (context.Context, context.CancelFunc, []client.CallOption) {
			return t.Context(), func() {}, []client.CallOption{client.WithRequestTimeout(50 * time.Millisecond)}
		},
		"the deadline": func() (context.Context, context.CancelFunc, []client.CallOption) {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			return ctx, cancel, nil
		},
		"the caller": func() (context.Context, context.CancelFunc, []client.CallOption) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			return ctx, cancel, nil
		},
	} {
		ctx, cancel, opts := limit()
		began := time.Now()
		err := c.Call(ctx, slow, nil, opts...)
		cancel()
		if took := time.Since(began); err == nil || took > 2*time.Second {
			t.Errorf("%s: took %v, %v", name, took, err)
		}
	}
}

// Calls under way are counted from Next to Mark, streams until they are closed.
func TestA165_LeastConnectionsThroughTheClient(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	w.serve()
	w.serve()
	pick := selector.NewSelector(selector.Registry(w.registry), selector.SetStrategy(selector.LeastConnections))
	defer pick.Close()
	c := w.client(client.Selector(pick))
	var held string
	s, err := c.Stream(t.Context(), c.NewRequest(fleet.Service, "Streamer.PingPong", nil), client.OnAttempt(func(a client.Attempt) { held = a.Node.Address }))
	if err != nil {
		t.Fatal(err)
	}
	others := func() (elsewhere int) {
		for range 20 {
			if err := hello(t, c, client.OnAttempt(func(a client.Attempt) {
				if a.Node.Address != held {
					elsewhere++
				}
			})); err != nil {
				t.Fatal(err)
			}
		}
		return elsewhere
	}
	if n := others(); n != 20 {
		t.Errorf("%d of 20 calls avoided the node that has a stream", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_ = c.Call(ctx, c.NewRequest(fleet.Service, "Greeter.Slow", &fleet.FailRequest{DelayMs: 1000}), nil) // given up
	if n := others(); n != 20 {
		t.Errorf("after a call that was given up, %d of 20", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n := others(); n == 20 {
		t.Error("the node is avoided though its stream is closed")
	}
}
