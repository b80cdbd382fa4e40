package client_test

import (
	"bytes"
	"testing"

	"github.com/microtop/microtop/framework/client"
	rawbytes "github.com/microtop/microtop/framework/codec/bytes"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// An answer read as a frame is the caller's: later calls on the same connection leave it alone.
func TestAFrameOutlivesTheNextCall(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	serveAll(t, w)
	c := w.client(client.PoolSize(1))
	call := func(name string, rsp any) {
		t.Helper()
		req := c.NewRequest(fleet.Service, "Greeter.Hello", &fleet.HelloRequest{Name: name}, client.WithContentType("application/protobuf"))
		if err := c.Call(t.Context(), req, rsp); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		frame := new(rawbytes.Frame)
		call("first, and longer than the second", frame)
		want := bytes.Clone(frame.Data)
		call("second", new(fleet.HelloResponse))
		call("third", new(fleet.HelloResponse))
		if !bytes.Equal(frame.Data, want) {
			t.Fatalf("the answer became %q, it was %q", frame.Data, want)
		}
	}
}
