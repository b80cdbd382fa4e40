package grpc

import (
	"context"
	"maps"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	errs "github.com/microtop/microtop/framework/errors"
	wire "github.com/microtop/microtop/framework/internal/grpc"
	"github.com/microtop/microtop/framework/internal/mucp"
)

// handle serves every call that is not one of gRPC's own services.
func (w *wireServer) handle(_ any, conn grpc.ServerStream) error {
	if !w.desk.Admit() {
		conn.SetTrailer(metadata.Pairs(wire.Draining, "1"))
		return status.Error(codes.Unavailable, errs.InternalServerError(mucp.ServerID, mucp.NotRun).Error())
	}
	defer w.desk.Release()
	return wire.ToStatus(w.serve(conn))
}

func (w *wireServer) serve(conn grpc.ServerStream) error {
	x := &exchange{conn: conn, wire: w}
	if err := w.find(conn, &x.call); err != nil {
		return err
	}
	var err error
	if x.content, err = w.contents.Of(subtypeOf(conn)); err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	if err := x.begin(conn.Context()); err != nil {
		return err
	}
	defer x.call.life.End()
	w.enter(&x.call)
	defer w.leave(&x.call)
	return w.desk.Serve(&x.call.life, &x.request, x)
}

// subtypeOf is the subtype of application/grpc that a call came with. gRPC's own stream knows it; its metadata would be
// copied to be looked at.
func subtypeOf(conn grpc.ServerStream) string {
	if known, ok := grpc.ServerTransportStreamFromContext(conn.Context()).(interface{ ContentSubtype() string }); ok {
		if subtype := known.ContentSubtype(); subtype != "" {
			return subtype
		}
		return wire.Proto
	}
	return wire.SubtypeOf(last(metadata.ValueFromIncomingContext(conn.Context(), "content-type")))
}

// find says what a call is for. What is not there is told as v4's plug-in does.
func (w *wireServer) find(conn grpc.ServerStream, c *call) error {
	path, _ := grpc.MethodFromServerStream(conn)
	handler, method, ok := wire.Endpoint(path)
	if !ok {
		return status.Errorf(codes.Unimplemented, "malformed method name %q: call /package.Service/Method", path)
	}
	known := false
	if c.endpoint, known = w.names.Of(path); !known {
		c.endpoint = handler + "." + method
	}
	if w.routed {
		return nil
	}
	var err error
	if c.stream, err = w.desk.IsStream(c.endpoint); err == nil && !known {
		w.names.Keep(path, c.endpoint)
	}
	if err != nil {
		for _, h := range w.desk.Handlers() {
			if h.Name() == handler {
				return status.Errorf(codes.Unimplemented, "unknown service %s", c.endpoint)
			}
		}
		return status.Errorf(codes.Unimplemented, "unknown service %s", handler)
	}
	if c.stream {
		for _, h := range w.desk.Handlers() {
			c.internal = c.internal || h.Name() == handler && h.Options().Internal
		}
	}
	return nil
}

// begin makes the context of the handler: it ends with the call, the server's life and the caller's deadline.
func (x *exchange) begin(ctx context.Context) error {
	timeout, err := mucp.ParseTimeout(last(metadata.ValueFromIncomingContext(ctx, wire.Timeout)))
	if err != nil {
		return errs.BadRequest(mucp.ServerID, "%v", err)
	}
	var at time.Time
	if timeout > 0 {
		at = time.Now().Add(timeout)
	}
	x.base = base{Context: ctx, server: x.wire.desk.Context(), exchange: x}
	x.request.exchange = x
	x.call.life.Begin(&x.base, at) //nolint:contextcheck // it holds the call's
	return nil
}

// headerOf makes gRPC's metadata the framework's: several values are joined, and what belongs to the one call is left out.
// There is room for two more.
func headerOf(incoming metadata.MD) map[string]string {
	header := make(map[string]string, len(incoming)+2)
	for key, values := range incoming {
		switch key {
		case wire.ContentType, wire.Timeout, wire.DebugToken:
		default:
			header[mucp.Canonical(key)] = strings.Join(values, ", ")
		}
	}
	return header
}

func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// outgoing makes the framework's headers gRPC's metadata.
func outgoing(header map[string]string) metadata.MD {
	md := make(metadata.MD, len(header))
	for key, value := range maps.All(header) {
		md.Append(strings.ToLower(key), value)
	}
	return md
}
