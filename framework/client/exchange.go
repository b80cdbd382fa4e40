package client

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/deadline"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/transport"
)

// call is the innermost CallFunc: it sends the request to the node and receives the answer.
func (c *mucpClient) call(ctx context.Context, node *registry.Node, req Request, rsp any, o CallOptions) error {
	in := c.setup.Load()
	x, err := c.encode(ctx, in, node, req, "")
	if err != nil {
		return err
	}
	defer x.release()
	x.message.Header[mucp.Timeout] = mucp.FormatTimeout(o.RequestTimeout)
	pooled, err := c.connect(ctx, in, node.Address, o)
	if err != nil {
		return err
	}
	answer, err := c.exchange(ctx, pooled, x, rsp)
	if o.attempt != nil {
		o.attempt.Sent, o.attempt.Reused = len(x.message.Body), pooled.reused
		if answer != nil {
			o.attempt.Received, o.attempt.Header = len(answer.Body), maps.Clone(answer.Header)
		}
	}
	if answer == nil {
		return err
	}
	err = x.decode(answer, rsp)
	if errors.Is(err, errDraining) {
		_ = pooled.Close() // the server is about to
		c.pool.drop(node.Address)
		return err
	}
	c.pool.put(pooled)
	return err
}

// outgoing is an encoded request. It is reused: transports do not keep what they send.
type outgoing struct {
	message transport.Message
	codec   *mucp.Codec
	id      string
}

var outgoings = sync.Pool{New: func() any {
	return &outgoing{message: transport.Message{Header: make(map[string]string, 16)}}
}}

// encode makes the message of a request. stream is the id of the stream it opens, or empty.
func (c *mucpClient) encode(ctx context.Context, in *setup, node *registry.Node, req Request, stream string) (*outgoing, error) {
	contentType := req.ContentType()
	if contentType == "" {
		contentType = in.opts.ContentType
	}
	wireType := contentType
	if node.Metadata["protocol"] == "" {
		wireType = mucp.Legacy(contentType)
	}
	lent := in.codecs.Lend(wireType, nil)
	if lent == nil {
		return nil, newError(clientID, 500, "", errors.New("unsupported Content-Type: "+contentType))
	}
	x := outgoings.Get().(*outgoing) //nolint:forcetypeassert // the pool holds nothing else
	x.codec, x.id = lent, stream
	if x.id == "" {
		x.id = c.nextID()
	}
	x.headers(ctx, req, contentType, wireType)
	if stream != "" {
		x.message.Header[mucp.Stream] = stream
	}
	body, err := write(x.codec, codec.Request, x.id, req, x.message.Header, req.Body())
	if err != nil {
		x.release()
		return nil, newError(codecID, 500, "", err)
	}
	x.message.Body = body
	return x, nil
}

func (c *mucpClient) nextID() string { return strconv.FormatUint(c.sequence.Add(1)-1, 10) }

func (x *outgoing) release() {
	x.codec.Release()
	clear(x.message.Header)
	*x = outgoing{message: transport.Message{Header: x.message.Header}}
	outgoings.Put(x)
}

// write encodes v. The bytes are valid until the codec is used again.
func write(lent *mucp.Codec, kind codec.MessageType, id string, req Request, header map[string]string, v any) ([]byte, error) {
	var m *codec.Message
	if !lent.Plain() {
		m = &codec.Message{Id: id, Type: kind, Target: req.Service(), Method: req.Method(), Endpoint: req.Endpoint(), Header: header}
	}
	if err := lent.Write(m, v); err != nil {
		return nil, err
	}
	return lent.Written(), nil
}

// headers sets the headers of a request: the context's metadata, and the protocol's own (docs/wire.md §3.1).
func (x *outgoing) headers(ctx context.Context, req Request, contentType, wireType string) {
	h := x.message.Header
	metadata.Range(ctx, func(key, value string) bool {
		if key = mucp.Canonical(key); !mucp.Reserved(key) {
			h[key] = value
		}
		return true
	})
	h[mucp.ID] = x.id
	h[mucp.Service], h[mucp.Method], h[mucp.Endpoint] = req.Service(), req.Method(), req.Endpoint()
	h[mucp.ContentType], h[mucp.Accept] = wireType, contentType
}

// connect returns an idle connection to the address, or a new one.
func (c *mucpClient) connect(ctx context.Context, in *setup, address string, o CallOptions) (*conn, error) {
	if idle := c.pool.get(address); idle != nil {
		return idle, nil
	}
	era := c.pool.now()
	dialled, err := dial(ctx, in, address, o.DialTimeout)
	if err != nil {
		return nil, err
	}
	return newConn(dialled, address, era), nil
}

