package opentelemetry

import (
	"context"
	"errors"
	"io"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
)

// NewCallWrapper makes a span for each attempt at a call, which names the node.
func NewCallWrapper(opts ...Option) client.CallWrapper {
	o := newOptions(opts)
	return func(next client.CallFunc) client.CallFunc {
		return func(ctx context.Context, node *registry.Node, req client.Request, rsp any, callOpts client.CallOptions) error {
			if o.CallFilter != nil && o.CallFilter(ctx, req) {
				return next(ctx, node, req, rsp, callOpts)
			}
			about := append(aboutCall(req.Service(), req.Endpoint()), attribute.String("micro.node", node.Id), attribute.String("server.address", node.Address))
			return o.outgoing(ctx, trace.SpanKindClient, name(req), about, func(ctx context.Context) error {
				return next(ctx, node, req, rsp, callOpts)
			})
		}
	}
}

// NewClientWrapper makes a span for each call, all attempts as one, for each stream, until it ends or is closed, and
// for each message published.
func NewClientWrapper(opts ...Option) client.Wrapper {
	o := newOptions(opts)
	return func(c client.Client) client.Client { return &traced{c, o} }
}

func name(req client.Request) string { return req.Service() + "." + req.Endpoint() }

type traced struct {
	client.Client
	opts Options
}

// Call implements client.Client.
func (t *traced) Call(ctx context.Context, req client.Request, rsp any, opts ...client.CallOption) error {
	if t.opts.CallFilter != nil && t.opts.CallFilter(ctx, req) {
		return t.Client.Call(ctx, req, rsp, opts...)
	}
	return t.opts.outgoing(ctx, trace.SpanKindClient, name(req), aboutCall(req.Service(), req.Endpoint()), func(ctx context.Context) error {
		return t.Client.Call(ctx, req, rsp, opts...)
	})
}

// Publish implements client.Client.
func (t *traced) Publish(ctx context.Context, msg client.Message, opts ...client.PublishOption) error {
	if t.opts.PublishFilter != nil && t.opts.PublishFilter(ctx, msg) {
		return t.Client.Publish(ctx, msg, opts...)
	}
	return t.opts.outgoing(ctx, trace.SpanKindProducer, "Pub to "+msg.Topic(), aboutTopic(msg.Topic()), func(ctx context.Context) error {
		return t.Client.Publish(ctx, msg, opts...)
	})
}

// Stream implements client.Client.
func (t *traced) Stream(ctx context.Context, req client.Request, opts ...client.CallOption) (client.Stream, error) {
	if t.opts.StreamFilter != nil && t.opts.StreamFilter(ctx, req) {
		return t.Client.Stream(ctx, req, opts...)
	}
	ctx, span := t.opts.tracer().Start(ctx, name(req), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(aboutCall(req.Service(), req.Endpoint())...))
	s, err := t.Client.Stream(inject(ctx, t.opts.Propagator), req, opts...)
	if err != nil {
		end(span, err)
		return nil, err
	}
	return &stream{s, span}, nil
}

// stream ends its span when it ends. Ending a span twice changes nothing.
type stream struct {
	client.Stream
	span trace.Span
}

var _ client.Skipper = (*stream)(nil)

// Recv implements client.Stream.
func (s *stream) Recv(v any) error {
	err := s.Stream.Recv(v)
	switch {
	case errors.Is(err, io.EOF):
		end(s.span, nil)
	case err != nil:
		end(s.span, err)
	}
	return err
}

// Close implements client.Stream.
func (s *stream) Close() error {
	err := s.Stream.Close()
	end(s.span, err)
	return err
}

// Skipped implements client.Skipper.
func (s *stream) Skipped() int {
	if skipper, ok := s.Stream.(client.Skipper); ok {
		return skipper.Skipped()
	}
	return 0
}
