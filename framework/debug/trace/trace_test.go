package trace_test

import (
	"context"
	"fmt"
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
