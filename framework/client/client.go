package client

import (
	"context"
	"time"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/registry"
)

// Client calls, streams and publishes. Implementations are safe for concurrent use.
//
// The default one also has Close() error, which closes the connections it keeps; it opens new ones when used again.
type Client interface {
	// Init applies options. It opens nothing.
	Init(...Option) error
	// Options returns the options in force.
	Options() Options
	// NewMessage makes a message for Publish.
	NewMessage(topic string, msg any, opts ...MessageOption) Message
	// NewRequest makes a request for Call or Stream.
	NewRequest(service, endpoint string, req any, opts ...RequestOption) Request
	// Call sends req and decodes the answer into rsp, a pointer. Errors have an *errors.Error in their chain
	// (docs/wire.md §3.6): that of the handler, or one of the client's with an id that begins with "go.micro.client".
	Call(ctx context.Context, req Request, rsp any, opts ...CallOption) error
	// Stream opens a stream, which lives until Close or until ctx ends.
	Stream(ctx context.Context, req Request, opts ...CallOption) (Stream, error)
	// Publish publishes msg. What nil promises is the broker's.
	Publish(ctx context.Context, msg Message, opts ...PublishOption) error
	// String names the implementation.
	String() string
}

// Router sends requests in place of the client's own way.
type Router interface {
	SendRequest(context.Context, Request) (Response, error)
}

// Message is a message to publish.
type Message interface {
	Topic() string
	Payload() any
	// ContentType says how Payload is encoded; empty means the client's.
	ContentType() string
}

// Request is a request to send.
type Request interface {
	Service() string
	// Method is the same as Endpoint.
	Method() string
	// Endpoint is "Handler.Method".
	Endpoint() string
	ContentType() string
	// Body is the value to encode. A raw frame (codec/bytes) is sent as it is.
	Body() any
	// Codec writes to the stream that the request opened; nil without one.
	Codec() codec.Writer
	// Stream reports whether the request opens a stream.
	Stream() bool
}

// Response is an answer before it is decoded.
type Response interface {
	// Codec reads the answer's body.
	Codec() codec.Reader
	// Header holds the answer's headers. Of a v4 peer, trust Micro-Id, Micro-Error and Content-Type only.
	Header() map[string]string
	// Read returns the undecoded body.
	Read() ([]byte, error)
}

// Stream is one stream, from the caller's side. Send and Recv may be called from different goroutines, each from one
// at a time.
type Stream interface {
	Closer
	// Context ends with the stream.
	Context() context.Context
	Request() Request
	// Response holds the headers of the last frame received.
	Response() Response
	// Send sends one message. It blocks while the peer does not read.
	Send(any) error
	// Recv reads the next message. It returns io.EOF once the handler has returned without error.
	Recv(any) error
	// Error is the last error of Send or Recv; io.EOF is none.
	Error() error
	// Close ends the stream and closes its connection.
	Close() error
}

// Closer ends one direction of a stream.
type Closer interface {
	// CloseSend says that no more messages follow. The handler's Recv then returns io.EOF, and what it still sends can
	// be received. A v4 handler ends without a word after that: do not wait for io.EOF from it.
	CloseSend() error
}

type (
	// CallFunc makes one attempt at a call to a node.
	CallFunc func(ctx context.Context, node *registry.Node, req Request, rsp any, opts CallOptions) error
	// CallWrapper puts a step around each attempt.
	CallWrapper func(CallFunc) CallFunc
	// Wrapper puts a client around another.
	Wrapper func(Client) Client
	// StreamWrapper puts a stream around another.
	StreamWrapper func(Stream) Stream
	// BackoffFunc says how long to wait before an attempt, counted from zero.
	BackoffFunc func(ctx context.Context, req Request, attempts int) (time.Duration, error)
	// RetryFunc decides whether to try again after attempt retryCount, counted from zero, failed with err.
	RetryFunc func(ctx context.Context, req Request, retryCount int, err error) (bool, error)
)

type contextKey struct{}

// NewContext returns a context that carries c.
func NewContext(ctx context.Context, c Client) context.Context {
	return context.WithValue(ctx, contextKey{}, c)
}

// FromContext returns the context's client.
func FromContext(ctx context.Context) (Client, bool) {
	c, ok := ctx.Value(contextKey{}).(Client)
	return c, ok
}
