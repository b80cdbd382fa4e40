package opentelemetry

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/microtop/microtop/framework/server"
)

// NewHandlerWrapper makes a span for each request and stream served, from its start to the handler's return.
func NewHandlerWrapper(opts ...Option) server.HandlerWrapper {
	o := newOptions(opts)
	return func(next server.HandlerFunc) server.HandlerFunc {
		return func(ctx context.Context, req server.Request, rsp any) error {
			if o.HandlerFilter != nil && o.HandlerFilter(ctx, req) {
				return next(ctx, req, rsp)
			}
			service := req.Service()
			if s, ok := server.FromContext(ctx); ok {
				service = s.Options().Name // what the caller asked for is not checked
			}
			return o.incoming(ctx, trace.SpanKindServer, service+"."+req.Endpoint(), aboutCall(service, req.Endpoint()), func(ctx context.Context) error {
				return next(ctx, req, rsp)
			})
		}
	}
}

// NewSubscriberWrapper makes a span for each message handled.
func NewSubscriberWrapper(opts ...Option) server.SubscriberWrapper {
	o := newOptions(opts)
	return func(next server.SubscriberFunc) server.SubscriberFunc {
		return func(ctx context.Context, msg server.Message) error {
			if o.SubscriberFilter != nil && o.SubscriberFilter(ctx, msg) {
				return next(ctx, msg)
			}
			return o.incoming(ctx, trace.SpanKindConsumer, "Sub from "+msg.Topic(), aboutTopic(msg.Topic()), func(ctx context.Context) error {
				return next(ctx, msg)
			})
		}
	}
}
