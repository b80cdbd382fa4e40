package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/deadline"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/transport"
)

const (
	// closeTime is how long Close may take to tell the peer.
	closeTime = time.Second
	// maxSkipped is how many frames in a row may be undecodable before it is taken for more than a v4 server's defect.
	maxSkipped = 64
)

// Skipper is what the streams of the default client also implement.
type Skipper interface {
	// Skipped is how many frames could not be decoded and were left out: v4 servers corrupt frames when their handlers
	// send without pause (docs/wire.md §3.7).
	Skipped() int
}

// Stream implements Client. Only opening the stream is tried again. The open frame, which carries the request's body,
// is sent at once; servers throw its body away.
func (c *front) Stream(ctx context.Context, req Request, opts ...CallOption) (Stream, error) {
	in := c.setup.Load()
	o := in.opts.CallOptions.with(opts)
	if err := ctx.Err(); err != nil {
		return nil, newError(clientID, 408, "", err)
	}
	began, end := time.Now(), time.Time{}
	if o.StreamTimeout > 0 {
		end = began.Add(o.StreamTimeout)
	}
	life := deadline.New(ctx, end)
	var opened Stream
	var to target
	open := func(_ context.Context, node *registry.Node, req Request, _ any, o CallOptions) (err error) {
		ended := to.hold(in.opts.Selector, node)
		if opened, err = c.driver.Open(life, node, req, o, ended); err != nil { //nolint:contextcheck // the stream outlives the attempt
			ended()
		}
		return err
	}
	a, err := c.attempts(in, req, nil, o, open)
	to = a.to
	if err == nil {
		err = a.run(life, began) //nolint:contextcheck // life descends from ctx
	}
	if err != nil {
		life.End()
		return nil, err
	}
	return opened, nil
}

// open connects to the node and sends the open frame.
func (c *front) open(life *deadline.Context, in *setup, node *registry.Node, req Request, o CallOptions) (*stream, error) {
	id := c.nextID()
	x, err := c.encode(life, in, node, req, id)
	if err != nil {
		return nil, err
	}
	defer x.release()
	if end, ok := life.Deadline(); ok {
		x.add(mucp.Timeout, mucp.FormatTimeout(max(time.Until(end), 1)))
	}
	dialled, err := dial(life, in, node.Address, o.DialTimeout, transport.WithStream())
	if err != nil {
		return nil, err
	}
	s := &stream{
		conn: newConn(dialled, node.Address, 0), life: life, codecs: in.codecs, list: slices.Clone(x.list), id: id,
		wireType: headerOf(x.list)[mucp.ContentType],
	}
	s.request = streamRequest{req, s}
	s.stop = s.conn.guard(life)
	if err := s.conn.send(x.list, x.body); err != nil {
		s.stop()
		_ = s.conn.Close() // err says what matters
		return nil, lostError(life, err)
	}
	return s, nil
}

// guard makes what runs on the connection end with ctx. stop reports false if it did.
func (c *conn) guard(ctx context.Context) (stop func() bool) {
	end, _ := ctx.Deadline() // the zero time is none
	if c.deadline == nil || c.deadline.SetDeadline(end) != nil {
		return context.AfterFunc(ctx, c.closeIt)
	}
	return deadline.OnCancel(ctx, c.closeIt)
}

// stream is a stream on a connection of its own. It has no goroutine: Recv reads from the connection.
type stream struct {
	conn     *conn
	life     *deadline.Context
	stop     func() bool
	release  func() // tells the selector that the node is free of it; nil if it does not ask
	codecs   *mucp.Codecs
	request  Request
	id       string
	wireType string

	sending sync.Mutex // one frame at a time; guards ended
	list    []transport.Field
	ended   bool // no more frames are sent

	mu       sync.Mutex // guards the rest
	closed   bool
	over     error // what Recv returns from now on
	err      error
	answer   *answer // received last
	seen     bool    // somebody holds it
	spare    *answer // to receive the next into; nil while that is done
	skipped  int
	received int
}

var (
	_ Stream  = (*stream)(nil)
	_ Skipper = (*stream)(nil)
)

var (
	errSendClosed = errors.New("send on a stream after CloseSend or Close")
	errClosed     = errors.New("stream is closed")
)

// Context implements Stream.
func (s *stream) Context() context.Context { return s.life }

// Request implements Stream.
func (s *stream) Request() Request { return s.request }

// Send implements Stream.
func (s *stream) Send(v any) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	if s.ended {
		return s.fail(errSendClosed)
	}
	lent := s.codecs.Lend(s.wireType, nil)
	defer lent.Release()
	list := s.list
	var header map[string]string
	if !lent.Plain() {
		header = headerOf(list)
	}
	body, err := write(lent, codec.Request, s.id, s.request, header, v)
	if err != nil {
		return s.fail(newError(codecID, 500, "", err))
	}
	if header != nil {
		list = listOf(header)
	}
	if err := s.conn.send(list, body); err != nil {
		return s.fail(s.lost(err))
	}
	return nil
}

