package http

import (
	"context"
	"errors"
	"fmt"
	stdhttp "net/http"
	"strings"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/internal/httpd"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/server"
)

// linger is how long the last answers may take to be sent once every handler has returned.
const linger = 200 * time.Millisecond

// wire is the handler being served, with what the framework has to know of its requests.
type wire struct {
	desk    server.Desk
	handler stdhttp.Handler
	server  *httpd.Server

	mu       sync.Mutex
	requests map[*request]struct{}
}

var _ server.Wire = (*wire)(nil)

// request is what Running and EndStreams know of one.
type request struct {
	method, path string
	stream       bool
	cancel       context.CancelFunc
}

// Addr implements server.Wire.
func (w *wire) Addr() string { return w.server.Addr() }

// Metadata implements server.Wire.
func (*wire) Metadata() map[string]string { return map[string]string{"protocol": name} }

// Serve implements server.Wire.
func (w *wire) Serve() { w.server.Serve() }

// Peers implements server.Wire.
func (w *wire) Peers() int { return w.server.Peers() }

// longest is how much of a path is named.
const longest = 100

// Running implements server.Wire.
func (w *wire) Running() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	names := make([]string, 0, len(w.requests))
	for r := range w.requests {
		names = append(names, fmt.Sprintf("%s %.*q", r.method, longest, r.path))
	}
	return names
}

// Refuse implements server.Wire: what comes from now on is answered with 503, and each answer is its connection's last.
func (w *wire) Refuse() { w.server.Leave() }

// EndStreams implements server.Wire. Streams are requests for server-sent events and upgraded ones.
func (w *wire) EndStreams(all bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for r := range w.requests {
		if all && r.stream {
			r.cancel()
		}
	}
}

// Close implements server.Wire.
func (w *wire) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), linger)
	defer cancel()
	_ = w.server.Close(ctx) // what still runs has been named
	return nil
}

// serve gives one request to the handler.
func (w *wire) serve(rw stdhttp.ResponseWriter, r *stdhttp.Request) {
	if !w.desk.Admit() {
		rw.Header().Set(mucp.Draining, "1")
		stdhttp.Error(rw, mucp.NotRun, stdhttp.StatusServiceUnavailable)
		return
	}
	defer w.desk.Release()
	timeout, err := mucp.ParseTimeout(r.Header.Get(mucp.Timeout))
	if err != nil {
		stdhttp.Error(rw, err.Error(), stdhttp.StatusBadRequest)
		return
	}
	ctx, cancel := w.context(r.Context(), timeout)
	defer cancel()
	one := &request{method: r.Method, path: r.URL.Path, stream: isStream(r), cancel: cancel}
	w.enter(one)
	defer w.leave(one)
	w.handler.ServeHTTP(rw, r.WithContext(ctx))
	if timeout > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) && !httpd.Begun(rw) {
		stdhttp.Error(rw, "the deadline of the request has passed", stdhttp.StatusRequestTimeout)
	}
}

// context returns the context of a request: it carries the server, and ends with the connection, the server's life and
// the caller's deadline.
func (w *wire) context(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if s, ok := server.FromContext(w.desk.Context()); ok {
		ctx = server.NewContext(ctx, s)
	}
	ctx, cancel := context.WithCancel(ctx)
	release := context.AfterFunc(w.desk.Context(), cancel)
	end := func() { release(); cancel() }
	if timeout > 0 {
		late, stop := context.WithTimeout(ctx, timeout)
		return late, func() { stop(); end() }
	}
	return ctx, end
}

// isStream reports whether the answer to a request may have no end.
func isStream(r *stdhttp.Request) bool {
	return r.Header.Get("Upgrade") != "" || strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

func (w *wire) enter(r *request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests[r] = struct{}{}
}

func (w *wire) leave(r *request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.requests, r)
}
