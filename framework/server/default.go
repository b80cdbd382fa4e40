package server

import (
	"context"
	"os/signal"
	"syscall"
	"time"

	"github.com/microtop/microtop/framework/internal/mucp"
)

// What a server uses where its options say nothing. To be changed, if at all, before the first server is made.
var (
	// DefaultAddress asks for a free port on every address of the host.
	DefaultAddress = ":0"
	// DefaultName is the service's name.
	DefaultName = "go.micro.server"
	// DefaultVersion is the service's version.
	DefaultVersion = "latest"
	// DefaultId is the server's id. Empty means that each server gets an id of its own.
	DefaultId = ""
	// DefaultRegisterCheck always passes.
	DefaultRegisterCheck = func(context.Context) error { return nil }
	// DefaultRegisterInterval is how often the registration is refreshed.
	DefaultRegisterInterval = 30 * time.Second
	// DefaultRegisterTTL is how long the registration lives without being refreshed.
	DefaultRegisterTTL = 90 * time.Second
	// DefaultContentType is assumed of requests and messages that name none.
	DefaultContentType = mucp.Protobuf
	// DefaultCodecs are the codecs by content type.
	DefaultCodecs = mucp.DefaultCodecs()
	// DefaultRouter routes to no handler: servers have routers of their own.
	DefaultRouter = NewRouter()
	// DefaultServer serves programs that make no server.
	DefaultServer = NewServer()

	// NewServer makes a server.
	NewServer func(...Option) Server = newServer
)

// DefaultDrainTimeout is how long Stop waits for what runs.
const DefaultDrainTimeout = 10 * time.Second

// Handle adds a handler to DefaultServer.
func Handle(h Handler) error { return DefaultServer.Handle(h) }

// Init applies options to DefaultServer.
func Init(opts ...Option) { _ = DefaultServer.Init(opts...) } // v4's signature has no error

// NewHandler describes a handler for Handle. The value should be a pointer to a struct of an exported type.
func NewHandler(h any, opts ...HandlerOption) Handler { return newHandler(h, opts...) }

// NewSubscriber describes a subscriber for Subscribe: a function of (context, event) or of (event), or a value with
// such methods.
func NewSubscriber(topic string, h any, opts ...SubscriberOption) Subscriber {
	return newSubscriber(topic, h, opts...)
}

// Subscribe adds a subscriber to DefaultServer.
func Subscribe(s Subscriber) error { return DefaultServer.Subscribe(s) }

// Start starts DefaultServer.
func Start() error { return DefaultServer.Start() }

// Stop stops DefaultServer.
func Stop() error { return DefaultServer.Stop() }

// String names DefaultServer.
func String() string { return DefaultServer.String() }

// Run starts DefaultServer, waits for SIGTERM, SIGINT or SIGQUIT, and stops it.
func Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	if err := Start(); err != nil {
		return err
	}
	<-ctx.Done()
	return Stop()
}
