package http

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/registry"
)

// pending is how many answers of a stream may wait for Recv.
const pending = 64

var (
	errClosed     = errors.New("stream is closed")
	errSendClosed = errors.New("send on a stream after CloseSend or Close")
)

// Open implements client.Driver. A stream is one POST after the other to the same node (docs/wire.md §9.9): Send makes
// one and waits for its answer, which Recv then returns. Nothing is sent before the first Send.
func (d *driver) Open(ctx context.Context, node *registry.Node, req client.Request, o client.CallOptions, ended func()) (client.Stream, error) {
	c, err := d.prepare(ctx, node, req)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &stream{call: c, opts: o, life: ctx, answers: make(chan answered, pending), over: make(chan struct{}), turn: make(chan struct{}, 1)}
	s.end = sync.OnceFunc(func() { cancel(); ended() })
	s.closeSend = sync.OnceFunc(func() { close(s.over) })
	return s, nil
}

// stream is a stream from the caller's side.
type stream struct {
	call    *call
	opts    client.CallOptions
	life    context.Context //nolint:containedctx // a stream has a context
	answers chan answered
	over    chan struct{} // closed by CloseSend

	end, closeSend func()

	turn chan struct{} // holds one thing while a Send is under way: one POST at a time

	mu     sync.Mutex
	err    error
	eof    bool // everything was received
	closed bool
	header map[string]string // of the last answer received
}

var _ client.Stream = (*stream)(nil)

// answered is the answer to one message, or why there is none.
type answered struct {
	got got
	err error
}

// Context implements client.Stream.
func (s *stream) Context() context.Context { return s.life }

// Request implements client.Stream.
func (s *stream) Request() client.Request { return s.call.request }

// Response implements client.Stream.
func (s *stream) Response() client.Response { return response{s} }

// Send implements client.Stream. It waits for the answer, and, while 64 answers wait for Recv, for that.
func (s *stream) Send(v any) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-s.life.Done():
		return s.fail(s.ending())
	}
	if s.isOver() {
		return s.fail(errSendClosed)
	}
	if err := s.life.Err(); err != nil {
		return s.fail(client.NewError(clientID, 408, "", err))
	}
	if end, ok := s.life.Deadline(); ok {
		s.call.header.Set(mucp.Timeout, mucp.FormatTimeout(max(time.Until(end), 1)))
	}
	answer, err := s.call.post(s.life, v, s.opts)
	select {
	case s.answers <- answered{answer, err}:
		return nil
	case <-s.life.Done():
		return s.fail(client.NewError(clientID, 408, "", s.life.Err()))
	}
}

func (s *stream) isOver() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// Recv implements client.Stream: it returns the answers in the order of the messages, and io.EOF after CloseSend once all
// were received. A status that is not 2xx, and a lost connection, is an error in the place of that answer.
func (s *stream) Recv(v any) error {
	select {
	case next := <-s.answers:
		return s.take(next, v)
	case <-s.life.Done():
		return s.fail(s.ending())
	case <-s.over:
	}
	select { // a Send that had begun is waited for
	case next := <-s.answers:
		return s.take(next, v)
	case <-s.life.Done():
		return s.fail(s.ending())
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	}
	select {
	case next := <-s.answers:
		return s.take(next, v)
	default:
	}
	if s.life.Err() != nil {
		return s.fail(s.ending())
	}
	s.mu.Lock()
	s.eof = true
	s.mu.Unlock()
	s.end()
	return io.EOF
}

// ending is why there is nothing more to receive.
func (s *stream) ending() error {
	s.mu.Lock()
	eof, closed := s.eof, s.closed
	s.mu.Unlock()
	switch {
	case eof:
		return io.EOF
	case closed:
		return errClosed
	}
	return client.NewError(clientID, 408, "", s.life.Err())
}

func (s *stream) take(next answered, v any) error {
	if next.err != nil {
		return s.fail(next.err)
	}
	s.mu.Lock()
	s.header = flat(next.got.header)
	s.mu.Unlock()
	if err := s.call.decode(next.got, v); err != nil {
		return s.fail(err)
	}
	return nil
}

// fail remembers the last error; io.EOF is none.
func (s *stream) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !errors.Is(err, io.EOF) {
		s.err = err
	}
	return err
}

// Error implements client.Stream.
func (s *stream) Error() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// CloseSend implements client.Stream.
func (s *stream) CloseSend() error {
	s.closeSend()
	return nil
}

// Close implements client.Stream: what is under way is broken off.
func (s *stream) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.closeSend()
	return nil
}

// response holds the headers of a stream.
type response struct{ stream *stream }

var errNoBody = errors.New("a stream over HTTP gives its messages by Recv only")

// Codec implements client.Response.
func (r response) Codec() codec.Reader { return r }

// ReadHeader implements codec.Reader.
func (response) ReadHeader(*codec.Message, codec.MessageType) error { return nil }

// ReadBody implements codec.Reader.
func (r response) ReadBody(v any) error { return r.stream.Recv(v) }

// Header implements client.Response: the headers of the last answer received.
func (r response) Header() map[string]string {
	r.stream.mu.Lock()
	defer r.stream.mu.Unlock()
	if r.stream.header == nil {
		return map[string]string{}
	}
	return r.stream.header
}

// Read implements client.Response.
func (response) Read() ([]byte, error) { return nil, errNoBody }
