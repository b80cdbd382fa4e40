package client

import (
	"context"
	"time"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/deadline"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/registry"
)

// Driver is what kinds of clients differ in: how a request gets to a node, and its answer back. [New] makes a client of
// one; options, selection, deadlines, retries, wrappers, the cache and publishing are the same for every kind.
// Implementations are safe for concurrent use.
type Driver interface {
	// String names the kind of client, and the protocol of nodes that are called by their address.
	String() string
	// Call makes one attempt at a call: it sends req to the node and decodes the answer into rsp. It ends with ctx, which
	// has the attempt's deadline; opts.RequestTimeout is the time left. Its errors have an *errors.Error in their chain,
	// and say by NotRunError or DrainingError when the request did not run.
	Call(ctx context.Context, node *registry.Node, req Request, rsp any, opts CallOptions) error
	// Open opens a stream that lives until ctx ends or it is closed. If it returns one, ended is called once the stream is
	// over.
	Open(ctx context.Context, node *registry.Node, req Request, opts CallOptions, ended func()) (Stream, error)
	// Close closes the connections that are kept; they open again when used.
	Close() error
}

// Typed is a Driver whose content types differ from DefaultCodecs.
type Typed interface {
	// ContentTypes returns the codecs of published messages that win over DefaultCodecs.
	ContentTypes() map[string]codec.NewCodec
}

// New returns a client of a driver's kind. newDriver is called once, with a function that returns the options in force.
func New(newDriver func(options func() Options) Driver, opts ...Option) Client {
	c := new(front)
	c.driver = newDriver(func() Options { return c.setup.Load().opts })
	return c.start(opts)
}

// mucpDriver is the default client's own.
type mucpDriver struct{ *front }

var _ Driver = mucpDriver{}

// String implements Driver.
func (mucpDriver) String() string { return mucp.Name }

// Call implements Driver.
func (d mucpDriver) Call(ctx context.Context, node *registry.Node, req Request, rsp any, o CallOptions) error {
	return d.call(ctx, node, req, rsp, o)
}

// Open implements Driver.
func (d mucpDriver) Open(ctx context.Context, node *registry.Node, req Request, o CallOptions, ended func()) (Stream, error) {
	life, ok := ctx.(*deadline.Context)
	if !ok {
		life = deadline.New(ctx, time.Time{})
	}
	s, err := d.open(life, d.setup.Load(), node, req, o) //nolint:contextcheck // life is ctx, or descends from it
	if err != nil {
		return nil, err
	}
	s.release = ended
	return s, nil
}

// Close implements Driver.
func (d mucpDriver) Close() error {
	d.pool.close()
	d.lanes.close()
	return nil
}

// EndRequest says that the request of a server stream is complete, after its one message was sent. gRPC servers may wait
// for that; on the framework's own protocol, where v4 servers would take it for the end of the stream, it does nothing.
func EndRequest(s Stream) error {
	if ender, ok := s.(interface{ EndRequest() error }); ok {
		return ender.EndRequest()
	}
	return nil
}

// NewError returns an error of a client's own for its caller: who says it, an HTTP status code, and as its detail
// prefix with the text of cause, which stays in the chain.
func NewError(id string, code int, prefix string, cause error) error {
	return newError(id, code, prefix, cause)
}

// NotRunError marks the error of a request that did not run, so that it can be sent again.
func NotRunError(err error) error { return &unsent{err} }

// DrainingError is the error of a request that a server refused because it stops: it did not run, and the node is on
// its way out.
func DrainingError() error {
	return notRunError(newError(mucp.ServerID, 500, "", drainingError{}))
}

// unsent is an error of a request that did not run.
type unsent struct{ error }

// NotRun reports that the request did not run.
func (unsent) NotRun() bool { return true }

// Unwrap returns the error.
func (e *unsent) Unwrap() error { return e.error }

// Tell has fn note what a Driver knows of an attempt, if anybody asks (see OnAttempt).
func (o CallOptions) Tell(fn func(*Attempt)) {
	if o.attempt != nil {
		fn(o.attempt)
	}
}
