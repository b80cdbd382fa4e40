package server

import (
	"context"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/registry"
)

// Server takes handlers and subscribers and serves them between Start and Stop.
// Implementations are safe for concurrent use.
type Server interface {
	// Init applies options. It opens nothing; what concerns listening counts from the next Start.
	Init(...Option) error
	// Options returns the options in force. While the server runs, Address is the address it listens on.
	Options() Options
	// Handle adds a handler. A handler whose name is taken, or without a suitable method, is an error.
	Handle(Handler) error
	// NewHandler describes a handler for Handle.
	NewHandler(any, ...HandlerOption) Handler
	// NewSubscriber describes a subscriber for Subscribe.
	NewSubscriber(string, any, ...SubscriberOption) Subscriber
	// Subscribe adds a subscriber. One of an unsuitable form is an error.
	Subscribe(Subscriber) error
	// Start listens and registers. It returns once the server serves; starting twice is no error.
	Start() error
	// Stop deregisters, drains and closes. It returns once everything the server started has ended, or with an error
	// that names the endpoints that did not end in time. Stopping twice is no error.
	Stop() error
	// String names the implementation.
	String() string
}

// Lister is what servers also implement that can say what they serve.
type Lister interface {
	// Handlers returns the handlers, sorted by name.
	Handlers() []Handler
	// Subscribers returns the subscribers in the order in which they were added.
	Subscribers() []Subscriber
}

// Router serves requests and messages in place of the handlers: a proxy. Implementations are safe for concurrent use.
type Router interface {
	// ProcessMessage takes one published message.
	ProcessMessage(context.Context, Message) error
	// ServeRequest answers one request, or serves one stream.
	ServeRequest(context.Context, Request, Response) error
}

// Message is a published message on its way to subscribers.
type Message interface {
	// Topic is where it was published.
	Topic() string
	// Payload is the decoded value; nil before it is decoded.
	Payload() any
	// ContentType says how Body is encoded.
	ContentType() string
	// Header holds the message's headers. Not to be changed.
	Header() map[string]string
	// Body is the encoded value. Not to be changed.
	Body() []byte
	// Codec reads Body.
	Codec() codec.Reader
}

// Request is a request on its way to a handler.
type Request interface {
	// Service is the service the caller asked for; it is not checked.
	Service() string
	Method() string
	// Endpoint is "Handler.Method".
	Endpoint() string
	ContentType() string
	// Header holds the request's headers. Not to be changed.
	Header() map[string]string
	// Body is the decoded request; nil for a stream.
	Body() any
	// Read returns the encoded body, and after that, for a stream, the body of each further frame; then io.EOF.
	Read() ([]byte, error)
	// Codec reads the encoded body.
	Codec() codec.Reader
	// Stream reports whether the request opens a stream.
	Stream() bool
}

// Response answers a request of a Router.
type Response interface {
	// Codec writes the answer from a value.
	Codec() codec.Writer
	// WriteHeader adds headers to the answer.
	WriteHeader(map[string]string)
	// Write sends an encoded answer; for a stream, one frame.
	Write([]byte) error
}

// Stream is one stream, from the handler's side. Recv and Send may be called from different goroutines, each from one
// at a time.
type Stream interface {
	// Context ends with the deadline, the connection or the stream.
	Context() context.Context
	Request() Request
	// Send sends one message. It blocks while the peer does not read.
	Send(any) error
	// Recv reads the next message. It returns io.EOF once the caller has sent its last one, and another error when the
	// stream or its connection broke.
	Recv(any) error
	// Error is the last error of Send or Recv.
	Error() error
	// Close ends the stream for the handler; the answer that ends it for the caller is sent when the handler returns.
	Close() error
}

// Handler is a described handler.
type Handler interface {
	// Name is the name of the handler's type.
	Name() string
	// Handler is the value itself.
	Handler() any
	// Endpoints are the endpoints found in it, as they are registered.
	Endpoints() []*registry.Endpoint
	Options() HandlerOptions
}

// Subscriber is a described subscriber.
type Subscriber interface {
	Topic() string
	// Subscriber is the value itself.
	Subscriber() any
	// Endpoints are the endpoints found in it, as they are registered.
	Endpoints() []*registry.Endpoint
	Options() SubscriberOptions
}

type (
	// HandlerFunc is one step of serving a request; rsp is the reply to fill in, or the Stream.
	HandlerFunc func(ctx context.Context, req Request, rsp any) error
	// SubscriberFunc is one step of delivering a message.
	SubscriberFunc func(ctx context.Context, msg Message) error
	// HandlerWrapper puts a step around another. It is called for each method, before the first request.
	HandlerWrapper func(HandlerFunc) HandlerFunc
	// SubscriberWrapper puts a step around another. It is called for each method, before the first request.
	SubscriberWrapper func(SubscriberFunc) SubscriberFunc
	// StreamWrapper puts a stream around another.
	StreamWrapper func(Stream) Stream
)

type contextKey struct{}

// NewContext returns a context that carries s.
func NewContext(ctx context.Context, s Server) context.Context {
	return context.WithValue(ctx, contextKey{}, s)
}

// FromContext returns the context's server. The context of a handler carries the server that serves it.
func FromContext(ctx context.Context) (Server, bool) {
	s, ok := ctx.Value(contextKey{}).(Server)
	return s, ok
}
