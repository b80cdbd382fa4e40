package wrappertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// Run holds the wrappers that open returns against the contract, one rule a subtest.
func Run(t *testing.T, open func(t *testing.T) Wrappers) {
	t.Helper()
	for _, r := range []struct {
		rule string
		hold func(t *testing.T, w *World)
	}{
		{"a call is answered", answers},
		{"an error arrives as it is", fails},
		{"a handler that panics is answered with 500, and the next call is served", panics},
		{"a call ends by its deadline", ends},
		{"metadata of the caller arrives", carries},
		{"a stream has every value, and ends", streams},
		{"a stream that fails ends with its error, one that panics with 500", streamsFail},
		{"both ends of a stream talk, and the caller may end it", talks},
		{"a stream of the caller's is summed up after its end", sums},
		{"a stream may be closed early, and twice", closes},
		{"a message arrives, also after one that failed", publishes},
		{"fifty callers at once are served", concurrent},
	} {
		t.Run(r.rule, func(t *testing.T) { r.hold(t, New(t, Config{Wrappers: open(t)})) })
	}
}

func answers(t *testing.T, w *World) {
	for _, name := range []string{"x", "y"} {
		if got, err := w.Hello(t.Context(), name); err != nil || got != "Hello "+name {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

func fails(t *testing.T, w *World) {
	err := w.Fail(t.Context(), &fleet.FailRequest{Kind: "micro", Code: 418, Detail: "short"})
	e, ok := errs.As(err)
	if !ok || e.GetCode() != 418 || e.GetDetail() != "short" || e.GetId() != fleet.Service {
		t.Errorf("error %v", err)
	}
}

func panics(t *testing.T, w *World) {
	if e := errs.FromError(w.Fail(t.Context(), &fleet.FailRequest{Kind: "panic", Detail: "boom"})); e.GetCode() != 500 {
		t.Errorf("error %v, want code 500", e)
	}
	answers(t, w)
}

func ends(t *testing.T, w *World) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := w.Client.Call(ctx, w.Client.NewRequest(fleet.Service, "Greeter.Slow", &fleet.FailRequest{DelayMs: 5000}), new(fleet.Empty))
	if e := errs.FromError(err); e.GetCode() != 408 || time.Since(began) > 2*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

func carries(t *testing.T, w *World) {
	got, err := w.Headers(metadata.NewContext(t.Context(), metadata.Metadata{"X-Tenant": "blue"}))
	if err != nil || got["X-Tenant"] != "blue" {
		t.Errorf("got %v, %v", got, err)
	}
}

func streams(t *testing.T, w *World) {
	got, err := w.Count(t.Context(), &fleet.CountRequest{From: 1, To: 5})
	if !errors.Is(err, io.EOF) || !slices.Equal(got, []int64{1, 2, 3, 4, 5}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func streamsFail(t *testing.T, w *World) {
	for kind, code := range map[string]int32{"badrequest": 400, "panic": 500} {
		got, err := w.Count(t.Context(), &fleet.CountRequest{From: 1, To: 5, FailAfter: 2, FailKind: kind})
		if e := errs.FromError(err); e.GetCode() != code || len(got) != 2 {
			t.Errorf("%s: got %v, %v", kind, got, err)
		}
	}
	answers(t, w)
}

func talks(t *testing.T, w *World) {
	s := open(t, w, "PingPong")
	for i := range int64(3) {
		send(t, s, &fleet.Stroke{Stroke: i, Note: "n"})
		got := new(fleet.Stroke)
		if err := s.Recv(got); err != nil || got.GetStroke() != i || got.GetNote() != "pong:n" {
			t.Fatalf("got %v, %v", got, err)
		}
	}
	if err := s.CloseSend(); err != nil {
		t.Error(err)
	}
	if err := s.Recv(new(fleet.Stroke)); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	if s.Context() == nil || s.Request().Endpoint() != "Streamer.PingPong" || s.Error() != nil {
		t.Errorf("context %v, request %v, error %v", s.Context(), s.Request(), s.Error())
	}
}

func sums(t *testing.T, w *World) {
	s := open(t, w, "Sum")
	for i := range int64(4) {
		send(t, s, &fleet.Value{Value: i + 1})
	}
	if err := s.CloseSend(); err != nil {
		t.Error(err)
	}
	got := new(fleet.Total)
	if err := s.Recv(got); err != nil || got.GetTotal() != 10 || got.GetN() != 4 {
		t.Errorf("got %v, %v", got, err)
	}
}

func closes(t *testing.T, w *World) {
	s := open(t, w, "Count")
	send(t, s, &fleet.CountRequest{From: 1, To: 1 << 40, DelayMs: 1})
	if err := s.Recv(new(fleet.Value)); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Recv(new(fleet.Value)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("after Close: %v", err)
	}
	answers(t, w)
}

func open(t *testing.T, w *World, method string) client.Stream {
	t.Helper()
	s, err := w.Stream(t.Context(), method)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // the rules say what matters
	return s
}

func send(t *testing.T, s client.Stream, v any) {
	t.Helper()
	if err := s.Send(v); err != nil {
		t.Fatal(err)
	}
}

func publishes(t *testing.T, w *World) {
	for _, message := range []string{"one", "fail", "three"} {
		if err := w.Publish(t.Context(), message); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-w.Events:
			if got.GetMessage() != message {
				t.Errorf("got %q, want %q", got.GetMessage(), message)
			}
		case <-t.Context().Done():
		case <-time.After(5 * time.Second):
			t.Fatalf("%q did not arrive", message)
		}
	}
}

func concurrent(t *testing.T, w *World) {
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			name := fmt.Sprint(i)
			if got, err := w.Hello(t.Context(), name); err != nil || got != "Hello "+name {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	all.Wait()
}
