package servertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// slack is how late an answer may be on a busy machine.
const slack = 3 * time.Second

func unary(t *testing.T, w *world) {
	w.started(t)
	req := &fleet.HelloRequest{
		Name: "Ann", Count: 42, Tags: []string{"a", "b"}, Labels: map[string]string{"x": "y"}, Mood: fleet.Mood_HAPPY,
		Blob: []byte{1, 2, 3}, InnerItem: &fleet.Inner{Key: "k", Weight: 1.5, Big: 1<<64 - 1, Ok: true},
	}
	want := &fleet.HelloResponse{
		Message: "Hello Ann", Count: req.Count, Tags: req.Tags, Labels: req.Labels, Mood: req.Mood, Blob: req.Blob, InnerItem: req.InnerItem,
	}
	for _, contentType := range []string{"application/json", "application/protobuf"} {
		got := new(fleet.HelloResponse)
		request := w.client.NewRequest(fleet.Service, "Greeter.Hello", req, client.WithContentType(contentType))
		if err := w.client.Call(t.Context(), request, got); err != nil {
			t.Fatalf("%s: %v", contentType, err)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", contentType, diff)
		}
	}
}

func handlerErrors(t *testing.T, w *world) {
	w.started(t)
	err := w.call(t.Context(), "Greeter.Fail", &fleet.FailRequest{Kind: "micro", Code: 418, Detail: "short and stout"}, &fleet.Empty{})
	e, ok := errs.As(err)
	if !ok || e.GetId() != fleet.Service || e.GetCode() != 418 || e.GetDetail() != "short and stout" {
		t.Errorf("got %v", err)
	}
	err = w.call(t.Context(), "Greeter.Fail", &fleet.FailRequest{Kind: "plain", Detail: "plain go error"}, &fleet.Empty{})
	if e := errs.FromError(err); e.GetDetail() != "plain go error" {
		t.Errorf("got %v", err)
	}
}

func unknownEndpoint(t *testing.T, w *world) {
	w.started(t)
	for _, endpoint := range []string{"Nope.Hello", "Greeter.Nope"} {
		if err := w.call(t.Context(), endpoint, &fleet.Empty{}, &fleet.Empty{}); err == nil {
			t.Errorf("%s: no error", endpoint)
		}
	}
}

func deadlines(t *testing.T, w *world) {
	w.started(t)
	began := time.Now()
	err := w.call(t.Context(), "Greeter.Slow", &fleet.FailRequest{Kind: "deaf", DelayMs: 1700}, &fleet.Empty{}, client.WithRequestTimeout(100*time.Millisecond))
	if took := time.Since(began); took > 1600*time.Millisecond {
		t.Errorf("took %v: the handler was waited for", took)
	}
	if e := errs.FromError(err); e.GetCode() != 408 {
		t.Errorf("got %v, want code 408", err)
	}
}

func cancelled(t *testing.T, w *world) {
	w.started(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	began := time.Now()
	err := w.call(ctx, "Greeter.Slow", &fleet.FailRequest{DelayMs: 5000}, &fleet.Empty{}, client.WithRequestTimeout(8*time.Second))
	if took := time.Since(began); took > slack {
		t.Errorf("took %v", took)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled in it", err)
	}
}

func panics(t *testing.T, w *world) {
	w.started(t)
	began := time.Now()
	err := w.call(t.Context(), "Greeter.Fail", &fleet.FailRequest{Kind: "panic", Detail: "kaboom"}, &fleet.Empty{})
	if took := time.Since(began); took > slack {
		t.Errorf("took %v", took)
	}
	if e := errs.FromError(err); e.GetCode() != 500 || e.GetDetail() != "panic recovered: kaboom" {
		t.Errorf("got %v", err)
	}
	s := w.stream(t, "Streamer.Count")
	if err := s.Send(&fleet.CountRequest{From: 1, To: 3, FailAfter: 1, FailKind: "panic"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Recv(&fleet.Value{}); err != nil {
		t.Fatal(err)
	}
	if e := errs.FromError(s.Recv(&fleet.Value{})); e.GetCode() != 500 {
		t.Errorf("stream: got %v", e)
	}
	if err := w.call(t.Context(), "Greeter.Hello", &fleet.HelloRequest{}, &fleet.HelloResponse{}); err != nil {
		t.Errorf("the call after: %v", err)
	}
}

func metadataArrives(t *testing.T, w *world) {
	w.started(t)
	ctx := metadata.NewContext(t.Context(), metadata.Metadata{"x-tenant": "t1", "Micro-Debug-Token": "secret", "Micro-Topic": "leaked"})
	rsp := new(fleet.HeadersResponse)
	if err := w.call(ctx, "Greeter.Headers", &fleet.Empty{}, rsp); err != nil {
		t.Fatal(err)
	}
	if rsp.GetHeaders()["X-Tenant"] != "t1" || rsp.GetHeaders()["Remote"] == "" {
		t.Errorf("metadata %v", rsp.GetHeaders())
	}
	if token, ok := rsp.GetHeaders()["Micro-Debug-Token"]; ok {
		t.Errorf("the token %q is in the metadata", token)
	}
}

func deadlinePropagates(t *testing.T, w *world) {
	w.started(t)
	rsp := new(fleet.Total)
	if err := w.call(t.Context(), "Relay.Left", &fleet.FailRequest{DelayMs: 200}, rsp, client.WithRequestTimeout(time.Second)); err != nil {
		t.Fatal(err)
	}
	if rsp.GetN() <= 0 || rsp.GetN() > 800 {
		t.Errorf("the second hop saw %d ms left of 1000 after 200", rsp.GetN())
	}
}

func manyAtOnce(t *testing.T, w *world) {
	w.started(t)
	var group sync.WaitGroup
	for worker := range 16 {
		group.Go(func() {
			for i := range 25 {
				name, rsp := fmt.Sprintf("%d-%d", worker, i), new(fleet.HelloResponse)
				if err := w.call(t.Context(), "Greeter.Hello", &fleet.HelloRequest{Name: name}, rsp); err != nil {
					t.Error(err)
				} else if rsp.GetMessage() != "Hello "+name {
					t.Errorf("%s got %q", name, rsp.GetMessage())
				}
			}
		})
	}
	group.Wait()
}