// dial opens a connection. Whatever went wrong, the request did not run.
func dial(ctx context.Context, in *setup, address string, timeout time.Duration, opts ...transport.DialOption) (transport.Client, error) {
	if timeout <= 0 {
		timeout = transport.DefaultDialTimeout
	}
	if end, ok := ctx.Deadline(); ok {
		timeout = min(timeout, max(time.Until(end), 1))
	}
	opts = append(slices.Clone(opts), transport.WithTimeout(timeout), func(d *transport.DialOptions) { d.Context = ctx })
	dialled, err := in.opts.Transport.Dial(address, opts...)
	switch {
	case err == nil:
		return dialled, nil
	case ctx.Err() != nil:
		return nil, notRunError(timeoutError(ctx.Err()))
	}
	return nil, notRunError(newError(clientID, 500, "connection error: ", err))
}

func timeoutError(cause error) *callError { return newError(clientID, 408, "call timeout: ", cause) }

// exchange sends the request and receives an answer on the caller's goroutine. Without an answer the connection is
// closed.
func (c *mucpClient) exchange(ctx context.Context, on *conn, x *outgoing, rsp any) (*transport.Message, error) {
	stop := on.guard(ctx)
	answer, err := on.roundTrip(x, reusable(x.codec, rsp))
	if !stop() && err == nil {
		err = ctx.Err() // the connection is being closed: the answer came too late
	}
	if err == nil {
		return answer, nil
	}
	_ = on.Close() // it cannot be used again
	if on.reused && ctx.Err() == nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.pool.drop(on.address) // whatever ended this one ended the others
	}
	return nil, lostError(ctx, err)
}

// guard makes what runs on the connection end with ctx. stop reports false if it did.
func (c *conn) guard(ctx context.Context) (stop func() bool) {
	closeIt := func() { _ = c.Close() } // whoever uses it sees that
	if c.deadline == nil {
		return context.AfterFunc(ctx, closeIt)
	}
	end, _ := ctx.Deadline() // the zero time is none
	if err := c.deadline.SetDeadline(end); err != nil {
		return context.AfterFunc(ctx, closeIt)
	}
	return deadline.OnCancel(ctx, closeIt)
}

// roundTrip sends and receives. If sending failed, the server may have said before that it drains.
func (c *conn) roundTrip(x *outgoing, reuseBody bool) (*transport.Message, error) {
	if failed := c.Send(&x.message); failed != nil {
		if !c.reused || errors.Is(failed, os.ErrDeadlineExceeded) {
			return nil, failed
		}
		answer, err := c.recv(reuseBody)
		if err != nil || answer.Header[mucp.Draining] == "" {
			return nil, failed
		}
		return answer, nil
	}
	return c.recv(reuseBody)
}

// reusable reports whether decoding into rsp keeps nothing of the encoded body.
func reusable(lent *mucp.Codec, rsp any) bool {
	_, isProto := rsp.(proto.Message)
	return isProto && lent.Plain()
}

// lostError is the error of a call without an answer: the deadline, the caller, or the connection ended it.
func lostError(ctx context.Context, err error) error {
	var status *transport.StatusError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return timeoutError(context.DeadlineExceeded)
	case ctx.Err() != nil:
		return timeoutError(ctx.Err())
	case errors.As(err, &status):
		return newError(transportID, 500, "", err)
	}
	e := newError(transportID, 500, "", err)
	e.seen.Detail += " (the request may have run)"
	return e
}

// decode decodes an answer into rsp, or returns the error that it carries.
func (x *outgoing) decode(answer *transport.Message, rsp any) error {
	h := answer.Header
	if h[mucp.Draining] != "" {
		return notRunError(newError(mucp.ServerID, 500, "", drainingError{}))
	}
	if text := h[mucp.Error]; text != "" {
		return mucp.NewRemoteError(text)
	}
	if h[mucp.ContentType] == "text/plain" { // a v4 server that does not know the content type (docs/wire.md §3.3)
		return newError(clientID, 500, "", errors.New(string(answer.Body)))
	}
	x.codec.Reset(answer.Body)
	if !x.codec.Plain() {
		m := codec.Message{Type: codec.Response, Header: h}
		if err := x.codec.ReadHeader(&m, codec.Response); err != nil {
			return newError(codecID, 500, "", err)
		}
		if m.Error != "" {
			return mucp.NewRemoteError(m.Error)
		}
	}
	if rsp == nil || len(answer.Body) == 0 {
		return nil
	}
	if err := x.codec.ReadBody(rsp); err != nil {
		return newError(codecID, 500, "", err)
	}
	return nil
}

// drainingError has the text of the server's refusal.
type drainingError struct{}

// Error returns the detail of the refusal.
func (drainingError) Error() string { return mucp.NotRun }

// Is reports that it is errDraining.
func (drainingError) Is(target error) bool { return target == errDraining }
