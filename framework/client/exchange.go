package client

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/transport"
)

// call is the innermost CallFunc: it sends the request to the node and receives the answer. A request to a node that is
// busy with others of this client shares a connection with them, if the node takes that.
func (c *front) call(ctx context.Context, node *registry.Node, req Request, rsp any, o CallOptions) error {
	in := c.setup.Load()
	x, err := c.encode(ctx, in, node, req, "")
	if err != nil {
		return err
	}
	defer x.release()
	x.add(mucp.Timeout, c.timeoutText(o.RequestTimeout))
	idle := c.pool.idleTo(node.Address)
	depth := 0
	if idle == nil && x.codec.Plain() && x.size() <= laneSize && len(x.list) <= laneHeaders {
		depth = depthOf(node)
	}
	if idle == nil && !c.pool.claim(node.Address, depth < 2) {
		p, ok := c.board(ctx, in, laneKey{node.Address, depth}, x.size(), o)
		if ok {
			return c.callOnLane(ctx, p, x, rsp, o)
		}
		c.pool.claim(node.Address, true)
	}
	defer c.pool.giveBack(node.Address)
	return c.callAlone(ctx, in, idle, node, x, rsp, o)
}

// callAlone makes a call that has its connection to itself: the idle one, or a new one.
func (c *front) callAlone(ctx context.Context, in *setup, idle *conn, node *registry.Node, x *outgoing, rsp any, o CallOptions) error {
	on := idle
	if on == nil {
		era := c.pool.now()
		dialled, err := dial(ctx, in, node.Address, o.DialTimeout)
		if err != nil {
			return err
		}
		on = newConn(dialled, node.Address, era)
	}
	if x.id == "" {
		x.setID(c.nextID())
	}
	answered, err := c.exchange(ctx, on, x, rsp)
	var received *answer
	if answered {
		received = &on.answer
	}
	o.attempt.tell(x, received, on.reused)
	if !answered {
		return err
	}
	err = x.decode(received, rsp)
	if errors.Is(err, errDraining) {
		_ = on.Close() // the server is about to
		c.drop(node.Address)
		return err
	}
	if on.settled = x.id; received.More { // an answer that nobody asked for: it would be taken for the next call's
		_ = on.Close() // nothing is under way on it
		return err
	}
	c.pool.put(on)
	return err
}

// callOnLane makes a call among others.
func (c *front) callOnLane(ctx context.Context, p place, x *outgoing, rsp any, o CallOptions) error {
	f := p.flight
	if err := p.lane.roundTrip(ctx, x, f, p.slot); err != nil {
		o.attempt.tell(x, nil, !p.fresh)
		if ctx.Err() == nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			c.drop(p.lane.key.address) // whatever ended this one ended the others
		}
		return lostError(ctx, err)
	}
	defer f.release()
	o.attempt.tell(x, &f.answer, !p.fresh)
	f.keep = !reusable(x.codec, rsp)
	err := x.decode(&f.answer, rsp)
	if errors.Is(err, errDraining) {
		c.drop(p.lane.key.address)
	}
	return err
}

// drop lets go of the connections to an address, after one of them turned out to be of no more use.
func (c *front) drop(address string) {
	c.pool.drop(address)
	c.lanes.drop(address)
}

// tell notes what went over the network. a may be nil.
func (a *Attempt) tell(x *outgoing, received *answer, reused bool) {
	if a == nil {
		return
	}
	a.Sent, a.Reused = len(x.body), reused
	if received != nil {
		a.Received, a.Header = len(received.Body), received.header()
	}
}

