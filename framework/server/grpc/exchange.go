package grpc

import (
	"context"
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/microtop/microtop/framework/codec"
	wire "github.com/microtop/microtop/framework/internal/grpc"
	"github.com/microtop/microtop/framework/server"
)

// exchange is one call: the response of a unary one, and the stream of a stream.
type exchange struct {
	call    call
	request request
	conn    grpc.ServerStream
	content wire.Content
	ctx     context.Context //nolint:containedctx // the call's life: a stream has a context, and lives as long as its call
	in, out wire.Frame      // what is read, and the reply of a unary call

	reading  sync.Once
	incoming chan incoming

	mu  sync.Mutex
	err error
}

var (
	_ server.Response = (*exchange)(nil)
	_ server.Stream   = (*exchange)(nil)
)

// Context implements server.Stream.
func (x *exchange) Context() context.Context { return x.ctx }

// Request implements server.Stream.
func (x *exchange) Request() server.Request { return &x.request }

// Send implements server.Stream.
func (x *exchange) Send(v any) error {
	if x.ctx.Err() != nil {
		return x.fail(context.Cause(x.ctx))
	}
	data, err := x.content.Marshal(v)
	if err != nil {
		return x.fail(err)
	}
	return x.fail(x.Write(data))
}

// Recv implements server.Stream.
func (x *exchange) Recv(v any) error {
	data, err := x.receive()
	if err != nil {
		return x.fail(err)
	}
	return x.fail(x.content.Unmarshal(data, v))
}

// receive returns the next message of a stream, or io.EOF once the caller has sent its last one. It ends with the
// context of the call: gRPC itself would wait on for a caller that is still there.
func (x *exchange) receive() ([]byte, error) {
	x.reading.Do(func() {
		x.incoming = make(chan incoming)
		go x.read() // ends with the call
	})
	select {
	case next := <-x.incoming:
		return next.data, next.err
	case <-x.ctx.Done():
		return nil, context.Cause(x.ctx)
	}
}

// incoming is a message, or why there are no more.
type incoming struct {
	data []byte
	err  error
}

// read hands on what arrives until the call is over.
func (x *exchange) read() {
	for {
		data, err := x.receiveNow()
		select {
		case x.incoming <- incoming{data, err}:
		case <-x.ctx.Done():
			return
		}
	}
}

func (x *exchange) receiveNow() ([]byte, error) {
	x.in.Data = nil
	err := x.conn.RecvMsg(&x.in)
	return x.in.Data, err
}

// fail remembers the last error.
func (x *exchange) fail(err error) error {
	if err != nil {
		x.mu.Lock()
		x.err = err
		x.mu.Unlock()
	}
	return err
}

// Error implements server.Stream.
func (x *exchange) Error() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.err
}

// Close implements server.Stream; the call ends for the caller when the handler returns.
func (x *exchange) Close() error { return nil }

// Codec implements server.Response.
func (x *exchange) Codec() codec.Writer { return writer{x} }

// WriteHeader implements server.Response.
func (x *exchange) WriteHeader(header map[string]string) { _ = x.conn.SetHeader(outgoing(header)) } // too late is too late

// Write implements server.Response.
func (x *exchange) Write(data []byte) error { return x.conn.SendMsg(&wire.Frame{Data: data}) }

// writer encodes the reply of a unary call.
type writer struct{ exchange *exchange }

// Write implements codec.Writer.
func (w writer) Write(_ *codec.Message, v any) error {
	data, err := w.exchange.content.Marshal(v)
	if err != nil {
		return err
	}
	w.exchange.out.Data = data
	return w.exchange.conn.SendMsg(&w.exchange.out)
}

// request is what arrived, as handlers, wrappers and routers see it.
type request struct {
	exchange    *exchange
	contentType string
	header      map[string]string
}

var _ server.Request = (*request)(nil)

// Service implements server.Request: gRPC names a package there, which is not the service's name.
func (r *request) Service() string {
	s, _ := server.FromContext(r.exchange.ctx)
	if s == nil {
		return ""
	}
	return s.Options().Name
}

// Method implements server.Request.
func (r *request) Method() string { return r.exchange.call.endpoint }

// Endpoint implements server.Request.
func (r *request) Endpoint() string { return r.exchange.call.endpoint }

// ContentType implements server.Request.
func (r *request) ContentType() string { return r.contentType }

// Header implements server.Request.
func (r *request) Header() map[string]string { return r.header }

// Body implements server.Request. The server's router puts the decoded request in its place.
func (r *request) Body() any { return nil }

// Read implements server.Request.
func (r *request) Read() ([]byte, error) { return r.exchange.receive() }

// Codec implements server.Request.
func (r *request) Codec() codec.Reader { return reader{r.exchange} }

// Stream implements server.Request.
func (r *request) Stream() bool { return r.exchange.call.stream }

// reader decodes the request of a unary call.
type reader struct{ exchange *exchange }

// ReadHeader implements codec.Reader: headers travel beside the body.
func (reader) ReadHeader(*codec.Message, codec.MessageType) error { return nil }

// ReadBody implements codec.Reader.
func (r reader) ReadBody(v any) error {
	data, err := r.exchange.receiveNow()
	if errors.Is(err, io.EOF) {
		return status.Error(codes.Internal, "the call has no request: send one message before closing")
	}
	if err != nil {
		return err
	}
	if err := r.exchange.content.Unmarshal(data, v); err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	return nil
}
