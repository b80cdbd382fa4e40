// Package micro is an embedded microservice framework with go-micro v4's public API and its bytes on the wire.
//
// A service is built with [NewService], which gives it a graph of components of its own: registry, selector, client,
// transport, broker, server, logger. Nothing is shared with another service of the process unless an option says so,
// and nothing is opened before Run.
//
//	service := micro.NewService(micro.Name("greeter"))
//	service.Init()
//	if err := micro.RegisterHandler(service.Server(), new(Greeter)); err != nil { … }
//	if err := service.Run(); err != nil { … }
package micro

import (
	"context"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/server"
)

// Service is a server and a client that are started, configured and stopped together.
type Service interface {
	// Name is the service's name in the registry.
	Name() string
	// Init applies further options; they win over those given to NewService. The first Init then reads the command line
	// and the MICRO_* variables, which win over all options (see package cmd); a wrong flag ends the process. To be
	// called before Run.
	Init(...Option)
	// Options returns the options in force, with the components that the service uses.
	Options() Options
	// Client calls other services.
	Client() client.Client
	// Server takes this service's handlers.
	Server() server.Server
	// Run starts the service, waits until a signal or its context ends it, and stops it.
	Run() error
	// String names the implementation.
	String() string
}

// NewService builds a service. It opens nothing.
func NewService(opts ...Option) Service { return newService(opts...) }

type serviceKey struct{}

// NewContext returns a context that carries s.
func NewContext(ctx context.Context, s Service) context.Context {
	return context.WithValue(ctx, serviceKey{}, s)
}

// FromContext returns the context's service.
func FromContext(ctx context.Context) (Service, bool) {
	s, ok := ctx.Value(serviceKey{}).(Service)
	return s, ok
}

// RegisterHandler makes s serve the exported methods of h.
func RegisterHandler(s server.Server, h any, opts ...server.HandlerOption) error {
	return s.Handle(s.NewHandler(h, opts...))
}

// RegisterSubscriber makes s call h with each message of the topic.
func RegisterSubscriber(topic string, s server.Server, h any, opts ...server.SubscriberOption) error {
	return s.Subscribe(s.NewSubscriber(topic, h, opts...))
}
