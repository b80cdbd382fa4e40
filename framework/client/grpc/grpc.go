// Package grpc calls services over gRPC: those of the framework, of go-micro v4's plug-in, and any other gRPC server
// (docs/wire.md §8). Start with [NewClient].
//
//	service := micro.NewService(micro.Client(grpc.NewClient()), micro.Name("greeter"))
//
// An endpoint "Handler.Method" of a service is called as /service.Handler/Method; an endpoint that is a path already
// ("/package.Service/Method") as it is.
package grpc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/codec"
	wire "github.com/microtop/microtop/framework/internal/grpc"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/registry"
)

// clientID is the id of the errors that the client makes itself (docs/wire.md §3.6).
const clientID = "go.micro.client"

// NewClient returns a gRPC client. The options of package client configure it, and those of this package. Its default
// content type is application/grpc+proto.
func NewClient(opts ...client.Option) client.Client {
	return client.New(NewDriver, append([]client.Option{client.ContentType(wire.DefaultContentType)}, opts...)...)
}

// driver makes calls over gRPC connections, one an address.
type driver struct {
	options func() client.Options
	conns   pool
	manners manners
	paths   wire.Memo[endpoint, string]
}

// endpoint is what a call is for.
type endpoint struct{ service, name string }

// path is the endpoint as gRPC names it.
func (d *driver) path(of endpoint) string {
	if path, ok := d.paths.Of(of); ok {
		return path
	}
	path := wire.Path(of.service, of.name)
	d.paths.Keep(of, path)
	return path
}

var (
	_ client.Driver = (*driver)(nil)
	_ client.Typed  = (*driver)(nil)
)

// NewDriver returns what a gRPC client differs in from others, for client.NewMixed.
func NewDriver(options func() client.Options) client.Driver {
	return &driver{options: options, conns: pool{open: map[string]*conn{}}}
}

// String implements client.Driver.
func (d *driver) String() string { return wire.Name }

// ContentTypes implements client.Typed.
func (d *driver) ContentTypes() map[string]codec.NewCodec { return wire.EventCodecs() }

// Close implements client.Driver.
func (d *driver) Close() error { return d.conns.close() }

// Call implements client.Driver.
func (d *driver) Call(ctx context.Context, node *registry.Node, req client.Request, rsp any, o client.CallOptions) error {
	x := new(exchange)
	c := &x.call
	if err := d.begin(c, ctx, node, req, o, o.RequestTimeout); err != nil {
		return err
	}
	defer c.conn.done()
	body, err := c.content.Marshal(req.Body())
	if err != nil {
		return client.NewError(clientID+".codec", 500, "", err)
	}
	x.ask.Data, x.answer = body, wire.Body{Content: c.content, Value: rsp}
	c.options = append(c.options, grpc.Trailer(&x.trailer), grpc.Peer(&x.peer))
	o.Tell(func(*client.Attempt) { c.options = append(c.options, grpc.Header(&x.header)) })
	err = c.conn.grpc.Invoke(&c.context, c.path, &x.ask, &x.answer, c.options...) //nolint:contextcheck // c.context descends from ctx
	c.sent = x.peer.Addr != nil
	o.Tell(func(a *client.Attempt) {
		a.Sent, a.Received, a.Header, a.Reused = len(body), x.answer.Size, flat(x.header, x.trailer), c.reused
	})
	if err != nil {
		return c.fail(err, x.trailer) //nolint:contextcheck // it only names the error
	}
	if x.answer.Err != nil {
		return client.NewError(clientID+".codec", 500, "", x.answer.Err)
	}
	return nil
}

// exchange is a unary call: what it sends and what comes back.
type exchange struct {
	call            call
	ask             wire.Frame
	answer          wire.Body
	header, trailer metadata.MD
	peer            peer.Peer // without an address if there was no connection
}

// call is what a unary call and a stream have in common.
type call struct {
	context outgoingContext
	conn    *conn
	reused  bool // the connection was there
	path    string
	content wire.Content
	options []grpc.CallOption
	room    [8]grpc.CallOption // for options
	sent    bool               // whether the head has left: what never left cannot have run
}

// begin finds the connection and the codec, and sets the metadata; with the timeout, if it is not zero.
//
//nolint:revive // c is what is made
func (d *driver) begin(c *call, ctx context.Context, node *registry.Node, req client.Request, o client.CallOptions, timeout time.Duration) error {
	opts := d.options()
	contentType := req.ContentType()
	if contentType == "" {
		contentType = opts.ContentType
	}
	m, err := d.manners.of(manner{contentType, rounded(timeout)}, opts)
	if err != nil {
		return client.NewError(clientID, 500, "", err)
	}
	if c.conn, c.reused, err = d.conns.get(node.Address, opts); err != nil {
		return client.NotRunError(client.NewError(clientID, 500, "connection error: ", err))
	}
	c.path, c.content = d.path(endpoint{req.Service(), req.Endpoint()}), m.content
	own := value[[]grpc.CallOption](o.Context, callOptionsKey{}) //nolint:contextcheck // as above
	c.options = append(append(append(c.room[:0], c.conn.options...), m.codec), own...)
	c.context = m.context(ctx)
	return nil
}

// fail makes a gRPC error one of the framework's, that says whether the request can have run.
func (c *call) fail(err error, trailer metadata.MD) error {
	if len(trailer.Get(wire.Draining)) > 0 {
		return client.DrainingError()
	}
	s, _ := status.FromError(err)
	switch {
	case c.context.Err() != nil && (s.Code() == codes.Canceled || s.Code() == codes.DeadlineExceeded):
		return c.timedOut(c.context.Err())
	case s.Code() == codes.DeadlineExceeded && len(s.Details()) == 0 && expired(&c.context):
		return c.timedOut(context.DeadlineExceeded) // gRPC noticed first
	case s.Code() == codes.Unavailable && !c.sent:
		return client.NotRunError(client.NewError(clientID, 500, "connection error: ", errors.New(s.Message())))
	case s.Code() == codes.Unavailable && lost(s):
		return client.NewError(clientID+".transport", 500, "", fmt.Errorf("%s (the request may have run)", s.Message()))
	}
	return wire.FromStatus(err, clientID)
}

func (c *call) timedOut(cause error) error {
	err := client.NewError(clientID, 408, "call timeout: ", cause)
	if !c.sent {
		return client.NotRunError(err)
	}
	return err
}

// lost reports whether an Unavailable is gRPC's own about its connection, and not an answer of the server.
func lost(s *status.Status) bool {
	return len(s.Details()) == 0 && (len(s.Message()) == 0 || s.Message()[0] != '{')
}

func expired(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	return ok && !time.Now().Before(end.Add(-time.Millisecond))
}

// flat makes gRPC's metadata the framework's.
func flat(all ...metadata.MD) map[string]string {
	out := map[string]string{}
	for _, md := range all {
		for key, values := range md {
			if len(values) > 0 {
				out[mucp.Canonical(key)] = values[len(values)-1]
			}
		}
	}
	return out
}