// CloseSend implements Stream.
func (s *stream) CloseSend() error {
	s.sending.Lock()
	defer s.sending.Unlock()
	return s.sendEnd()
}

// sendEnd sends the end of the stream, once. s.sending is held.
func (s *stream) sendEnd() error {
	if s.ended {
		return nil
	}
	s.ended = true
	if err := s.conn.send(append(slices.Clone(s.list), transport.Field{Name: mucp.Error, Value: mucp.EOS}), nil); err != nil {
		return s.fail(s.lost(err))
	}
	return nil
}

// Recv implements Stream. It skips frames that cannot be decoded.
func (s *stream) Recv(v any) error {
	if over := s.isOver(); over != nil {
		return over
	}
	for {
		m := s.next(v)
		if err := m.recv(s.conn.Client, s.conn.lists); err != nil {
			return s.finish(s.lost(err))
		}
		s.note(m)
		if end := s.endOf(m); end != nil {
			return s.finish(end)
		}
		err := s.decode(m, v)
		if err == nil {
			s.count(true)
			return nil
		}
		if s.count(false) >= maxSkipped {
			return s.finish(newError(codecID, 500, fmt.Sprintf("%d frames in a row: ", maxSkipped), err))
		}
		s.remember(newError(codecID, 500, "", err))
	}
}

// endOf returns what a frame that ends the stream ends it with.
func (s *stream) endOf(m *answer) error {
	switch {
	case m.draining:
		return notRunError(newError(mucp.ServerID, 500, "", drainingError{}))
	case m.errorText == mucp.EOS:
		if err := s.onlySkipped(); err != nil {
			return err
		}
		return io.EOF
	case m.errorText != "":
		return mucp.NewRemoteError(m.errorText)
	case m.contentType == "text/plain":
		return newError(clientID, 500, "", errors.New(string(m.Body)))
	}
	return nil
}

func (s *stream) decode(m *answer, v any) error {
	lent := s.codecs.Lend(s.wireType, m.Body)
	defer lent.Release()
	if !lent.Plain() {
		if err := lent.ReadHeader(&codec.Message{Type: codec.Response, Header: m.header()}, codec.Response); err != nil {
			return err
		}
	}
	if len(m.Body) == 0 || v == nil {
		return nil
	}
	return lent.ReadBody(v)
}

// Close implements Stream. A blocked Send or Recv ends with an error.
func (s *stream) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	if s.over == nil {
		s.over = errClosed
	}
	s.mu.Unlock()
	if closed {
		return nil
	}
	if s.sending.TryLock() { // else a Send is stuck, and the peer would not read the end either
		if s.conn.deadline != nil && s.life.Err() == nil {
			_ = s.conn.deadline.SetDeadline(time.Now().Add(closeTime)) // without it the transport's own bounds hold
		}
		_ = s.sendEnd() // a lost peer needs no telling
		s.sending.Unlock()
	}
	s.stop()
	if s.release != nil {
		s.release()
	}
	defer s.life.End()
	return s.conn.Close()
}

// lost is the error of a broken connection.
func (s *stream) lost(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return timeoutError(context.DeadlineExceeded)
	case s.life.Err() != nil:
		return timeoutError(s.life.Err())
	}
	return newError(transportID, 500, "", err)
}

// finish ends receiving.
func (s *stream) finish(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over != nil { // closed meanwhile
		return s.over
	}
	s.over = err
	if !errors.Is(err, io.EOF) {
		s.err = err
	}
	return err
}

func (s *stream) isOver() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

func (s *stream) fail(err error) error {
	s.remember(err)
	return err
}

func (s *stream) remember(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// next returns what to receive the next frame for v into.
func (s *stream) next(v any) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.spare
	if s.spare = nil; m == nil {
		m = new(answer)
	}
	if _, isProto := v.(proto.Message); !isProto {
		m.Body = nil // what is decoded may keep it
	}
	return m
}

// note makes m the frame received last. The one before is used again, unless somebody holds it.
func (s *stream) note(m *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.seen {
		s.spare = s.answer
	}
	s.answer, s.seen = m, false
}

// count counts a frame. It returns how many were skipped in a row, as long as none was decoded.
func (s *stream) count(decoded bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if decoded {
		s.received++
	} else {
		s.skipped++
	}
	if s.received > 0 {
		return 0
	}
	return s.skipped
}

// onlySkipped returns why no frame could be decoded, if there were frames.
func (s *stream) onlySkipped() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.skipped == 0 || s.received > 0 {
		return nil
	}
	return s.err
}

// Skipped implements Skipper.
func (s *stream) Skipped() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.skipped
}

// Error implements Stream.
func (s *stream) Error() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Response implements Stream.
func (s *stream) Response() Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &streamResponse{stream: s, message: s.answer}
	if r.message == nil {
		r.message = new(answer)
	}
	s.seen = true
	return r
}
