// Package service tells who calls, and hands handlers the service that they belong to.
//
// [FromService] names the caller in the header Micro-From-Service, for logs and statistics: anybody can claim any name,
// so that it is nothing to decide by. [NewHandlerWrapper] and [NewClientWrapper] put the service into contexts, where
// micro.FromContext finds it.
package service

import (
	"context"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server"
)

// header names the calling service (docs/wire.md §11.6).
const header = "Micro-From-Service"

// FromService names the caller in calls, streams and messages that name none. A handler that calls on with the context
// that it got hands on the first caller's name.
func FromService(name string) client.Wrapper {
	return wrap(func(ctx context.Context) context.Context {
		if _, named := metadata.Get(ctx, header); named || name == "" {
			return ctx
		}
		return metadata.Set(ctx, header, name)
	})
}

// NewClientWrapper puts the service into the contexts that wrappers inside this one see.
func NewClientWrapper(s micro.Service) client.Wrapper {
	return wrap(func(ctx context.Context) context.Context { return micro.NewContext(ctx, s) })
}

// NewHandlerWrapper puts the service into the contexts of handlers.
func NewHandlerWrapper(s micro.Service) server.HandlerWrapper {
	return func(next server.HandlerFunc) server.HandlerFunc {
		return func(ctx context.Context, req server.Request, rsp any) error {
			return next(micro.NewContext(ctx, s), req, rsp)
		}
	}
}

func wrap(enrich func(context.Context) context.Context) client.Wrapper {
	return func(c client.Client) client.Client { return &enriched{c, enrich} }
}

// enriched is a client whose contexts carry more.
type enriched struct {
	client.Client
	enrich func(context.Context) context.Context
}

// Call implements client.Client.
func (e *enriched) Call(ctx context.Context, req client.Request, rsp any, opts ...client.CallOption) error {
	return e.Client.Call(e.enrich(ctx), req, rsp, opts...)
}

// Stream implements client.Client.
func (e *enriched) Stream(ctx context.Context, req client.Request, opts ...client.CallOption) (client.Stream, error) {
	return e.Client.Stream(e.enrich(ctx), req, opts...)
}

// Publish implements client.Client.
func (e *enriched) Publish(ctx context.Context, msg client.Message, opts ...client.PublishOption) error {
	return e.Client.Publish(e.enrich(ctx), msg, opts...)
}
