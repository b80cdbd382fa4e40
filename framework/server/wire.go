package server

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/transport"
)

// drainLinger is how long connections stay open after everything has run, for peers to read that it is over.
const drainLinger = 100 * time.Millisecond

// maxPipeline is the most calls that peers are told to have in flight on one connection: more would gain nothing.
const maxPipeline = 64

// mucpDriver serves the framework's own protocol over any transport.
type mucpDriver struct{}

// String implements Driver.
func (mucpDriver) String() string { return mucp.Name }

// Listen implements Driver.
func (mucpDriver) Listen(desk Desk) (Wire, error) {
	r := desk.(*run) //nolint:forcetypeassert // the default driver stands behind the desk too
	o := r.opts
	if o.TLSConfig != nil {
		if err := o.Transport.Init(transport.Secure(true), transport.TLSConfig(o.TLSConfig)); err != nil {
			return nil, fmt.Errorf("set up TLS of transport %s: %w", o.Transport, err)
		}
	}
	listener, err := o.Transport.Listen(o.Address, o.ListenOptions...)
	if err != nil {
		return nil, fmt.Errorf("listen on %s with transport %s: %w", o.Address, o.Transport, err)
	}
	bounds := o.Transport.Options().Limits()
	return &wire{
		run: r, listener: listener, conns: map[*conn]struct{}{},
		streamsPerConn: bounds.StreamsPerConn, unread: bounds.IdleTimeout,
	}, nil
}

// wire is a listener of a transport with its connections.
type wire struct {
	run            *run
	listener       transport.Listener
	streamsPerConn int
	unread         time.Duration // how long a stream's handler may take no frame while more come

	group sync.WaitGroup // the accepting, and the reading of connections
	watch watch

	mu    sync.Mutex
	conns map[*conn]struct{} // nil once closed
}

var _ Wire = (*wire)(nil)

// Serve implements Wire.
func (w *wire) Serve() {
	w.group.Go(func() {
		if err := w.listener.Accept(w.serve); err != nil {
			w.run.log.Error("accept", "address", w.listener.Addr(), "error", err)
		}
	})
}

// Addr implements Wire.
func (w *wire) Addr() string { return w.listener.Addr() }

// Metadata implements Wire.
func (w *wire) Metadata() map[string]string {
	md := map[string]string{"transport": w.run.opts.Transport.String(), "protocol": mucp.Name}
	if depth := pipelineDepth(w.streamsPerConn); depth > 1 {
		md[mucp.Pipeline] = strconv.Itoa(depth)
	}
	return md
}

// pipelineDepth is how many calls a peer may have in flight on one connection, where a connection may have so many.
func pipelineDepth(perConn int) int {
	if perConn < 0 || perConn > maxPipeline {
		return maxPipeline
	}
	return perConn
}

// serve serves one connection, in the transport's goroutine.
func (w *wire) serve(sock transport.Socket) {
	c := newConn(w, sock)
	w.mu.Lock()
	closed := w.conns == nil
	if !closed {
		w.conns[c] = struct{}{}
		w.group.Add(1)
	}
	w.mu.Unlock()
	if closed {
		c.end(errConnLost)
		_ = sock.Close() // nobody waits for it
		return
	}
	c.serve()
}

// forget lets go of a connection that is lost and on which nothing runs any more.
func (w *wire) forget(c *conn) {
	if len(c.running()) > 0 {
		return // its last call comes here too
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, c)
}

func (w *wire) openConns() []*conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Keys(w.conns))
}

// Peers implements Wire.
func (w *wire) Peers() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.conns)
}

// Running implements Wire.
func (w *wire) Running() []string {
	var names []string
	for _, c := range w.openConns() {
		names = append(names, c.running()...)
	}
	return names
}

// Refuse implements Wire: the requests that come are refused one by one, since the run does not admit them.
func (w *wire) Refuse() {
	for _, c := range w.openConns() {
		c.tell()
	}
}

// EndStreams implements Wire.
func (w *wire) EndStreams(all bool) {
	for _, c := range w.openConns() {
		c.endStreams(all)
	}
}

// Close implements Wire.
func (w *wire) Close() error {
	err := w.listener.Close()
	w.linger()
	open := w.openConns()
	w.mu.Lock()
	w.conns = nil
	w.mu.Unlock()
	for _, c := range open {
		c.flush()
		_ = c.sock.Close() // everything on it is over
	}
	w.group.Wait()
	w.watch.stop()
	return err
}

// linger gives peers a moment to read what was sent to them and to close from their side.
func (w *wire) linger() {
	end := time.Now().Add(drainLinger)
	for w.Peers() > 0 && time.Now().Before(end) {
		pause(w.run.ctx, drainLinger/10)
	}
}
