package opentelemetry

import (
	"context"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	errs "github.com/microtop/microtop/framework/errors"
)

// maxDetail is how much of an error's text a span keeps, in bytes: peers write it.
const maxDetail = 1 << 10

// StartSpanFromContext starts a span under the one in ctx, or under the one that ctx's metadata names, and writes it
// into the metadata of the context returned.
func StartSpanFromContext(ctx context.Context, tp trace.TracerProvider, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	o := newOptions([]Option{WithTraceProvider(tp)})
	if !trace.SpanContextFromContext(ctx).IsValid() {
		ctx = extract(ctx, o.Propagator)
	}
	ctx, span := o.tracer().Start(ctx, name, opts...)
	return inject(ctx, o.Propagator), span
}

// outgoing runs fn in a span of something that is sent.
func (o Options) outgoing(ctx context.Context, kind trace.SpanKind, name string, about []attribute.KeyValue, fn func(context.Context) error) error {
	ctx, span := o.tracer().Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(about...))
	return within(span, func() error { return fn(inject(ctx, o.Propagator)) })
}

// incoming runs fn in a span of something that came, under the sender's. What fn sends in turn belongs to that span.
func (o Options) incoming(ctx context.Context, kind trace.SpanKind, name string, about []attribute.KeyValue, fn func(context.Context) error) error {
	ctx, span := o.tracer().Start(extract(ctx, o.Propagator), name, trace.WithSpanKind(kind), trace.WithAttributes(about...))
	return within(span, func() error { return fn(inject(ctx, o.Propagator)) })
}

// within runs fn and ends the span, also when fn panics.
func within(span trace.Span, fn func() error) (err error) {
	returned := false
	defer func() {
		if !returned {
			span.SetStatus(codes.Error, "panic")
		}
		end(span, err)
	}()
	err = fn()
	returned = true
	return err
}

// end ends the span with the outcome. A span ended already stays as it is.
func end(span trace.Span, err error) {
	if err != nil {
		e := errs.FromError(err)
		span.SetAttributes(attribute.Int("micro.error.code", int(e.GetCode())))
		span.SetStatus(codes.Error, cut(e.GetDetail()))
	}
	span.End()
}

// cut shortens text to maxDetail without breaking a character.
func cut(text string) string {
	if len(text) <= maxDetail {
		return text
	}
	last := maxDetail
	for last > 0 && !utf8.RuneStart(text[last]) {
		last--
	}
	return text[:last] + "…"
}

func aboutCall(service, endpoint string) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.String("rpc.system", "micro"), attribute.String("rpc.service", service), attribute.String("rpc.method", endpoint)}
}

func aboutTopic(topic string) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.String("messaging.system", "micro"), attribute.String("messaging.destination.name", topic)}
}
