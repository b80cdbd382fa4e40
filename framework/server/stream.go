package server

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/deadline"
	"github.com/microtop/microtop/framework/internal/mucp"
)

// stream is a stream from the handler's side.
type stream struct {
	call *call
	ctx  *deadline.Context // set before the handler runs
	in   inbox
	held atomic.Uint64 // the turn in which the handler holds the reading; 0 if it does not
	over atomic.Bool   // the handler has returned
	next *arrival      // what the handler reads into, while it reads

	told   sync.Once // ctx calls the reading handler off
	untell func() bool
	head   *answer     // of every frame whose codec wants no headers; guarded by conn.sending
	sent   atomic.Bool // the handler has sent since it last asked for a frame

	mu  sync.Mutex
	err error
}

var _ Stream = (*stream)(nil)

func newStream(k *call) *stream {
	s := &stream{call: k}
	k.request.frames = s.take
	return s
}

// frame takes a frame from the connection.
func (s *stream) frame(body []byte, text string) {
	switch text {
	case "":
		if c := s.call.conn; !s.in.put(body, c.ctx.Done(), c.wire.unread) {
			_ = c.sock.Close() // everything on it waited as long: the reader ends next
		}
	case mucp.EOS:
		s.in.end(io.EOF)
	default:
		s.in.end(mucp.NewRemoteError(text))
	}
}

// Context implements Stream.
func (s *stream) Context() context.Context { return s.ctx }

// Request implements Stream.
func (s *stream) Request() Request { return &s.call.request }

// Send implements Stream. A frame that answers one leaves at once. Of frames that are sent one after the other those that
// come while a write is under way leave in the next one, together; what goes wrong with that is told by a later Send.
func (s *stream) Send(v any) error {
	if err := s.ctx.Err(); err != nil {
		return s.fail(context.Cause(s.ctx))
	}
	if s.sent.Swap(true) {
		return s.fail(s.call.encode(v, s.call.queue))
	}
	return s.fail(s.call.encode(v, s.call.send))
}

// Recv implements Stream. An empty frame leaves v as it is.
func (s *stream) Recv(v any) error {
	if s.sent.Swap(false) {
		s.call.conn.flush() // the peer may wait for it before it sends
	}
	body, err := s.take()
	if err != nil {
		return s.fail(err)
	}
	return s.fail(s.decode(body, v))
}

func (s *stream) decode(body []byte, v any) error {
	k := s.call
	in := k.request.codecs.Lend(k.wireType, body)
	if in == nil {
		return unsupportedError(k.wireType)
	}
	defer in.Release()
	if !in.Plain() {
		if err := in.ReadHeader(k.message(codec.Request, ""), codec.Request); err != nil {
			return err
		}
	}
	if len(body) == 0 {
		return nil
	}
	return in.ReadBody(v)
}

// fail remembers the last error.
func (s *stream) fail(err error) error {
	if err != nil {
		s.mu.Lock()
		s.err = err
		s.mu.Unlock()
	}
	return err
}

// Error implements Stream.
func (s *stream) Error() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

var errClosed = errors.New("the handler closed the stream")

// Close implements Stream.
func (s *stream) Close() error {
	s.in.abort(errClosed)
	return nil
}
