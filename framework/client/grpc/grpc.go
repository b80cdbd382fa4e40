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
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/codec"
	wire "github.com/microtop/microtop/framework/internal/grpc"
	"github.com/microtop/microtop/framework/internal/mucp"
	micrometadata "github.com/microtop/microtop/framework/metadata"
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
	c, err := d.begin(ctx, node, req, o, mucp.FormatTimeout(o.RequestTimeout))
	if err != nil {
		return err
	}
	defer c.conn.done()
	body, err := c.content.Marshal(req.Body())
	if err != nil {
		return client.NewError(clientID+".codec", 500, "", err)
	}
	x := &exchange{ask: wire.Frame{Data: body}}
	c.options = append(c.options, grpc.Trailer(&x.trailer), grpc.Peer(&x.peer))
	o.Tell(func(*client.Attempt) { c.options = append(c.options, grpc.Header(&x.header)) })
	err = c.conn.grpc.Invoke(c.ctx, c.path, &x.ask, &x.answer, c.options...) //nolint:contextcheck // c.ctx descends from ctx
	c.sent = x.peer.Addr != nil
	o.Tell(func(a *client.Attempt) {
		a.Sent, a.Received, a.Header, a.Reused = len(body), len(x.answer.Data), flat(x.header, x.trailer), c.conn.reused
	})
	if err != nil {
		return c.fail(err, x.trailer)
	}
	if rsp == nil {
		return nil
	}
	if err := c.content.Unmarshal(x.answer.Data, rsp); err != nil {
		return client.NewError(clientID+".codec", 500, "", err)
	}
	return nil
}

// exchange is what a unary call sends and what comes back.
type exchange struct {
	ask, answer     wire.Frame
	header, trailer metadata.MD
	peer            peer.Peer // without an address if there was no connection
}

// call is what a unary call and a stream have in common.
type call struct {
	ctx     context.Context //nolint:containedctx // the call's, while it is made
	conn    *conn
	path    string
	content wire.Content
	options []grpc.CallOption
	sent    bool // whether the head has left: what never left cannot have run
}

// contents are those of a client that was given no codecs.
var contents = wire.NewContents(false, nil)

// begin finds the connection and the codec, and sets the metadata; the timeout in nanoseconds, if there is one.
func (d *driver) begin(ctx context.Context, node *registry.Node, req client.Request, o client.CallOptions, timeout string) (*call, error) {
	opts := d.options()
	contentType := req.ContentType()
	if contentType == "" {
		contentType = opts.ContentType
	}
	custom := value[map[string]encoding.Codec](opts.Context, codecsKey{}) //nolint:contextcheck // options live there
	subtype := wire.Subtype(contentType)
	if subtype == "" && custom[contentType] != nil {
		subtype = wire.SubtypeOf(contentType)
	}
	known := contents
	if len(custom) > 0 {
		known = wire.NewContents(false, custom)
	}
	content, err := known.Of(subtype)
	if err != nil {
		return nil, client.NewError(clientID, 500, "", errors.New("unsupported Content-Type: "+contentType))
	}
	conn, err := d.conns.get(node.Address, opts)
	if err != nil {
		return nil, client.NotRunError(client.NewError(clientID, 500, "connection error: ", err))
	}
	c := &call{conn: conn, path: wire.Path(req.Service(), req.Endpoint()), content: content}
	own := value[[]grpc.CallOption](o.Context, callOptionsKey{}) //nolint:contextcheck // as above
	c.options = append(append(make([]grpc.CallOption, 0, len(own)+4), grpc.ForceCodecV2(wire.Codec{Subtype: subtype})), own...)
	c.ctx = metadata.NewOutgoingContext(ctx, outgoing(ctx, contentType, timeout))
	return c, nil
}

// outgoing is a call's metadata.
func outgoing(ctx context.Context, contentType, timeout string) metadata.MD {
	md := make(metadata.MD, 4)
	micrometadata.Range(ctx, func(key, value string) bool {
		if key = mucp.Canonical(key); !mucp.Reserved(key) && !unfit(key) {
			md.Set(key, value)
		}
		return true
	})
	values := [...]string{contentType, timeout}
	md[wire.ContentType] = values[0:1:1]
	if timeout != "" {
		md[wire.Timeout] = values[1:2:2]
	}
	return md
}

// unfit reports whether a key of metadata cannot be sent over gRPC: its own, and what other protocols left there.
func unfit(key string) bool {
	return key == "" || key[0] == ':' || key == "User-Agent" || len(key) > 5 && key[:5] == "Grpc-"
}

// fail makes a gRPC error one of the framework's, that says whether the request can have run.
func (c *call) fail(err error, trailer metadata.MD) error {
	if len(trailer.Get(wire.Draining)) > 0 {
		return client.DrainingError()
	}
	s, _ := status.FromError(err)
	switch {
	case c.ctx.Err() != nil && (s.Code() == codes.Canceled || s.Code() == codes.DeadlineExceeded):
		return c.timedOut(c.ctx.Err())
	case s.Code() == codes.DeadlineExceeded && len(s.Details()) == 0 && expired(c.ctx):
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