// dial opens a connection. Whatever went wrong, the request did not run.
func dial(ctx context.Context, in *setup, address string, timeout time.Duration, opts ...transport.DialOption) (transport.Client, error) {
	if timeout <= 0 {
		timeout = transport.DefaultDialTimeout
	}
	if end, ok := ctx.Deadline(); ok {
		timeout = min(timeout, max(time.Until(end), 1))
	}
	opts = append(slices.Clone(opts), transport.WithTimeout(timeout), func(d *transport.DialOptions) { d.Context = ctx })
	dialled, err := in.opts.Transport.Dial(address, opts...)
	switch {
	case err == nil:
		return dialled, nil
	case ctx.Err() != nil:
		return nil, notRunError(timeoutError(ctx.Err()))
	}
	return nil, notRunError(newError(clientID, 500, "connection error: ", err))
}

func timeoutError(cause error) *callError { return newError(clientID, 408, "call timeout: ", cause) }

// exchange sends the request and receives an answer on the caller's goroutine. Without an answer the connection is
// closed.
func (c *front) exchange(ctx context.Context, on *conn, x *outgoing, rsp any) (answered bool, err error) {
	c.guards.begin(ctx, on)
	err = on.roundTrip(x, reusable(x.codec, rsp))
	if !on.guarded.end() && err == nil {
		err = ctx.Err() // the connection is being closed: the answer came too late
	}
	if err == nil && on.settled != "" && on.settled != x.id && on.answer.id == on.settled {
		err = errStray
	}
	if err == nil {
		return true, nil
	}
	_ = on.Close() // it cannot be used again
	if on.reused && ctx.Err() == nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.drop(on.address) // whatever ended this one ended the others
	}
	return false, lostError(ctx, err)
}

// errStray is the error of a call whose connection brought a second answer to the call before it.
var errStray = errors.New("the server answered another call twice")

// roundTrip sends and receives. If sending failed, the server may have said before that it drains.
func (c *conn) roundTrip(x *outgoing, reuseBody bool) error {
	c.answer.Likely = x.id
	failed := c.send(x.list, x.body)
	if failed == nil {
		return c.recv(reuseBody)
	}
	if !c.reused || errors.Is(failed, os.ErrDeadlineExceeded) || c.recv(reuseBody) != nil || !c.answer.draining {
		return failed
	}
	return nil
}

// reusable reports whether decoding into rsp keeps nothing of the encoded body.
func reusable(lent *mucp.Codec, rsp any) bool {
	_, isProto := rsp.(proto.Message)
	return isProto && lent.Plain()
}

// lostError is the error of a call without an answer: the deadline, the caller, or the connection ended it.
func lostError(ctx context.Context, err error) error {
	var status *transport.StatusError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return timeoutError(context.DeadlineExceeded)
	case ctx.Err() != nil:
		return timeoutError(ctx.Err())
	case errors.As(err, &status):
		return newError(transportID, 500, "", err)
	}
	e := newError(transportID, 500, "", err)
	e.seen.Detail += " (the request may have run)"
	return e
}

// decode decodes an answer into rsp, or returns the error that it carries.
func (x *outgoing) decode(a *answer, rsp any) error {
	switch {
	case a.draining:
		return notRunError(newError(mucp.ServerID, 500, "", drainingError{}))
	case a.errorText != "":
		return mucp.NewRemoteError(a.errorText)
	case a.contentType == "text/plain": // a v4 server that does not know the content type (docs/wire.md §3.3)
		return newError(clientID, 500, "", errors.New(string(a.Body)))
	}
	x.codec.Reset(a.Body)
	if !x.codec.Plain() {
		m := codec.Message{Type: codec.Response, Header: a.header()}
		if err := x.codec.ReadHeader(&m, codec.Response); err != nil {
			return newError(codecID, 500, "", err)
		}
		if m.Error != "" {
			return mucp.NewRemoteError(m.Error)
		}
	}
	if rsp == nil || len(a.Body) == 0 {
		return nil
	}
	if err := x.codec.ReadBody(rsp); err != nil {
		return newError(codecID, 500, "", err)
	}
	return nil
}

// drainingError has the text of the server's refusal.
type drainingError struct{}

// Error returns the detail of the refusal.
func (drainingError) Error() string { return mucp.NotRun }

// Is reports that it is errDraining.
func (drainingError) Is(target error) bool { return target == errDraining }
