package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/deadline"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/internal/peer"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/transport"
)

var (
	errDraining  = errs.InternalServerError(mucp.ServerID, mucp.NotRun)
	errTooMany   = errs.New(mucp.ServerID, "too many requests in flight on one connection: not run", 503)
	errDuplicate = errs.Conflict(mucp.ServerID, "the id is in use by another request in flight on this connection: not run")
	errConnLost  = fmt.Errorf("connection lost: %w", io.ErrUnexpectedEOF)
	errAnswered  = errors.New("the request is answered already: nothing more can be sent")
)

// conn serves one connection. One goroutine at a time reads it. A unary request runs on it, as long as it is quick, and
// else in a goroutine of its own (see inline). Streams always do; the handler of the only one reads the connection itself
// where it waits for a frame (see stream.read).
type conn struct {
	wire    *wire
	run     *run
	sock    transport.Socket
	idler   transport.Idler   // nil if the socket does not end by itself
	lists   transport.Fielder // nil if the socket knows no lists
	unblock func()            // calls off who receives; nil if that cannot be
	ctx     context.Context   //nolint:containedctx // requests descend from it: it is the connection's life
	end     context.CancelCauseFunc

	turn    atomic.Uint64 // odd while a handler runs that is to read on, which lost the reading if it changed meanwhile
	watched atomic.Bool   // the watch looks at turn
	over    chan struct{} // closed when nobody reads any more

	sending sync.Mutex // one message at a time on sock; also guards call.answered

	mu       sync.Mutex
	calls    map[*call]struct{} // in flight
	keys     map[string]*call   // those in flight that have an id, by it
	queue    []*call            // requests without id, behind the one that runs
	serial   bool               // a request without id runs
	finished recent             // ids of streams that are over
	lost     bool               // the reader is gone
	told     bool               // the peer knows that the server stops
	timer    *time.Timer        // set off at wake, if there is one
	wake     time.Time
	timing   sync.WaitGroup // the timer's function and the flusher

	flushing sync.Once     // starts the flusher
	queued   chan struct{} // something is
}

func newConn(w *wire, sock transport.Socket) *conn {
	r := w.run
	c := &conn{wire: w, run: r, sock: sock, calls: map[*call]struct{}{}, keys: map[string]*call{}}
	c.over, c.queued = make(chan struct{}), make(chan struct{}, 1)
	c.idler, _ = sock.(transport.Idler)
	c.lists, _ = sock.(transport.Fielder)
	if waker, ok := sock.(transport.Waker); ok {
		c.unblock = waker.Wake
	}
	c.ctx, c.end = context.WithCancelCause(peer.NewContext(r.ctx, peer.Info{Local: sock.Local(), Remote: sock.Remote()}))
	return c
}

// serve serves the connection until it ends.
func (c *conn) serve() {
	defer func() { <-c.over }() // also when a handler ends this goroutine
	c.read(new(arrival))
}

// read reads the connection until it ends, and ends with it whatever runs on it; or until another goroutine reads on.
func (c *conn) read(in *arrival) {
	for {
		switch err := c.recv(in); {
		case errors.Is(err, transport.ErrWoken): // somebody else was meant
		case err != nil:
			c.lose()
			return
		case !c.receive(in):
			return
		}
	}
}

// readOn reads the connection in a new goroutine. It ends with the connection, or passes the reading on.
func (c *conn) readOn() { go c.read(new(arrival)) }

// readFrom is readOn after a message that came already.
func (c *conn) readFrom(in *arrival) {
	go func() {
		if c.receive(in) {
			c.read(in)
		}
	}()
}

// recv receives a message into the memory of in.
func (c *conn) recv(in *arrival) error {
	if c.lists != nil {
		if err := c.lists.RecvFields(&in.Fields); err != nil || in.Same {
			return err
		}
		in.heading = heading{}
		for i := range in.List {
			in.note(in.List[i].Name, in.List[i].Value)
		}
		return nil
	}
	var m transport.Message
	if err := c.sock.Recv(&m); err != nil {
		return err
	}
	in.heading, in.header, in.Body = heading{}, m.Header, m.Body
	for name, value := range m.Header {
		in.note(name, value)
	}
	return nil
}

