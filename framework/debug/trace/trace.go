// Package trace keeps the last spans of a service in memory and carries trace ids through contexts.
//
// The ids travel as the headers Micro-Trace-Id and Micro-Span-Id (docs/wire.md §3.1). Start with [NewTracer].
package trace

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/metadata"
)

const (
	traceIDKey = "Micro-Trace-Id"
	spanIDKey  = "Micro-Span-Id"
)

// Tracer records spans. Implementations are safe for concurrent use.
type Tracer interface {
	// Start begins a span as a child of the context's, and returns a context that carries it.
	Start(ctx context.Context, name string) (context.Context, *Span)
	// Finish ends the span and keeps it.
	Finish(*Span) error
	// Read returns the kept spans, oldest first.
	Read(...ReadOption) ([]*Span, error)
}

// SpanType says on which side of a call a span was taken.
type SpanType int

const (
	// SpanTypeRequestInbound is a request being served.
	SpanTypeRequestInbound SpanType = iota
	// SpanTypeRequestOutbound is a request being made.
	SpanTypeRequestOutbound
)

// Span is one timed step of a trace.
type Span struct {
	// Trace and Id are UUID strings; Parent is the parent's Id, or empty.
	Trace, Name, Id, Parent string
	Started                 time.Time
	Duration                time.Duration
	Metadata                map[string]string
	Type                    SpanType
}

// FromContext returns the trace id and the id of the span that encloses the context; found only if both are there.
func FromContext(ctx context.Context) (traceID, parentSpanID string, isFound bool) {
	traceID, okTrace := metadata.Get(ctx, traceIDKey)
	parentSpanID, okSpan := metadata.Get(ctx, spanIDKey)
	if !okTrace || !okSpan {
		return "", "", false
	}
	return traceID, parentSpanID, true
}

// ToContext returns a context that carries the two ids as metadata.
func ToContext(ctx context.Context, traceID, parentSpanID string) context.Context {
	return metadata.MergeContext(ctx, metadata.Metadata{traceIDKey: traceID, spanIDKey: parentSpanID}, true)
}

// idBytes is the longest id of another program that is taken over; a UUID has 36 bytes.
const idBytes = 128

func newSpan(ctx context.Context, name string) *Span {
	span := &Span{Name: name, Id: uuid.NewString(), Started: time.Now(), Metadata: map[string]string{}}
	if traceID, parent, ok := FromContext(ctx); ok && len(traceID) <= idBytes && len(parent) <= idBytes {
		span.Trace, span.Parent = traceID, parent
	} else {
		span.Trace = uuid.NewString()
	}
	return span
}
