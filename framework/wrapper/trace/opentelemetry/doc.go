// Package opentelemetry makes spans of requests, calls, streams and messages (go.opentelemetry.io/otel).
//
// Traces go on from process to process by W3C's traceparent and tracestate, and by v4's own Micro-Trace-Id and
// Micro-Span-Id (docs/wire.md §3.1), which hold the same ids as UUIDs; both are written and read, the former first.
// Names of spans are v4's: "<service>.<endpoint>", "Pub to <topic>" and "Sub from <topic>". Spans hold no bodies and no
// headers. Any exporter does; Jaeger takes OTLP over HTTP (otlptracehttp, port 4318), as the example shows. It also
// stands for v4's opentracing plug-in and its jaeger, whose libraries are no longer kept. Start with [NewHandlerWrapper].
package opentelemetry