// lose ends what runs on a connection that is lost.
func (c *conn) lose() {
	defer c.wire.group.Done()
	defer close(c.over)
	c.end(errConnLost)
	_ = c.sock.Close() // it is lost already
	c.mu.Lock()
	c.lost = true
	calls := make([]*call, 0, len(c.calls))
	for call := range c.calls {
		calls = append(calls, call)
	}
	if c.timer != nil && c.timer.Stop() {
		c.timing.Done()
	}
	c.mu.Unlock()
	for _, call := range calls {
		call.connectionLost()
	}
	c.timing.Wait()
	c.wire.forget(c)
}

// receive takes one message: a frame of a stream that is there, or a request. It reports whether the reading goes on
// here.
func (c *conn) receive(in *arrival) bool {
	if found, passed := c.frame(in); found {
		in.Body = nil // the stream's now
		return !passed
	}
	call := newCall(c, in)
	if !c.run.admit() {
		call.refuse(errDraining, map[string]string{mucp.Draining: "1"})
		return true
	}
	if err := call.prepare(&in.heading); err != nil {
		call.fail(err)
		c.run.release()
		return true
	}
	return c.start(call, in)
}

// frame delivers a message if it belongs to a stream that is there, and drops it if it belongs to one that is over. It
// reports whether it found such a stream, and whether the stream's handler reads the connection on.
func (c *conn) frame(in *arrival) (found, passed bool) {
	marked, key, text := in.marked(), in.key(), in.errorText
	c.mu.Lock()
	there := c.keys[key]
	alone := len(c.calls) == 1
	over := there == nil && marked && c.finished.has(key)
	if over && text == mucp.EOS {
		c.finished.forget(key) // the caller is through with it, and may use the id again
	}
	c.mu.Unlock()
	switch {
	case there != nil && there.stream != nil:
		if alone && text == "" && !in.More && there.stream.passTo(in.Body) {
			return true, true
		}
		there.stream.frame(in.Body, text)
		return true, false
	case text == mucp.EOS, over:
		return true, false
	}
	return there != nil && marked, false // the rest of a stream that was opened to a unary endpoint
}

// start runs a call, or queues it if it has no id and another without one runs. It reports whether the reading goes on
// here.
func (c *conn) start(call *call, in *arrival) bool {
	queued, refused := c.enter(call)
	switch {
	case refused != nil:
		call.fail(refused)
		c.run.release()
		return true
	case !queued && call.quick(in.More):
		return c.inline(call, in)
	}
	in.Body = nil // the call's now
	switch {
	case queued:
	case call.stream != nil:
		go call.stream.run()
	default:
		go call.run()
	}
	return true
}

// inline runs a call on the reader, which saves a goroutine and its growing stack. The watch sees to it that the
// connection is read on if that takes long; then inline reports false.
func (c *conn) inline(call *call, in *arrival) (mine bool) {
	turn := c.turn.Add(1)
	if !c.watched.Load() {
		c.wire.watch.add(c)
	}
	call.inline = true
	returned := false
	defer func() {
		mine = c.turn.CompareAndSwap(turn, turn+1)
		if !mine {
			call.route.slow()
			c.flush() // the new reader may wait since before the answer was queued
		}
		if !returned && mine { // the handler ended this goroutine
			c.readOn()
		}
	}()
	call.run()
	returned = true
	if !call.request.spent() {
		in.Body = nil // somebody keeps it
	}
	return true // unless the deferred function knows better
}

