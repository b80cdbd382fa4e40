package main

import (
	"context"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/microtop/microtop/internal/bench"
)

// grpcgo is grpc-go, one connection a client, as it is used.
type grpcgo struct{}

const (
	grpcUnary    = "/bench.Echo/Unary"
	grpcDownload = "/bench.Echo/Download"
	grpcExchange = "/bench.Echo/Exchange"
)

// grpcService describes the service without generated code.
var grpcService = grpc.ServiceDesc{
	ServiceName: "bench.Echo",
	HandlerType: (*any)(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "Unary", Handler: serveGRPCUnary}},
	Streams: []grpc.StreamDesc{
		{StreamName: "Download", Handler: serveGRPCDownload, ServerStreams: true},
		{StreamName: "Exchange", Handler: serveGRPCExchange, ServerStreams: true, ClientStreams: true},
	},
}

//nolint:revive // the order is grpc-go's
func serveGRPCUnary(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	in := new(bench.Message)
	if err := decode(in); err != nil {
		return nil, err
	}
	return &bench.Message{Value: in.GetValue()}, nil
}

func serveGRPCDownload(_ any, s grpc.ServerStream) error {
	in := new(bench.Message)
	if err := s.RecvMsg(in); err != nil {
		return err
	}
	return bench.Ship(in, func(m *bench.Message) error { return s.SendMsg(m) })
}

func serveGRPCExchange(_ any, s grpc.ServerStream) error {
	return bench.Bounce(func(m *bench.Message) error { return s.RecvMsg(m) }, func(m *bench.Message) error { return s.SendMsg(m) })
}

// Serve implements System.
func (grpcgo) Serve() (string, func(), error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := grpc.NewServer()
	s.RegisterService(&grpcService, nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l) // ends with Stop
	}()
	return l.Addr().String(), func() { s.Stop(); <-done }, nil
}

// Dial implements System.
func (grpcgo) Dial(address string) (bench.Caller, error) {
	c, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	return grpcCaller{c}, nil
}

type grpcCaller struct{ c *grpc.ClientConn }

// Unary implements Caller.
func (g grpcCaller) Unary(ctx context.Context, req, rsp *bench.Message) error {
	return g.c.Invoke(ctx, grpcUnary, req, rsp)
}

// Download implements Caller.
func (g grpcCaller) Download(ctx context.Context, count, bytes int) (bench.Stream, error) {
	s, err := g.stream(ctx, 0, grpcDownload)
	if err != nil {
		return nil, err
	}
	if err := s.Send(bench.Order(count, bytes)); err != nil {
		return nil, err
	}
	return s, s.s.CloseSend()
}

// Exchange implements Caller.
func (g grpcCaller) Exchange(ctx context.Context) (bench.Stream, error) {
	return g.stream(ctx, 1, grpcExchange)
}

func (g grpcCaller) stream(ctx context.Context, i int, method string) (*grpcStream, error) {
	ctx, cancel := context.WithCancel(ctx)
	s, err := g.c.NewStream(ctx, &grpcService.Streams[i], method)
	if err != nil {
		cancel()
		return nil, err
	}
	return &grpcStream{s, cancel}, nil
}

// Close implements Caller.
func (g grpcCaller) Close() error { return g.c.Close() }

type grpcStream struct {
	s      grpc.ClientStream
	cancel context.CancelFunc
}

// Send implements Stream.
func (g *grpcStream) Send(m *bench.Message) error { return g.s.SendMsg(m) }

// Recv implements Stream.
func (g *grpcStream) Recv(m *bench.Message) error { return g.s.RecvMsg(m) }

// Close implements Stream.
func (g *grpcStream) Close() error {
	g.cancel()
	return nil
}
