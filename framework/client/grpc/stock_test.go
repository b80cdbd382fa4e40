package grpc_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	stock "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/client/grpc"
	errs "github.com/microtop/microtop/framework/errors"
)

// stockServer serves the health service, as any gRPC server does, and ends every other call with an error.
func stockServer(t *testing.T, handle stock.StreamHandler) (*stock.Server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := stock.NewServer(stock.UnknownServiceHandler(handle))
	healthpb.RegisterHealthServer(s, health.NewServer())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s, l.Addr().String()
}

func newClient(t *testing.T, opts ...client.Option) client.Client {
	t.Helper()
	c := grpc.NewClient(opts...)
	t.Cleanup(func() {
		if err := c.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

const check = "/grpc.health.v1.Health/Check"

func TestAStockServerIsCalled(t *testing.T) {
	_, addr := stockServer(t, func(any, stock.ServerStream) error { return status.Error(codes.FailedPrecondition, "not today") })
	c := newClient(t)
	rsp := new(healthpb.HealthCheckResponse)
	if err := c.Call(t.Context(), c.NewRequest("any", check, new(healthpb.HealthCheckRequest)), rsp, client.WithAddress(addr)); err != nil {
		t.Fatal(err)
	}
	if rsp.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("got %v", rsp)
	}
	err := c.Call(t.Context(), c.NewRequest("any", "Some.Thing", new(healthpb.HealthCheckRequest)), rsp, client.WithAddress(addr))
	if e, _ := errs.As(err); e.GetCode() != 412 || e.GetDetail() != "not today" || e.GetId() != "go.micro.client" {
		t.Errorf("its error became %v", err)
	}
	watching, err := c.Stream(t.Context(), c.NewRequest("any", "/grpc.health.v1.Health/Watch", nil), client.WithAddress(addr))
	if err != nil {
		t.Fatal(err)
	}
	if err := watching.Send(new(healthpb.HealthCheckRequest)); err != nil {
		t.Fatal(err)
	}
	if err := client.EndRequest(watching); err != nil {
		t.Fatal(err)
	}
	if err := watching.Recv(rsp); err != nil {
		t.Errorf("its stream: %v", err)
	}
	if err := watching.Close(); err != nil {
		t.Error(err)
	}
}

// What can be sent again is said to be: contract of client.NotRun.
func TestWhetherARequestRan(t *testing.T) {
	c := newClient(t, client.Retries(0))
	call := func(ctx context.Context, addr string) error {
		return c.Call(ctx, c.NewRequest("any", "Some.Thing", new(healthpb.HealthCheckRequest)), nil, client.WithAddress(addr))
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := call(t.Context(), closed.Addr().String()); !client.NotRun(err) || errs.FromError(err).GetCode() != 500 {
		t.Errorf("nobody listens: %v", err)
	}

	entered := make(chan struct{})
	s, addr := stockServer(t, func(_ any, stream stock.ServerStream) error {
		close(entered)
		<-stream.Context().Done()
		return stream.Context().Err()
	})
	lost := make(chan error, 1)
	go func() { lost <- call(context.WithoutCancel(t.Context()), addr) }()
	<-entered
	s.Stop()
	if err := <-lost; err == nil || client.NotRun(err) {
		t.Errorf("the connection was lost while the handler ran: %v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := call(ctx, addr); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that was given up before: %v", err)
	}
}

// L-04: connections to nodes that nobody calls any more are closed.
func TestL04_ConnectionsOfDepartedNodesAreClosed(t *testing.T) {
	left := make(chan struct{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := stock.NewServer()
	healthpb.RegisterHealthServer(s, health.NewServer())
	go func() { _ = s.Serve(watched{l, left}) }() // ended by Stop
	defer s.Stop()
	c := newClient(t, client.PoolTTL(50*time.Millisecond))
	if err := c.Call(t.Context(), c.NewRequest("any", check, new(healthpb.HealthCheckRequest)), nil, client.WithAddress(l.Addr().String())); err != nil {
		t.Fatal(err)
	}
	select {
	case <-left:
	case <-time.After(5 * time.Second):
		t.Error("the connection is still open")
	}
}

// watched tells when its first connection is closed.
type watched struct {
	net.Listener

	left chan struct{}
}

func (w watched) Accept() (net.Conn, error) {
	conn, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &watchedConn{conn, w.left}, nil
}

type watchedConn struct {
	net.Conn

	left chan struct{}
}

func (c *watchedConn) Close() error {
	select {
	case <-c.left:
	default:
		close(c.left)
	}
	return c.Conn.Close()
}
