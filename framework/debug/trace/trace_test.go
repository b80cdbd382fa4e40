package trace_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/debug/trace"
	"github.com/microtop/microtop/framework/metadata"
)

func TestChildFollowsParent(t *testing.T) {
	tracer := trace.NewTracer()
	ctx, parent := tracer.Start(context.Background(), "a")
	_, child := tracer.Start(ctx, "b")
	if child.Trace != parent.Trace || child.Parent != parent.Id || parent.Parent != "" {
		t.Errorf("parent %+v, child %+v", parent, child)
	}
}

func TestOneIDAloneStartsANewTrace(t *testing.T) {
	ctx := metadata.Set(context.Background(), "Micro-Trace-Id", "t")
	if _, span := trace.NewTracer().Start(ctx, "a"); span.Trace == "t" {
		t.Error("a trace id without a span id was taken over")
	}
}

func TestRingKeepsTheLast(t *testing.T) {
	tracer := trace.NewTracer(func(o *trace.Options) { o.Size = 3 })
	for i := range 5 {
		_, span := tracer.Start(context.Background(), fmt.Sprint(i))
		if err := tracer.Finish(span); err != nil {
			t.Fatal(err)
		}
	}
	spans, _ := tracer.Read()
	var names string
	for _, span := range spans {
		names += span.Name
	}
	if names != "234" {
		t.Errorf("kept %q, want the last three, oldest first", names)
	}
	one, _ := tracer.Read(trace.ReadTrace(spans[1].Trace))
	if len(one) != 1 || one[0].Name != "3" {
		t.Errorf("read by trace: %v", one)
	}
}

// Names, ids and metadata may quote what a stranger sent: 256 of them must not hold gigabytes.
func TestSpansAreBounded(t *testing.T) {
	tracer, huge := trace.NewTracer(), strings.Repeat("x", 1<<20)
	ctx := metadata.MergeContext(context.Background(), metadata.Metadata{"Micro-Trace-Id": huge, "Micro-Span-Id": "s"}, true)
	_, span := tracer.Start(ctx, huge)
	if len(span.Trace) != 36 || span.Parent != "" {
		t.Errorf("a trace id of %d bytes was taken over", len(span.Trace))
	}
	span.Metadata["a"] = "kept"
	span.Metadata[huge] = huge
	span.Name = "n"
	if err := tracer.Finish(span); err != nil {
		t.Fatal(err)
	}
	span.Metadata["a"] = "changed later"
	spans, _ := tracer.Read()
	size := len(spans[0].Trace) + len(spans[0].Name)
	for key, value := range spans[0].Metadata {
		size += len(key) + len(value)
	}
	if size > 9<<10 || spans[0].Name != "n" || spans[0].Metadata["a"] != "kept" {
		t.Errorf("%d bytes are kept, name %.20q, a %q", size, spans[0].Name, spans[0].Metadata["a"])
	}
}
