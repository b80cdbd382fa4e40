package grpc

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"golang.org/x/net/netutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	wire "github.com/microtop/microtop/framework/internal/grpc"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/transport"
)

// pingEvery is how often a client may ask whether the connection lives.
const pingEvery = 10 * time.Second

type listener struct {
	listener net.Listener
	grpc     *grpc.Server
	opts     transport.Options
	done     chan struct{}
	once     sync.Once
	closed   error

	mu      sync.Mutex
	serve   func(transport.Socket)
	sockets int
}

var _ transport.Listener = (*listener)(nil)

func newListener(l net.Listener, o transport.Options, config *tls.Config) *listener {
	bounds := o.Limits()
	if bounds.Conns > 0 {
		l = netutil.LimitListener(l, bounds.Conns)
	}
	out := &listener{listener: l, opts: o, done: make(chan struct{})}
	opts := []grpc.ServerOption{
		grpc.ForceServerCodecV2(wire.Codec{}),
		grpc.MaxRecvMsgSize(largest(bounds)),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingEvery, PermitWithoutStream: true}),
	}
	if bounds.StreamsPerConn > 0 {
		opts = append(opts, grpc.MaxConcurrentStreams(uint32(bounds.StreamsPerConn))) //nolint:gosec // a small positive number
	}
	if bounds.HeaderBytes > 0 {
		opts = append(opts, grpc.MaxHeaderListSize(uint32(bounds.HeaderBytes))) //nolint:gosec // as above
	}
	if bounds.TLSHandshakeTimeout > 0 {
		opts = append(opts, grpc.ConnectionTimeout(bounds.TLSHandshakeTimeout))
	}
	if bounds.IdleTimeout > 0 {
		opts = append(opts, grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: bounds.IdleTimeout, Time: bounds.IdleTimeout / 2}))
	}
	creds := insecure.NewCredentials()
	if config != nil {
		creds = credentials.NewTLS(config)
	}
	log := logger.Slog(o.Logger)
	opts = append(opts, grpc.Creds(wire.Guard(creds, func(peer net.Addr) {
		log.Warn("a connection was closed: its peer did too much that is no message", "peer", peer.String())
	})))
	out.grpc = grpc.NewServer(opts...)
	out.grpc.RegisterService(&grpc.ServiceDesc{
		ServiceName: serviceName, HandlerType: (*any)(nil),
		Streams: []grpc.StreamDesc{{StreamName: streamName, Handler: out.handle, ServerStreams: true, ClientStreams: true}},
	}, out)
	return out
}

// Addr implements transport.Listener.
func (l *listener) Addr() string { return l.listener.Addr().String() }

// Close implements transport.Listener. gRPC is told to end once the last connection has.
func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.done)
		l.closed = l.listener.Close()
		go l.grpc.GracefulStop() // ends with the last socket, whose owner ends it
	})
	return l.closed
}

// Accept implements transport.Listener.
func (l *listener) Accept(fn func(transport.Socket)) error {
	l.mu.Lock()
	l.serve = fn
	l.mu.Unlock()
	err := l.grpc.Serve(l.listener)
	if isClosed(l.done) || errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return err
}

// handle serves one stream, which is one connection.
func (l *listener) handle(_ any, conn grpc.ServerStream) error {
	serve, ok := l.enter()
	if !ok {
		return status.Error(codes.ResourceExhausted, "too many connections")
	}
	s := newServer(conn, l.opts)
	go func() { // in a goroutine of its own: gRPC ends the stream, and what waits on it, when handle returns
		defer l.leave()
		defer func() { _ = s.Close() }() // it never fails
		serve(s)
	}()
	<-s.done
	return s.refusal()
}

// enter counts a connection in, unless there are too many.
func (l *listener) enter() (func(transport.Socket), bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if limits.Exceeded(l.sockets+1, l.opts.Limits().Conns) {
		return nil, false
	}
	l.sockets++
	return l.serve, true
}

func (l *listener) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sockets--
}

// server is the accepting end of a connection.
type server struct {
	socket

	mu   sync.Mutex
	idle *time.Timer // nil: never
	busy bool
}

var (
	_ transport.Socket    = (*server)(nil)
	_ transport.Deadliner = (*server)(nil)
	_ transport.Idler     = (*server)(nil)
)

func newServer(conn grpc.ServerStream, o transport.Options) *server {
	s := new(server)
	s.init(conn, o)
	s.end = func() { _ = s.Close() } // it never fails
	if p, ok := peer.FromContext(conn.Context()); ok {
		s.remote = p.Addr.String()
		if p.LocalAddr != nil {
			s.local = p.LocalAddr.String()
		}
	}
	if s.limits.IdleTimeout > 0 {
		s.touch = s.wait
		s.mu.Lock()
		defer s.mu.Unlock()
		s.idle = time.AfterFunc(s.limits.IdleTimeout, s.end)
	}
	return s
}

// Close implements transport.Socket.
func (s *server) Close() error {
	s.once.Do(func() {
		close(s.done)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.idle != nil {
			s.idle.Stop()
		}
	})
	return nil
}

// SetBusy implements transport.Idler.
func (s *server) SetBusy(busy bool) {
	s.mu.Lock()
	s.busy = busy
	s.mu.Unlock()
	if s.touch != nil {
		s.touch()
	}
}

// wait begins to count the time without a message anew.
func (s *server) wait() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case isClosed(s.done):
	case s.busy:
		s.idle.Stop()
	default:
		s.idle.Reset(s.limits.IdleTimeout)
	}
}

// refusal is what the peer is told when its message was not taken; nil for an end in good order.
func (s *server) refusal() error {
	select {
	case _, more := <-s.incoming:
		if _, refused := status.FromError(s.failed); !more && refused {
			return s.failed
		}
	default:
	}
	return nil
}
