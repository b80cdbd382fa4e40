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
	base    base // what call.life descends from
	request request
	wire    *wireServer
	conn    grpc.ServerStream
	content wire.Content
	in      wire.Body  // the request of a unary call
	out     wire.Frame // its reply
	replied bool       // out was sent

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
func (x *exchange) Context() context.Context { return &x.call.life }

// Request implements server.Stream.
func (x *exchange) Request() server.Request { return &x.request }

// Send implements server.Stream.
func (x *exchange) Send(v any) error {
	if x.call.life.Err() != nil {
		return x.fail(context.Cause(&x.call.life))
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
	case <-x.call.life.Done():
		return nil, context.Cause(&x.call.life)
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
		case <-x.call.life.Done():
			return
		}
	}
}

func (x *exchange) receiveNow() ([]byte, error) {
	var frame wire.Frame
	err := x.conn.RecvMsg(&frame)
	return frame.Data, err
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
	if w.exchange.replied { // a Router's, of a stream
		return w.exchange.Write(data)
	}
	w.exchange.replied = true
	w.exchange.out.Data = data
	return w.exchange.conn.SendMsg(&w.exchange.out)
}

// reader decodes the request of a unary call.
type reader struct{ exchange *exchange }

// ReadHeader implements codec.Reader: headers travel beside the body.
func (reader) ReadHeader(*codec.Message, codec.MessageType) error { return nil }

// ReadBody implements codec.Reader.
func (r reader) ReadBody(v any) error {
	in := &r.exchange.in
	*in = wire.Body{Content: r.exchange.content, Value: v}
	err := r.exchange.conn.RecvMsg(in)
	if errors.Is(err, io.EOF) {
		return status.Error(codes.Internal, "the call has no request: send one message before closing")
	}
	if err != nil {
		return err
	}
	if in.Err != nil {
		return status.Error(codes.InvalidArgument, in.Err.Error())
	}
	return nil
}
