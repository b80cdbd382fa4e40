package servertest

import (
	"context"
	"errors"
	"io"
	"testing"

	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

func serverStream(t *testing.T, w *world) {
	w.started(t)
	s := w.stream(t, "Streamer.Count")
	const last = 500
	if err := s.Send(&fleet.CountRequest{From: 1, To: last}); err != nil {
		t.Fatal(err)
	}
	for i := int64(1); i <= last; i++ {
		v := new(fleet.Value)
		if err := s.Recv(v); err != nil || v.GetValue() != i {
			t.Fatalf("message %d: %v, %v", i, v.GetValue(), err)
		}
	}
	for range 2 {
		if err := s.Recv(&fleet.Value{}); !errors.Is(err, io.EOF) {
			t.Errorf("the end: %v, want io.EOF", err)
		}
	}
	if err := s.Error(); err != nil {
		t.Errorf("error of a stream that ended well: %v", err)
	}
}

func clientStream(t *testing.T, w *world) {
	w.started(t)
	s := w.stream(t, "Streamer.Sum")
	for i := range int64(300) {
		if err := s.Send(&fleet.Value{Value: i + 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.CloseSend(); err != nil {
		t.Fatal(err)
	}
	total := new(fleet.Total)
	if err := s.Recv(total); err != nil || total.GetN() != 300 || total.GetTotal() != 300*301/2 {
		t.Errorf("got %v, %v", total, err)
	}
	if err := s.Recv(total); !errors.Is(err, io.EOF) {
		t.Errorf("the end: %v, want io.EOF", err)
	}
	if err := s.Send(&fleet.Value{}); err == nil {
		t.Error("Send after CloseSend: no error")
	}
}

func bidiStream(t *testing.T, w *world) {
	w.started(t)
	s := w.stream(t, "Streamer.PingPong")
	for i := range int64(20) {
		if err := s.Send(&fleet.Stroke{Stroke: i, Note: "a"}); err != nil {
			t.Fatal(err)
		}
		back := new(fleet.Stroke)
		if err := s.Recv(back); err != nil || back.GetStroke() != i || back.GetNote() != "pong:a" {
			t.Fatalf("stroke %d: %v, %v", i, back, err)
		}
	}
	if err := s.Send(&fleet.Stroke{Note: "quit"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Recv(&fleet.Stroke{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Recv(&fleet.Stroke{}); !errors.Is(err, io.EOF) {
		t.Errorf("the end: %v, want io.EOF", err)
	}
}

func streamErrors(t *testing.T, w *world) {
	w.started(t)
	s := w.stream(t, "Streamer.Count")
	if err := s.Send(&fleet.CountRequest{From: 1, To: 9, FailAfter: 2, FailKind: "badrequest"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Recv(&fleet.Value{}); err != nil {
			t.Fatal(err)
		}
	}
	err := s.Recv(&fleet.Value{})
	if e := errs.FromError(err); err == nil || e.GetCode() != 400 {
		t.Errorf("got %v, want code 400", err)
	}
	if s.Error() == nil {
		t.Error("Error() is nil after an error")
	}
	if err := w.stream(t, "Streamer.Nope").Recv(&fleet.Value{}); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a stream that there is not: %v", err)
	}
}

// Waiter tells how its streams end.
type Waiter struct{ ended chan error }

// Listen receives until that fails.
func (l *Waiter) Listen(_ context.Context, stream server.Stream) error {
	for {
		if err := stream.Recv(&fleet.Value{}); err != nil {
			l.ended <- err
			return err
		}
	}
}

func streamClosed(t *testing.T, w *world) {
	waiter := &Waiter{make(chan error, 1)}
	if err := w.server.Handle(w.server.NewHandler(waiter)); err != nil {
		t.Fatal(err)
	}
	w.started(t)
	s := w.stream(t, "Waiter.Listen")
	if err := s.Send(&fleet.Value{Value: 1}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiter.ended; err == nil {
		t.Error("the handler's Recv gave no error")
	}
	if err := s.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
}