// enter counts a call in. It reports a call that may not run, and one that has to wait.
func (c *conn) enter(call *call) (queued bool, refused error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case limits.Exceeded(len(c.calls)+1, c.wire.streamsPerConn):
		return false, errTooMany
	case call.serial():
		if queued = c.serial; queued {
			c.queue = append(c.queue, call)
		}
		c.serial = true
	case c.keys[call.key] != nil:
		return false, errDuplicate
	default:
		c.keys[call.key] = call
	}
	c.calls[call] = struct{}{}
	if len(c.calls) == 1 && c.idler != nil {
		c.idler.SetBusy(true)
	}
	c.setTimer(call.deadline)
	return queued, nil
}

// unkey frees a call's id. It is done before the answer is sent, since the caller may use the id again then.
func (c *conn) unkey(call *call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys[call.key] == call {
		delete(c.keys, call.key)
	}
	if call.marked {
		c.finished.add(call.key)
	}
}

// leave counts a call out, and lets the next one without id run.
func (c *conn) leave(call *call) {
	next, forgotten := c.remove(call)
	if next != nil {
		go next.run()
	}
	c.run.release()
	if forgotten {
		c.wire.forget(c)
	} else if c.run.draining.Load() {
		c.tell()
	}
}

// remove takes a call out. It returns the call that may run now, and whether this was the last one of a lost connection.
func (c *conn) remove(call *call) (next *call, forgotten bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.calls, call)
	if c.keys[call.key] == call {
		delete(c.keys, call.key)
	}
	if call.serial() {
		if len(c.queue) > 0 {
			next, c.queue = c.queue[0], c.queue[1:]
		} else {
			c.serial = false
		}
	}
	if len(c.calls) == 0 && c.idler != nil {
		c.idler.SetBusy(false)
	}
	return next, c.lost && len(c.calls) == 0
}

// tell says to an idle peer, once, that this server stops: what it sends from now on will not run. A peer that has just
// sent a request takes this for its answer, which is as true.
func (c *conn) tell() {
	c.mu.Lock()
	told := c.told || c.lost || len(c.calls) > 0
	if !told {
		c.told = true
	}
	c.mu.Unlock()
	if told {
		return
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	text := mucp.ErrorText(errDraining)
	_ = c.sock.Send(&transport.Message{Header: map[string]string{ // a lost peer needs no telling
		mucp.Error: text, mucp.XError: text, mucp.Draining: "1",
	}})
}

// setContext sets a stream's context, which endStreams looks at from another goroutine.
func (c *conn) setContext(s *stream, ctx *deadline.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.ctx = ctx
}

// endStreams ends the contexts of streams, so that their handlers return: those of internal handlers only, or all.
func (c *conn) endStreams(all bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for call := range c.calls {
		if s := call.stream; s != nil && s.ctx != nil && (all || call.route != nil && call.route.internal) {
			s.ctx.End()
		}
	}
}

// running names what runs.
func (c *conn) running() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := make([]string, 0, len(c.calls))
	for call := range c.calls {
		names = append(names, call.name())
	}
	return names
}

// setTimer makes sure that the connection wakes up at the given time; the zero time is none. c.mu is held.
func (c *conn) setTimer(at time.Time) {
	switch {
	case at.IsZero() || c.lost:
	case c.timer == nil:
		c.wake = at
		c.timing.Add(1)
		c.timer = time.AfterFunc(time.Until(at), c.expire)
	case at.Before(c.wake) && c.timer.Stop(): // else it has gone off and sets itself anew
		c.wake = at
		c.timer.Reset(time.Until(at))
	}
}

// expire answers the calls whose time is over.
func (c *conn) expire() {
	defer c.timing.Done()
	now := time.Now()
	var late []*call
	c.mu.Lock()
	c.timer = nil
	var next time.Time
	for call := range c.calls {
		switch {
		case call.deadline.IsZero() || call.late:
		case !now.Before(call.deadline):
			call.late = true
			late = append(late, call)
		case next.IsZero() || call.deadline.Before(next):
			next = call.deadline
		}
	}
	c.setTimer(next)
	c.mu.Unlock()
	for _, call := range late {
		call.expire()
	}
}
