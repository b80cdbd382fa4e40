package server

import (
	"context"
	"log/slog"

	"github.com/microtop/microtop/framework/codec"
)

// Driver is what kinds of servers differ in: how requests arrive. [New] makes a server of one; options, handlers,
// subscribers, registration, events and the order in which it all starts and stops are the same for every kind.
type Driver interface {
	// String names the kind of server, as its node's metadata says under "server".
	String() string
	// Listen opens what a server listens with; nothing is served yet. The desk is where the requests go.
	Listen(desk Desk) (Wire, error)
}

// Typed is a Driver whose content types differ from DefaultCodecs.
type Typed interface {
	// ContentTypes returns the codecs that win over DefaultCodecs, and the content type of messages that name none.
	ContentTypes() (codecs map[string]codec.NewCodec, fallback string)
}

// Maker is a Driver that takes handlers of a kind of its own, in place of values with methods. The Desk neither routes to
// them nor wraps them.
type Maker interface {
	// NewHandler describes a value, as Server.NewHandler does.
	NewHandler(value any, opts ...HandlerOption) Handler
	// Accept says why a handler cannot be served; nil if it can. Internal handlers that it does not accept, as the debug
	// service, are left out.
	Accept(h Handler) error
}

// Wire is a Driver that listens, from Listen to Close. Its methods are called from one goroutine, in the order in which
// they are listed, except for Addr, Peers and Running, which may be called at any time.
type Wire interface {
	// Addr is where it listens.
	Addr() string
	// Metadata is what the node's metadata says of it: at least "protocol".
	Metadata() map[string]string
	// Serve begins to serve and returns.
	Serve()
	// Peers is how many connections there are.
	Peers() int
	// Running names the endpoints whose handlers run.
	Running() []string
	// Refuse tells the peers that the server stops: what comes from now on does not run, and they are told so.
	// It does not wait.
	Refuse()
	// EndStreams ends the contexts of streams, so that their handlers return: those of internal handlers, or all.
	EndStreams(all bool)
	// Close closes the listener and the connections, and returns once nothing is served any more.
	Close() error
}

// Desk is where a Driver brings its requests. It is safe for concurrent use.
type Desk interface {
	// Options returns the server's. They do not change while it runs.
	Options() Options
	// Logger is where the server logs.
	Logger() *slog.Logger
	// Context is what the contexts of requests descend from.
	Context() context.Context
	// Admit counts a request in, unless the server stops: then its peer is to be told that it did not run. Whatever is
	// admitted must be released, once.
	Admit() bool
	// Release counts a request out.
	Release()
	// IsStream reports whether the endpoint ("Handler.Method") is a stream. An endpoint that is not there is an error.
	IsStream(endpoint string) (bool, error)
	// Serve runs the handler of req.Endpoint() with the wrappers around it, or the user's Router. It decodes the request
	// with req.Codec() and encodes the reply with rsp.Codec(); for a stream, rsp has to be a Stream too. A panic of the
	// handler is an error.
	Serve(ctx context.Context, req Request, rsp Response) error
	// Handlers returns the handlers, sorted by name.
	Handlers() []Handler
}

// New returns a server of a driver's kind.
func New(driver Driver, opts ...Option) Server { return newServerOf(driver, opts...) }
