package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// counting counts the connections that a transport opens, and those that are open.
type counting struct {
	transport.Transport
	dials, open atomic.Int64
}

func (c *counting) Dial(addr string, opts ...transport.DialOption) (transport.Client, error) {
	conn, err := c.Transport.Dial(addr, opts...)
	if err != nil {
		return nil, err
	}
	c.dials.Add(1)
	c.open.Add(1)
	return &counted{Client: conn, of: c}, nil
}

type counted struct {
	transport.Client
	of   *counting
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { c.of.open.Add(-1) })
	return c.Client.Close()
}

func (c *counted) SetDeadline(t time.Time) error {
	return c.Client.(transport.Deadliner).SetDeadline(t)
}

func TestL02_ConnectionsAreKeptByTheNameThatWasDialled(t *testing.T) {
	tr := &counting{Transport: transport.NewHTTPTransport()}
	w := newWorld(t, tr)
	_, port, _ := net.SplitHostPort(w.serve().Options().Address)
	c := w.client()
	for range 100 {
		for _, host := range []string{"localhost", "127.0.0.1"} {
			if err := hello(t, c, client.WithAddress(net.JoinHostPort(host, port))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := tr.dials.Load(); n > 2 {
		t.Errorf("%d dials for 200 calls, want 2", n)
	}
}

func TestL03_AnApplicationErrorKeepsTheConnection(t *testing.T) {
	tr := &counting{Transport: transport.NewHTTPTransport()}
	w := newWorld(t, tr)
	w.serve()
	c := w.client()
	for range 50 {
		err := c.Call(t.Context(), c.NewRequest(fleet.Service, "Greeter.Fail", &fleet.FailRequest{Kind: "micro", Code: 500}), nil)
		if errs.FromError(err).GetCode() != 500 {
			t.Fatal(err)
		}
	}
	if n := tr.dials.Load(); n != 1 {
		t.Errorf("%d dials for 50 errors, want 1", n)
	}
}

func TestL04_IdleConnectionsAreClosedWhenTheirTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := &counting{Transport: transport.NewMemoryTransport()}
		w := newWorld(t, tr)
		var servers []server.Server
		for range 500 {
			servers = append(servers, w.serve())
		}
		c := w.client(client.PoolTTL(time.Minute))
		for _, s := range servers {
			if err := hello(t, c, client.WithAddress(s.Options().Address)); err != nil {
				t.Fatal(err)
			}
		}
		if n := tr.open.Load(); n != 500 {
			t.Fatalf("%d connections open", n)
		}
		time.Sleep(time.Minute + time.Second)
		if n := tr.open.Load(); n != 0 {
			t.Errorf("%d connections still open a second after their time", n)
		}
		for _, s := range servers {
			s.Stop()
		}
		c.(io.Closer).Close()
	})
}

func TestA107_PoolKeepsNoMoreThanItsSize(t *testing.T) {
	tr := &counting{Transport: transport.NewHTTPTransport()}
	w := newWorld(t, tr)
	w.serve()
	c := w.client(client.PoolSize(2))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			req := c.NewRequest(fleet.Service, "Greeter.Slow", &fleet.FailRequest{DelayMs: 50})
			if err := c.Call(t.Context(), req, nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := tr.open.Load(); n > 2 {
		t.Errorf("%d connections kept, want 2", n)
	}
	c.(io.Closer).Close()
	if n := tr.open.Load(); n != 0 {
		t.Errorf("%d connections open after Close", n)
	}
}

// silent accepts connections and never answers.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() { io.Copy(io.Discard, conn) })
			t.Cleanup(func() { conn.Close() })
		}
	})
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func TestACallToASilentPeerEndsByItsDeadline(t *testing.T) {
	addr := silent(t)
	c := client.NewClient(client.Transport(transport.NewHTTPTransport()))
	began := time.Now()
	err := hello(t, c, client.WithAddress(addr), client.WithRequestTimeout(100*time.Millisecond))
	if took := time.Since(began); took < 90*time.Millisecond || took > 3*time.Second {
		t.Errorf("took %v", took)
	}
	want := "call timeout: context deadline exceeded"
	if e := errs.FromError(err); e.GetId() != "go.micro.client" || e.GetCode() != 408 || e.GetDetail() != want {
		t.Errorf("got %v", err)
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want context.DeadlineExceeded in it", err)
	}
}

