package client

import (
	"context"
	"time"

	"github.com/microtop/microtop/framework/internal/mucp"
)

// What a client uses where its options say nothing. To be changed, if at all, before the first client is made.
var (
	// DefaultBackoff waits 0, 100 ms, 600 ms, 1.9 s, … (docs/wire.md §11.2).
	DefaultBackoff = exponentialBackoff
	// DefaultRetry tries again what is safe to try again.
	DefaultRetry = RetrySafe
	// DefaultRetries is how many attempts may follow the first.
	DefaultRetries = 1
	// DefaultRequestTimeout bounds a call, all attempts together.
	DefaultRequestTimeout = 5 * time.Second
	// DefaultPoolSize is how many idle connections are kept per address.
	DefaultPoolSize = 100
	// DefaultPoolTTL is how long a connection is used.
	DefaultPoolTTL = time.Minute
	// DefaultContentType is how bodies are encoded.
	DefaultContentType = mucp.JSON
	// DefaultCodecs are the codecs by content type.
	DefaultCodecs = mucp.DefaultCodecs()
	// DefaultClient serves programs that make no client. It opens nothing until used.
	DefaultClient = NewClient()

	// NewClient makes a client.
	NewClient func(...Option) Client = newClient
)

// Call calls with DefaultClient.
func Call(ctx context.Context, request Request, response any, opts ...CallOption) error {
	return DefaultClient.Call(ctx, request, response, opts...)
}

// NewMessage makes a message with DefaultClient.
func NewMessage(topic string, payload any, opts ...MessageOption) Message {
	return DefaultClient.NewMessage(topic, payload, opts...)
}

// NewRequest makes a request with DefaultClient.
func NewRequest(service, endpoint string, request any, reqOpts ...RequestOption) Request {
	return DefaultClient.NewRequest(service, endpoint, request, reqOpts...)
}

// NewStream opens a stream with DefaultClient.
func NewStream(ctx context.Context, request Request, opts ...CallOption) (Stream, error) {
	return DefaultClient.Stream(ctx, request, opts...)
}

// Publish publishes with DefaultClient.
func Publish(ctx context.Context, msg Message, opts ...PublishOption) error {
	return DefaultClient.Publish(ctx, msg, opts...)
}

// String names DefaultClient.
func String() string { return DefaultClient.String() }
