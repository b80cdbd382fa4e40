package grpc

import (
	"context"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/health"

	"github.com/microtop/microtop/framework/internal/deadline"
	wire "github.com/microtop/microtop/framework/internal/grpc"
	"github.com/microtop/microtop/framework/server"
)

// wireServer is gRPC's server with what the framework has to know of its calls.
type wireServer struct {
	desk     server.Desk
	listener *countedListener
	grpc     *grpc.Server
	health   *health.Server
	contents wire.Contents
	routed   bool                      // by the program's own Router
	names    wire.Memo[string, string] // of endpoints, by the path of a call
	serving  sync.WaitGroup
	graceful chan struct{} // closed once everything has ended by itself
	forget   func() bool   // the server's life; nil before Serve

	mu    sync.Mutex
	calls *call // a list
	over  bool
}

var _ server.Wire = (*wireServer)(nil)

func newWire(desk server.Desk, l net.Listener) *wireServer {
	o := desk.Options()
	codecs := option[map[string]encoding.Codec](o, codecsKey{})
	return &wireServer{
		desk: desk, listener: &countedListener{Listener: l}, health: health.NewServer(),
		contents: wire.NewContents(true, codecs), routed: o.Router != nil, graceful: make(chan struct{}),
	}
}

// Addr implements server.Wire.
func (w *wireServer) Addr() string { return w.listener.Addr().String() }

// Metadata implements server.Wire. The transport is called gRPC's too, as in v4.
func (w *wireServer) Metadata() map[string]string {
	return map[string]string{"transport": wire.Name, "protocol": wire.Name}
}

// Serve implements server.Wire. When the server's life is over, so is every call.
func (w *wireServer) Serve() {
	w.forget = context.AfterFunc(w.desk.Context(), w.endAll)
	w.serving.Go(func() {
		if err := w.grpc.Serve(w.listener); err != nil {
			w.desk.Logger().Error("accept", "address", w.Addr(), "error", err)
		}
	})
}

// Peers implements server.Wire.
func (w *wireServer) Peers() int { return int(w.listener.conns.Load()) }

// Running implements server.Wire.
func (w *wireServer) Running() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for c := w.calls; c != nil; c = c.next {
		names = append(names, c.endpoint)
	}
	return names
}

// Refuse implements server.Wire: gRPC tells its clients to go elsewhere (GOAWAY) and takes no new connection; the health
// service says that nothing is served.
func (w *wireServer) Refuse() {
	w.health.Shutdown()
	w.serving.Go(func() { // ends with the last call, or by Close
		w.grpc.GracefulStop()
		close(w.graceful)
	})
}

// EndStreams implements server.Wire.
func (w *wireServer) EndStreams(all bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := w.calls; c != nil; c = c.next {
		if c.stream && (all || c.internal) {
			c.life.End()
		}
	}
}

// linger is how long gRPC may take to send the last answers once every handler has returned.
const linger = 200 * time.Millisecond

// Close implements server.Wire.
func (w *wireServer) Close() error {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	select {
	case <-w.graceful:
	case <-timer.C:
	}
	w.grpc.Stop()
	_ = w.listener.Close() // a second time, unless it never served
	w.serving.Wait()
	if w.forget != nil {
		w.forget()
	}
	return nil
}

// enter counts a call in.
func (w *wireServer) enter(c *call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.next = w.calls; c.next != nil {
		c.next.before = c
	}
	w.calls = c
	if w.over {
		c.life.End()
	}
}

// endAll ends every call, and those that come after it.
func (w *wireServer) endAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	for c := w.calls; c != nil; c = c.next {
		c.life.End()
	}
}

func (w *wireServer) leave(c *call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.next != nil {
		c.next.before = c.before
	}
	if c.before != nil {
		c.before.next = c.next
	} else {
		w.calls = c.next
	}
}

// call is what Running and EndStreams know of one.
type call struct {
	endpoint         string
	stream, internal bool
	life             deadline.Context

	before, next *call // in wireServer.calls
}
