package invoke

import (
	"context"
	stderrors "errors"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/codec/bytes"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/schema"
)

// Stream is an open stream. One goroutine may send while another receives.
type Stream struct {
	plan   *plan
	kind   schema.Kind
	stream client.Stream
	start  time.Time
	sent   atomic.Int64
	got    atomic.Int64
}

// Open opens a stream, and sends the request's body if there is one; a server stream's body is sent even if empty,
// since the handler waits for it. The error says why the stream is not open.
func Open(ctx context.Context, session *introspect.Session, r Request) (*Stream, error) {
	p, err := prepare(ctx, session, r)
	if err != nil {
		return nil, err
	}
	kind := p.endpoint.Kind
	if kind == schema.Stream && r.Kind != "" {
		kind = r.Kind // nobody told
	}
	if kind == schema.Unary || r.Kind != "" && kind != r.Kind {
		return nil, &KindError{Service: r.Service, Endpoint: r.Endpoint, Kind: kind}
	}
	var first *bytes.Frame
	if len(r.Body) > 0 || kind == schema.Server {
		if first, err = p.encode(r.Body); err != nil {
			return nil, err
		}
	}
	c := p.client(session)
	req := c.NewRequest(p.description.Name, p.method(), nil, client.WithContentType(p.contentType), client.StreamingRequest())
	stream, err := c.Stream(p.context(ctx), req, p.options()...)
	if err != nil {
		return nil, err
	}
	s := &Stream{plan: p, kind: kind, stream: stream, start: time.Now()}
	if first != nil {
		if err := s.send(first); err != nil {
			return nil, stderrors.Join(err, stream.Close())
		}
	}
	if kind == schema.Server {
		if err := client.EndRequest(stream); err != nil {
			return nil, stderrors.Join(err, stream.Close())
		}
	}
	return s, nil
}

// Kind says how messages go.
func (s *Stream) Kind() schema.Kind { return s.kind }

// Start is when the stream was opened.
func (s *Stream) Start() time.Time { return s.start }

// Counts returns how many messages went each way.
func (s *Stream) Counts() (sent, received int64) { return s.sent.Load(), s.got.Load() }

// Send checks a JSON message and sends it. A schema.BodyError means that it was not sent and the stream goes on.
func (s *Stream) Send(body []byte) error {
	frame, err := s.plan.encode(body)
	if err != nil {
		return err
	}
	return s.send(frame)
}

func (s *Stream) send(frame *bytes.Frame) error {
	if err := s.stream.Send(frame); err != nil {
		return err
	}
	s.sent.Add(1)
	return nil
}

// Recv waits for a message and returns it as JSON where it can be read. io.EOF is the end in good order.
func (s *Stream) Recv() ([]byte, error) {
	frame := new(bytes.Frame)
	if err := s.stream.Recv(frame); err != nil {
		return nil, err
	}
	s.got.Add(1)
	return s.plan.decode(frame.Data), nil
}

// CloseSend says that no more messages come. A v4 server answers no end of stream after it (docs/wire.md §3.5).
func (s *Stream) CloseSend() error { return s.stream.CloseSend() }

// Close ends the stream and the connection. It may be called more than once.
func (s *Stream) Close() error { return s.stream.Close() }