// A frozen node takes only its share of an idempotent call's time, and is then set aside.
func TestR03_AFrozenNodeCostsNoIdempotentCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, transport.NewHTTPTransport())
	w.serve()
	frozen := &registry.Service{Name: fleet.Service, Version: "latest", Nodes: []*registry.Node{
		{Id: "frozen", Address: silent(t), Metadata: map[string]string{"protocol": "mucp"}},
	}}
	if err := w.registry.Register(frozen); err != nil {
		t.Fatal(err)
	}
	c := w.client()
	slow := 0
	for range 20 {
		began := time.Now()
		if err := hello(t, c, client.Idempotent(), client.WithRequestTimeout(1200*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if time.Since(began) > 300*time.Millisecond {
			slow++
		}
	}
	if slow > 2 {
		t.Errorf("%d of 20 calls waited for the frozen node", slow)
	}
}

func TestDeadNodesAreLeftForOthers(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	w.serve()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	dead := &registry.Service{Name: fleet.Service, Version: "latest", Nodes: []*registry.Node{{Id: "dead", Address: addr, Metadata: map[string]string{"protocol": "mucp"}}}}
	if err := w.registry.Register(dead); err != nil {
		t.Fatal(err)
	}
	c := w.client()
	for range 50 {
		if err := hello(t, c); err != nil { // not idempotent: refused dials are tried elsewhere all the same
			t.Fatal(err)
		}
	}
}

func TestErrorsOfTheClient(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	addr := w.serve().Options().Address
	c := w.client()
	closing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := closing.Accept()
			if err != nil {
				return
			}
			conn.Read(make([]byte, 1))
			conn.Close()
		}
	})
	t.Cleanup(func() { closing.Close(); group.Wait() })
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for name, x := range map[string]struct {
		ctx    context.Context
		req    client.Request
		opts   []client.CallOption
		id     string
		code   int32
		detail string
		notRun bool
	}{
		"unknown service":  {t.Context(), c.NewRequest("nope", "A.B", nil), nil, "go.micro.client", 500, "service nope: not found", true},
		"nobody there":     {t.Context(), c.NewRequest("x", "A.B", nil), []client.CallOption{client.WithAddress("127.0.0.1:1")}, "go.micro.client", 500, "connection error: dial tcp 127.0.0.1:1: connect: connection refused", true},
		"content type":     {t.Context(), c.NewRequest(fleet.Service, "Greeter.Hello", nil, client.WithContentType("text/plain")), nil, "go.micro.client", 500, "unsupported Content-Type: text/plain", false},
		"unencodable":      {t.Context(), c.NewRequest(fleet.Service, "Greeter.Hello", make(chan int)), nil, "go.micro.client.codec", 500, "json: unsupported type: chan int", false},
		"cancelled before": {done, c.NewRequest(fleet.Service, "Greeter.Hello", nil), nil, "go.micro.client", 408, "context canceled", false},
		"no answer":        {t.Context(), c.NewRequest(fleet.Service, "Greeter.Hello", nil), []client.CallOption{client.WithAddress(closing.Addr().String())}, "go.micro.client.transport", 500, "", false},
		"plain text":       {t.Context(), c.NewRequest(fleet.Service, "Nope.Hello", nil), []client.CallOption{client.WithAddress(addr)}, "", 0, "rpc: can't find service Nope", false},
	} {
		err := c.Call(x.ctx, x.req, nil, x.opts...)
		e, ok := errs.As(err)
		if !ok || e.GetId() != x.id || e.GetCode() != x.code || x.detail != "" && e.GetDetail() != x.detail || client.NotRun(err) != x.notRun {
			t.Errorf("%s: got %v (not run: %v)", name, err, client.NotRun(err))
		}
		if name == "no answer" && !strings.Contains(e.GetDetail(), "may have run") {
			t.Errorf("%s: %v does not say that the request may have run", name, err)
		}
		if name == "plain text" && err.Error() != x.detail {
			t.Errorf("text %q, want the header's", err.Error())
		}
	}
}
