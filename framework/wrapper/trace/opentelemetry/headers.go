package opentelemetry

import (
	"context"
	"encoding/hex"
	"maps"
	"net/textproto"
	"slices"
	"strings"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/microtop/microtop/framework/metadata"
)

// The headers of v4's own traces (docs/wire.md §3.1). Their values are UUIDs.
const (
	traceID = "Micro-Trace-Id"
	spanID  = "Micro-Span-Id"
)

// carrier is metadata as propagators see it.
type carrier metadata.Metadata

var _ propagation.TextMapCarrier = carrier(nil)

// Get implements propagation.TextMapCarrier.
func (c carrier) Get(key string) string { return c[textproto.CanonicalMIMEHeaderKey(key)] }

// Set implements propagation.TextMapCarrier.
func (c carrier) Set(key, value string) { c[textproto.CanonicalMIMEHeaderKey(key)] = value }

// Keys implements propagation.TextMapCarrier.
func (c carrier) Keys() []string { return slices.Collect(maps.Keys(c)) }

// carrierOf returns a copy of the context's metadata.
func carrierOf(ctx context.Context) carrier {
	c := carrier{}
	metadata.Range(ctx, func(key, value string) bool {
		c.Set(key, value)
		return true
	})
	return c
}

// inject writes the context's span into its metadata: for peers of OpenTelemetry, and for those of v4's own traces.
func inject(ctx context.Context, p propagation.TextMapPropagator) context.Context {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() {
		return ctx
	}
	c := carrierOf(ctx)
	p.Inject(ctx, c)
	t, s := span.TraceID(), span.SpanID()
	c[traceID] = uuid.UUID(t).String()
	var padded uuid.UUID
	copy(padded[:], s[:])
	c[spanID] = padded.String()
	return metadata.NewContext(ctx, metadata.Metadata(c))
}

// extract makes the span that the context's metadata names the parent of what follows. Without one for OpenTelemetry
// v4's own counts, if both its headers are there.
func extract(ctx context.Context, p propagation.TextMapPropagator) context.Context {
	c := carrierOf(ctx)
	ctx = p.Extract(ctx, c)
	if trace.SpanContextFromContext(ctx).IsValid() {
		return ctx
	}
	t, okTrace := parseID(c[traceID])
	s, okSpan := parseID(c[spanID])
	if !okTrace || !okSpan {
		return ctx
	}
	id := trace.SpanID(s[:8])
	if !id.IsValid() {
		id = trace.SpanID(s[8:])
	}
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: t, SpanID: id, TraceFlags: trace.FlagsSampled, Remote: true})
	if !parent.IsValid() {
		return ctx
	}
	return trace.ContextWithRemoteSpanContext(ctx, parent)
}

// parseID reads a UUID, or 16 or 32 hexadecimal digits.
func parseID(text string) (id [16]byte, ok bool) {
	if len(text) > 36 {
		return id, false
	}
	digits := strings.ReplaceAll(text, "-", "")
	if len(digits) != 32 && len(digits) != 16 {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(digits))
	return id, err == nil && id != [16]byte{}
}
