// Package http serves any http.Handler, as a gin engine, as a service's server (docs/wire.md §9.9). Start with [NewServer].
//
//	service := micro.NewService(micro.Server(http.NewServer()), micro.Name("shop.web"))
//	err := micro.RegisterHandler(service.Server(), engine)
//
// A server has one handler. Nothing else is served on its port: no rpc, no debug service. Handler wrappers do not run
// around it; that is what an engine's middleware is for. Subscribers work as with any server, through the broker.
package http

import (
	"context"
	"errors"
	"fmt"
	"maps"
	stdhttp "net/http"
	"slices"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/httpd"
	"github.com/microtop/microtop/framework/internal/listen"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
)

// name is the kind of server, and its protocol.
const name = "http"

// NewServer returns a server of an http.Handler. The options of package server configure it, and those of this package.
func NewServer(opts ...server.Option) server.Server { return server.New(driver{}, opts...) }

type driver struct{}

var (
	_ server.Driver = driver{}
	_ server.Maker  = driver{}
	_ server.Typed  = driver{}
)

// String implements server.Driver.
func (driver) String() string { return name }

// ContentTypes implements server.Typed: an event has to say how it is encoded.
func (driver) ContentTypes() (map[string]codec.NewCodec, string) { return nil, "" }

// NewHandler implements server.Maker. The endpoints are those that server.EndpointMetadata names.
func (driver) NewHandler(value any, opts ...server.HandlerOption) server.Handler {
	h := &handler{value: value, opts: server.HandlerOptions{Metadata: map[string]map[string]string{}}}
	for _, set := range opts {
		set(&h.opts)
	}
	for _, endpoint := range slices.Sorted(maps.Keys(h.opts.Metadata)) {
		h.endpoints = append(h.endpoints, &registry.Endpoint{Name: endpoint, Metadata: maps.Clone(h.opts.Metadata[endpoint])})
	}
	return h
}

// Accept implements server.Maker.
func (driver) Accept(h server.Handler) error {
	if _, ok := h.Handler().(stdhttp.Handler); !ok {
		return fmt.Errorf("the http server serves an http.Handler, and %T is none", h.Handler())
	}
	return nil
}

// Listen implements server.Driver.
func (driver) Listen(desk server.Desk) (server.Wire, error) {
	o := desk.Options()
	if o.Router != nil {
		return nil, errors.New("http server: it has no requests for a router: give it an http.Handler in place of server.WithRouter")
	}
	handlers := desk.Handlers()
	if len(handlers) == 0 {
		return nil, errors.New("http server: there is no handler: call Handle(NewHandler(h)) with an http.Handler before Start")
	}
	h, ok := handlers[0].Handler().(stdhttp.Handler)
	if !ok {
		return nil, fmt.Errorf("http server: %T is no http.Handler", handlers[0].Handler())
	}
	listener, err := listen.TCP(o.Context, o.Address)
	if err != nil {
		return nil, fmt.Errorf("http server: %w", err)
	}
	w := &wire{desk: desk, handler: h, requests: map[*request]struct{}{}}
	bounds := option(o, limitsKey{}, limits.Limits{}).WithDefaults()
	w.server, err = httpd.New(listener, httpd.Config{
		Handler: stdhttp.HandlerFunc(w.serve), Limits: bounds, MaxBody: int64(bounds.MessageBytes), TLS: o.TLSConfig, Log: desk.Logger(),
	})
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return w, nil
}

// handler is a described http.Handler.
type handler struct {
	value     any
	endpoints []*registry.Endpoint
	opts      server.HandlerOptions
}

var _ server.Handler = (*handler)(nil)

// Name implements server.Handler. All have the same name, so that there is one.
func (*handler) Name() string { return "handler" }

// Handler implements server.Handler.
func (h *handler) Handler() any { return h.value }

// Endpoints implements server.Handler.
func (h *handler) Endpoints() []*registry.Endpoint { return h.endpoints }

// Options implements server.Handler.
func (h *handler) Options() server.HandlerOptions { return h.opts }

type limitsKey struct{}

// Limits sets what a peer can hold: connections, headers and their time, the pace of bodies, and with MessageBytes the
// size of a request's body (default 4 MiB; negative for none).
func Limits(l limits.Limits) server.Option {
	return func(o *server.Options) {
		ctx := o.Context
		if ctx == nil {
			ctx = context.Background()
		}
		o.Context = context.WithValue(ctx, limitsKey{}, l)
	}
}

// option is the value of one of this package's options.
func option[T any](o server.Options, key any, fallback T) T {
	if value, ok := o.Context.Value(key).(T); ok {
		return value
	}
	return fallback
}
