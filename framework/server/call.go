package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/microtop/microtop/framework/codec"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/carrier"
	"github.com/microtop/microtop/framework/internal/deadline"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/internal/peer"
)

var errDeadline = errs.Timeout(mucp.ServerID, "the handler did not answer in time: %s", context.DeadlineExceeded)

// call is one request, stream or posted event on its way through the server. It is answered exactly once.
type call struct {
	conn     *conn
	request  request
	base     base             // what ctx descends from
	ctx      deadline.Context // the handler's
	began    time.Time
	inline   bool // it runs on its connection's reader
	id       string
	bodyID   string // what the codec found in the body, for the answer's body
	key      string // in conn.keys: the stream's id, else the request's
	marked   bool   // it came with a stream id
	legacy   bool   // an old peer's: method and id are in the body
	topic    string // of an event
	wireType string // the content type of the codec in use
	token    string
	codec    *mucp.Codec // on request.raw, its header read; nil once released
	route    *route      // nil for events and for Routers
	stream   *stream     // nil for unary requests and events
	deadline time.Time   // zero is none

	late     bool // guarded by conn.mu: the deadline was noticed
	answered bool // guarded by conn.sending
}

func newCall(c *conn, in *arrival) *call {
	k := &call{conn: c, id: in.id, topic: in.topic, token: in.token}
	k.request = request{
		service: either(in.service, in.xService), method: either(in.method, in.xMethod),
		endpoint: either(in.endpoint, in.xEndpoint), contentType: in.contentType,
		lines: in.Lines, header: in.header, sock: c.sock, raw: in.Body, codecs: c.run.codecs,
	}
	k.marked, k.key = in.marked(), in.key()
	k.wireType = k.request.contentType
	if k.wireType == "" {
		k.wireType = DefaultContentType
		k.request.contentType = k.wireType
	}
	if k.legacy = in.legacy(); k.legacy {
		k.wireType = mucp.Legacy(k.wireType)
	}
	k.request.wireType = k.wireType
	return k
}

// quick reports whether the call may run on its connection's reader; others says that more requests have come.
func (k *call) quick(others bool) bool {
	if k.route == nil || k.stream != nil {
		return false
	}
	usual := time.Duration(k.route.usual.Load())
	if others {
		return usual > 0 && usual < quick
	}
	return usual < watchPeriod
}

// serial reports whether the call has no id by which its answer could be told from another's.
func (k *call) serial() bool { return k.key == "" && k.stream == nil }

// name names the call to people.
func (k *call) name() string {
	if k.topic != "" {
		return "topic " + k.topic
	}
	return k.request.endpoint
}

// prepare finds out what the call is for. Its error is the answer.
func (k *call) prepare(h *heading) error {
	if k.legacy && h.fromBrowser() {
		return errs.Forbidden(mucp.ServerID, "a request from a web page: name the endpoint in %s", mucp.Endpoint)
	}
	timeout, err := mucp.ParseTimeout(h.timeout)
	if err != nil {
		return errs.BadRequest(mucp.ServerID, "%v", err)
	}
	k.began = time.Now()
	if timeout > 0 {
		k.deadline = k.began.Add(timeout)
	}
	if k.topic != "" {
		if k.request.endpoint != "" {
			return errs.BadRequest(mucp.ServerID, "both %s and %s: send an event or a request", mucp.Topic, mucp.Endpoint)
		}
		return nil
	}
	if k.codec = k.request.codecs.Lend(k.wireType, k.request.raw); k.codec == nil {
		return unsupportedError(k.wireType)
	}
	if err := k.readHeader(); err != nil {
		return fmt.Errorf("rpc: router cannot decode request: %w", err)
	}
	return k.findRoute()
}

// unsupportedError is answered with v4's body, and with Micro-Error so that callers do not take the body for a reply.
type unsupportedError string

// Error returns v4's text (docs/wire.md §3.3).
func (e unsupportedError) Error() string { return "Unsupported Content-Type: " + string(e) }

// readHeader takes over what codecs carry in the body.
func (k *call) readHeader() error {
	r := &k.request
	if !k.codec.Plain() {
		m := codec.Message{Id: k.id, Type: codec.Request, Target: r.service, Method: r.method, Endpoint: r.endpoint, Header: r.Header()}
		if err := k.codec.ReadHeader(&m, codec.Request); err != nil {
			return err
		}
		k.bodyID = m.Id
		if r.endpoint == "" {
			r.endpoint = m.Endpoint
		}
		if r.method == "" {
			r.method = m.Method
		}
	}
	if r.endpoint == "" {
		r.endpoint = r.method
	}
	if r.method == "" {
		r.method = r.endpoint
	}
	return nil
}

