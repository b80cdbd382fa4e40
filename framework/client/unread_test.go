package client_test

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// Sink has a stream whose handler reads one frame, and stays until it is let go.
type Sink struct{ letGo chan struct{} }

// Drain reads one.
func (s *Sink) Drain(_ context.Context, stream server.Stream) error {
	err := stream.Recv(new(fleet.HelloResponse))
	<-s.letGo
	return err
}

// A stream whose reader stops holds the sender back: what it sends is not piled up at either end. Its Send ends with its
// context.
func TestASenderWaitsForAReaderThatStops(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	sink := &Sink{letGo: make(chan struct{})}
	w.serve(sink)
	defer close(sink.letGo)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := w.client()
	before := heap()
	s, err := c.Stream(ctx, c.NewRequest(fleet.Service, "Sink.Drain", nil, client.WithContentType("application/protobuf"), client.StreamingRequest()))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var sent atomic.Int64
	failed := make(chan error, 1)
	go func() {
		m := &fleet.HelloResponse{Blob: make([]byte, 8<<10)}
		for {
			if err := s.Send(m); err != nil {
				failed <- err
				return
			}
			sent.Add(1)
		}
	}()
	for last, since := int64(0), time.Now(); last == 0 || time.Since(since) < 200*time.Millisecond; time.Sleep(5 * time.Millisecond) {
		if now := sent.Load(); now != last {
			last, since = now, time.Now()
		}
		if sent.Load() > 64<<20/(8<<10) {
			t.Fatal("64 MiB were sent to a handler that does not read")
		}
	}
	if held := int64(heap()) - int64(before); held > 3<<20 { // both ends are here, and the server's inbox has its 1 MiB
		t.Errorf("%d bytes are held", held)
	}
	cancel()
	select {
	case err := <-failed:
		if errors.Is(err, io.EOF) {
			t.Error("the end is told as one in order")
		}
	case <-time.After(time.Second):
		t.Error("Send still waits a second after its context ended")
	}
}
