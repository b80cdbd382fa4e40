package client_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// Flaky fails the first calls.
type Flaky struct{ calls, failures atomic.Int64 }

// Call fails with 500 as often as asked.
func (f *Flaky) Call(context.Context, *fleet.Empty, *fleet.Empty) error {
	if f.calls.Add(1) <= f.failures.Load() {
		return errs.InternalServerError(fleet.Service, "flaky")
	}
	return nil
}

// Same is Flaky, and says of itself that it may run twice.
type Same struct{ Flaky }

func TestIdempotentEndpointsSaySoInTheRegistry(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	flaky, same := new(Flaky), new(Same)
	s := w.serve(flaky)
	if err := s.Handle(s.NewHandler(same, server.EndpointMetadata("Same.Call", map[string]string{"idempotent": "true"}))); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	s.Start() // the record is made when the server starts
	c := w.client()
	for endpoint, f := range map[string]*Flaky{"Flaky.Call": flaky, "Same.Call": &same.Flaky} {
		f.failures.Store(1)
		err := c.Call(t.Context(), c.NewRequest(fleet.Service, endpoint, nil), nil)
		if wantErr := endpoint == "Flaky.Call"; (err != nil) != wantErr {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

func TestA104_BackoffRunsBeforeEachAttempt(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	flaky := new(Flaky)
	flaky.failures.Store(2)
	w.serve(flaky)
	var waited []int
	c := w.client(client.Retries(2), client.Backoff(func(_ context.Context, _ client.Request, attempts int) (time.Duration, error) {
		waited = append(waited, attempts)
		return 0, nil
	}))
	if err := c.Call(t.Context(), c.NewRequest(fleet.Service, "Flaky.Call", nil), nil, client.Idempotent()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{0, 1, 2}, waited); diff != "" {
		t.Error(diff)
	}
}

func TestA104_DefaultBackoff(t *testing.T) {
	var got []time.Duration
	for i := range 5 {
		d, _ := client.DefaultBackoff(t.Context(), nil, i)
		got = append(got, d)
	}
	want := []time.Duration{0, 100 * time.Millisecond, 600 * time.Millisecond, 1900 * time.Millisecond, 4300 * time.Millisecond}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestA113_AUsersRetryDecides(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	flaky := new(Flaky)
	flaky.failures.Store(100)
	w.serve(flaky)
	c := w.client(client.Retries(5), client.Backoff(nil))
	broken := errors.New("no more")
	err := c.Call(t.Context(), c.NewRequest(fleet.Service, "Flaky.Call", nil), nil, client.WithRetry(func(_ context.Context, _ client.Request, n int, err error) (bool, error) {
		if n == 2 {
			return false, broken
		}
		return true, nil
	}))
	if !errors.Is(err, broken) || flaky.calls.Load() != 3 {
		t.Errorf("%d attempts, %v", flaky.calls.Load(), err)
	}
}

func TestA106_WrapperOrder(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	w.serve()
	var ran []string
	call := func(name string) client.CallWrapper {
		return func(next client.CallFunc) client.CallFunc {
			return func(ctx context.Context, node *registry.Node, req client.Request, rsp any, opts client.CallOptions) error {
				if node == nil || node.Address == "" {
					t.Error("a call wrapper ran before the node was chosen")
				}
				ran = append(ran, name)
				return next(ctx, node, req, rsp, opts)
			}
		}
	}
	wrap := func(name string) client.Wrapper {
		return func(c client.Client) client.Client { return &noting{c, func() { ran = append(ran, name) }} }
	}
	c := w.client(client.WrapCall(call("a"), call("b")), client.WrapCall(call("c")))
	if err := hello(t, c, client.WithCallWrapper(call("d"))); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ran, []string{"a", "b", "c", "d"}) {
		t.Errorf("call wrappers ran %v", ran)
	}
	ran = nil
	outer := client.NewClient(client.Selector(c.Options().Selector), client.Transport(w.transport), client.Wrap(wrap("x")), client.Wrap(wrap("y")))
	if err := hello(t, outer); err != nil {
		t.Fatal(err)
	}
	outer.(*noting).Client.(*noting).Client.(interface{ Close() error }).Close()
	if !slices.Equal(ran, []string{"x", "y"}) {
		t.Errorf("wrappers ran %v", ran)
	}
}

type noting struct {
	client.Client
	note func()
}

func (n *noting) Call(ctx context.Context, req client.Request, rsp any, opts ...client.CallOption) error {
	n.note()
	return n.Client.Call(ctx, req, rsp, opts...)
}

func TestAttemptsAreObserved(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	flaky := new(Flaky)
	flaky.failures.Store(1)
	w.serve(flaky)
	c := w.client()
	var seen []client.Attempt
	err := c.Call(t.Context(), c.NewRequest(fleet.Service, "Flaky.Call", &fleet.Empty{}), new(fleet.Empty), client.Idempotent(), client.OnAttempt(func(a client.Attempt) { seen = append(seen, a) }))
	if err != nil || len(seen) != 2 {
		t.Fatalf("%d attempts, %v", len(seen), err)
	}
	if seen[0].Err == nil || seen[1].Err != nil || seen[0].Reused || !seen[1].Reused || seen[1].Node == nil || seen[1].Duration <= 0 {
		t.Errorf("attempts %+v", seen)
	}
	if seen[1].Header["Micro-Id"] == "" || seen[1].Sent != 3 || seen[1].Received != 3 { // "{}\n" each way
		t.Errorf("sizes %d and %d, headers %v", seen[1].Sent, seen[1].Received, seen[1].Header)
	}
}

// A node that does not say which protocol it speaks is called as v4 calls it: with the body's own header.
func TestLegacyNodesAreCalledWithRPCBodies(t *testing.T) {
	for contentType, body := range map[string]string{
		"application/json": `{"method":"Greeter.Hello","params":[{"name":"z"}],"id":"0"}` + "\n",
	} {
		a := play(t, []byte("HTTP/1.1 200 OK\r\nContent-Length: 57\r\n\r\n{\"id\":\"0\",\"result\":{\"message\":\"Hello z\"},\"error\":null}\n\n\n"))
		reg := registry.NewMemoryRegistry()
		if err := reg.Register(&registry.Service{Name: "old", Version: "1", Nodes: []*registry.Node{{Id: "old-1", Address: a.addr}}}); err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, transport.NewHTTPTransport())
		w.registry = reg
		c := w.client()
		rsp := new(fleet.HelloResponse)
		if err := c.Call(t.Context(), c.NewRequest("old", "Greeter.Hello", &fleet.HelloRequest{Name: "z"}), rsp); err != nil || rsp.GetMessage() != "Hello z" {
			t.Errorf("got %q, %v", rsp.GetMessage(), err)
		}
		c.(interface{ Close() error }).Close()
		got := a.sent(0)
		if len(got) != 1 || got[0].Body != body || got[0].Header.Get("Content-Type") != "application/json-rpc" || got[0].Header.Get("Accept") != contentType {
			t.Errorf("sent %+v", got)
		}
	}
}

func TestCacheAnswersTheSameRequest(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	flaky := new(Flaky)
	w.serve(flaky)
	c := w.client()
	for range 3 {
		if err := c.Call(t.Context(), c.NewRequest(fleet.Service, "Flaky.Call", &fleet.Empty{}), new(fleet.Empty), client.WithCache(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if n := flaky.calls.Load(); n != 1 {
		t.Errorf("%d calls reached the server, want 1", n)
	}
	rsp := new(fleet.HelloResponse)
	for _, name := range []string{"a", "b"} {
		if err := c.Call(t.Context(), c.NewRequest(fleet.Service, "Greeter.Hello", &fleet.HelloRequest{Name: name}), rsp, client.WithCache(time.Minute)); err != nil || rsp.GetMessage() != "Hello "+name {
			t.Errorf("%q, %v", rsp.GetMessage(), err)
		}
	}
	if n := len(c.Options().Cache.List()); n != 3 {
		t.Errorf("%d entries, want 3", n)
	}
}

func TestProxyFromTheEnvironment(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	addr := w.serve().Options().Address
	t.Setenv("MICRO_PROXY", addr)
	rsp := new(fleet.HeadersResponse)
	c := w.client()
	if err := c.Call(t.Context(), c.NewRequest("elsewhere", "Greeter.Headers", nil), rsp); err != nil || rsp.GetHeaders()["Micro-Service"] != "elsewhere" {
		t.Errorf("through the proxy: %v, %v", rsp.GetHeaders(), err)
	}
	if err := w.client(client.NoProxy()).Call(t.Context(), c.NewRequest("elsewhere", "Greeter.Headers", nil), rsp); err == nil {
		t.Error("NoProxy: the proxy was used")
	}
}