func (k *call) findRoute() error {
	streaming := k.marked
	if k.conn.run.opts.Router == nil {
		found, err := k.conn.run.router.find(k.request.endpoint)
		if err != nil {
			return err
		}
		k.route, streaming = found, found.stream
	}
	if streaming {
		k.request.streaming = true
		k.stream = newStream(k)
	} else if k.marked {
		k.key, k.marked = k.id, false // a stream id that leaked into a unary request
	}
	return nil
}

// run serves the call and answers it. It is the call's goroutine.
func (k *call) run() {
	if wg := k.conn.run.wait; wg != nil {
		wg.Add(1)
		defer wg.Done()
	}
	defer k.conn.leave(k)
	if !k.inline {
		k.began = time.Now()
	}
	ctx := k.begin()
	defer ctx.End()
	if k.stream != nil {
		ctx.Done() // its handler asks often how it is: with a timer it need not look at the time
		k.conn.setContext(k.stream, ctx)
	}
	served := false
	defer func() {
		if !served { // the handler ended its goroutine
			k.finish(errs.InternalServerError(mucp.ServerID, "the handler of %s ended without an answer", k.name()))
		}
	}()
	err := k.conn.run.router.guard(ctx, k.name(), func() error { return k.serve(ctx) })
	served = true
	if k.route != nil && k.stream == nil {
		k.route.took(time.Since(k.began))
	}
	k.finish(err)
}

// begin makes the context that the handler gets.
func (k *call) begin() *deadline.Context {
	parent := k.conn.ctx
	if k.token != "" {
		parent = peer.NewContext(parent, peer.Info{Local: k.conn.sock.Local(), Remote: k.conn.sock.Remote(), Token: k.token})
	}
	k.base = base{Context: parent, request: &k.request}
	k.ctx.Begin(&k.base, k.deadline)
	return &k.ctx
}

// base is a connection's context with a request's headers as metadata.
type base struct {
	context.Context //nolint:containedctx // it is one

	request *request
}

// Value implements context.Context.
func (b *base) Value(key any) any {
	if key == (carrier.Key{}) {
		return b.request
	}
	return b.Context.Value(key)
}

func (k *call) serve(ctx context.Context) error {
	switch {
	case k.topic != "":
		msg := newMessage(k.topic, k.request.contentType, k.request.Header(), k.request.raw, k.request.codecs)
		return k.conn.run.process(ctx, msg)
	case k.conn.run.opts.Router != nil:
		return k.conn.run.proxy(ctx, &k.request, &response{call: k})
	case k.stream != nil:
		k.release()
		return k.route.serve(ctx, &k.request, k.stream)
	default:
		return k.serveUnary(ctx)
	}
}

func (k *call) serveUnary(ctx context.Context) error {
	target := k.route.newRequest()
	if len(k.request.raw) > 0 {
		if err := k.codec.ReadBody(target); err != nil {
			return err
		}
	}
	if _, ok := target.(proto.Message); ok && k.codec.Plain() {
		k.request.copied = true
	}
	k.release()
	k.request.body = k.route.argument(target)
	reply := k.route.newResponse()
	if err := k.route.serve(ctx, &k.request, reply); err != nil {
		return err
	}
	return k.encode(reply, k.send)
}

// release gives the request's codec back.
func (k *call) release() {
	if k.codec != nil {
		k.codec.Release()
		k.codec = nil
	}
}

// finish answers what is not answered yet: with err, or with the end of a stream, or with an empty reply.
func (k *call) finish(err error) {
	k.release()
	switch {
	case k.stream != nil:
		k.stream.in.abort(errAnswered)
		if err == nil {
			err = errEOS
		}
		k.fail(err)
	case err != nil:
		k.fail(err)
	default: // an event, or a Router that wrote nothing; after an answer this does nothing
		_ = k.send(nil, nil)
	}
}

var errEOS = errors.New(mucp.EOS)

// expire answers a call whose deadline has passed.
func (k *call) expire() {
	if k.stream != nil {
		k.stream.in.abort(context.DeadlineExceeded)
	}
	k.refuse(errDeadline, nil)
}

// connectionLost ends what waits for the connection.
func (k *call) connectionLost() {
	if k.stream != nil {
		k.stream.in.end(errConnLost)
	}
}
