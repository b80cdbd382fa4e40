package grpc

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/codec"
	wire "github.com/microtop/microtop/framework/internal/grpc"
	"github.com/microtop/microtop/framework/registry"
)

// Open implements client.Driver. Unlike the framework's own protocol there is no opening message: the first Send is the
// first message.
func (d *driver) Open(ctx context.Context, node *registry.Node, req client.Request, o client.CallOptions, ended func()) (client.Stream, error) {
	ctx, cancel := context.WithCancel(ctx)
	timeout := time.Duration(0)
	if end, ok := ctx.Deadline(); ok {
		timeout = max(time.Until(end), 1)
	}
	c := new(call)
	if err := d.begin(c, ctx, node, req, o, timeout); err != nil {
		cancel()
		return nil, err
	}
	opened, err := c.conn.grpc.NewStream(&c.context, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, c.path, c.options...) //nolint:contextcheck // c.context descends from ctx
	if err != nil {
		cancel()
		c.conn.done()
		return nil, c.fail(err, nil) //nolint:contextcheck // it only names the error
	}
	c.sent = true
	s := &stream{call: c, grpc: opened, request: req, life: ctx}
	s.end = sync.OnceFunc(func() {
		cancel()
		c.conn.done()
		ended()
	})
	return s, nil
}

// stream is a stream from the caller's side.
type stream struct {
	call    *call
	grpc    grpc.ClientStream
	request client.Request
	life    context.Context //nolint:containedctx // a stream has a context
	end     func()

	mu     sync.Mutex
	err    error
	closed bool
}

var _ client.Stream = (*stream)(nil)

var (
	errClosed     = errors.New("stream is closed")
	errSendClosed = errors.New("send on a stream after CloseSend or Close")
)

// Context implements client.Stream.
func (s *stream) Context() context.Context { return s.life }

// Request implements client.Stream.
func (s *stream) Request() client.Request { return s.request }

// Response implements client.Stream.
func (s *stream) Response() client.Response { return response{s} }

// Send implements client.Stream. After the handler has returned, what it returned comes with Recv.
func (s *stream) Send(v any) error {
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return s.fail(errSendClosed)
	}
	data, err := s.call.content.Marshal(v)
	if err != nil {
		return s.fail(client.NewError(clientID+".codec", 500, "", err))
	}
	if err := s.grpc.SendMsg(&wire.Frame{Data: data}); err != nil {
		if errors.Is(err, io.EOF) { // over at the other end
			return s.fail(errSendClosed)
		}
		return s.fail(s.call.fail(err, nil))
	}
	return nil
}

// Recv implements client.Stream.
func (s *stream) Recv(v any) error {
	var frame wire.Frame
	if err := s.grpc.RecvMsg(&frame); err != nil {
		s.mu.Lock()
		closed := s.closed
		s.mu.Unlock()
		switch {
		case errors.Is(err, io.EOF):
			s.end()
			return io.EOF
		case closed:
			return errClosed
		}
		failed := s.call.fail(err, s.grpc.Trailer())
		s.end()
		return s.fail(failed)
	}
	if v == nil {
		return nil
	}
	if err := s.call.content.Unmarshal(frame.Data, v); err != nil {
		return s.fail(client.NewError(clientID+".codec", 500, "", err))
	}
	return nil
}

// fail remembers the last error.
func (s *stream) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	return err
}

// Error implements client.Stream.
func (s *stream) Error() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// CloseSend implements client.Stream.
func (s *stream) CloseSend() error { return s.grpc.CloseSend() }

// EndRequest is for client.EndRequest.
func (s *stream) EndRequest() error { return s.CloseSend() }

// Close implements client.Stream: what is under way on the stream is broken off.
func (s *stream) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	return nil
}

// response holds the headers of a stream.
type response struct{ stream *stream }

var errNoBody = errors.New("a gRPC stream gives its messages by Recv only")

// Codec implements client.Response.
func (r response) Codec() codec.Reader { return r }

// ReadHeader implements codec.Reader.
func (response) ReadHeader(*codec.Message, codec.MessageType) error { return nil }

// ReadBody implements codec.Reader.
func (r response) ReadBody(v any) error { return r.stream.Recv(v) }

// Header implements client.Response. It waits for the first answer of the server.
func (r response) Header() map[string]string {
	header, err := r.stream.grpc.Header()
	if err != nil {
		return map[string]string{}
	}
	return flat(header, r.stream.grpc.Trailer())
}

// Read implements client.Response.
func (response) Read() ([]byte, error) { return nil, errNoBody }
