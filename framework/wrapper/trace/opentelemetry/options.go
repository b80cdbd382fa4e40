package opentelemetry

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/server"
)

type (
	// CallFilter reports whether calls of a request get no span.
	CallFilter func(context.Context, client.Request) bool
	// StreamFilter reports whether streams of a request get no span.
	StreamFilter func(context.Context, client.Request) bool
	// PublishFilter reports whether publishing a message gets no span.
	PublishFilter func(context.Context, client.Message) bool
	// SubscriberFilter reports whether handling a message gets no span.
	SubscriberFilter func(context.Context, server.Message) bool
	// HandlerFilter reports whether serving a request gets no span.
	HandlerFilter func(context.Context, server.Request) bool
)

// Options say where spans go and which there are.
type Options struct {
	// TraceProvider makes the spans. Default otel.GetTracerProvider(), asked at each span.
	TraceProvider trace.TracerProvider
	// Propagator writes and reads the headers. Default W3C's traceparent and tracestate.
	Propagator propagation.TextMapPropagator

	CallFilter       CallFilter
	StreamFilter     StreamFilter
	PublishFilter    PublishFilter
	SubscriberFilter SubscriberFilter
	HandlerFilter    HandlerFilter
}

// Option sets a field of Options.
type Option func(*Options)

// WithTraceProvider sets what makes the spans.
func WithTraceProvider(tp trace.TracerProvider) Option {
	return func(o *Options) { o.TraceProvider = tp }
}

// WithPropagator sets what writes and reads the headers, beside Micro-Trace-Id and Micro-Span-Id.
func WithPropagator(p propagation.TextMapPropagator) Option {
	return func(o *Options) { o.Propagator = p }
}

// WithCallFilter leaves out calls for which filter reports true.
func WithCallFilter(filter CallFilter) Option { return func(o *Options) { o.CallFilter = filter } }

// WithStreamFilter leaves out streams for which filter reports true.
func WithStreamFilter(filter StreamFilter) Option {
	return func(o *Options) { o.StreamFilter = filter }
}

// WithPublishFilter leaves out publications for which filter reports true.
func WithPublishFilter(filter PublishFilter) Option {
	return func(o *Options) { o.PublishFilter = filter }
}

// WithSubscriberFilter leaves out messages for which filter reports true.
func WithSubscriberFilter(filter SubscriberFilter) Option {
	return func(o *Options) { o.SubscriberFilter = filter }
}

// WithHandleFilter leaves out requests for which filter reports true.
func WithHandleFilter(filter HandlerFilter) Option {
	return func(o *Options) { o.HandlerFilter = filter }
}

func newOptions(opts []Option) Options {
	o := Options{Propagator: propagation.TraceContext{}}
	for _, set := range opts {
		set(&o)
	}
	return o
}

func (o Options) tracer() trace.Tracer {
	tp := o.TraceProvider
	if tp == nil {
		tp = otel.GetTracerProvider()
	}
	return tp.Tracer("github.com/microtop/microtop/framework/wrapper/trace/opentelemetry")
}
