package grpc

import (
	"context"
	"maps"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	grpcpeer "google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/deadline"
	wire "github.com/microtop/microtop/framework/internal/grpc"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/internal/peer"
	micrometadata "github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server"
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
	x := &exchange{conn: conn}
	if err := w.find(conn, &x.call); err != nil {
		return err
	}
	incoming, _ := metadata.FromIncomingContext(conn.Context())
	var err error
	if x.content, err = w.contents.Of(wire.SubtypeOf(last(incoming, "content-type"))); err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	header := headerOf(incoming)
	if err := w.begin(&x.call.life, conn.Context(), incoming, header); err != nil {
		return err
	}
	defer x.call.life.End()
	w.enter(&x.call)
	defer w.leave(&x.call)
	x.ctx = &x.call.life
	x.request = request{exchange: x, header: header, contentType: contentTypeOf(incoming)}
	return w.desk.Serve(x.ctx, &x.request, x)
}

// find says what a call is for. What is not there is told as v4's plug-in does.
func (w *wireServer) find(conn grpc.ServerStream, c *call) error {
	path, _ := grpc.MethodFromServerStream(conn)
	handler, method, ok := wire.Endpoint(path)
	if !ok {
		return status.Errorf(codes.Unimplemented, "malformed method name %q: call /package.Service/Method", path)
	}
	c.endpoint = handler + "." + method
	if w.desk.Options().Router != nil {
		return nil
	}
	var err error
	if c.stream, err = w.desk.IsStream(c.endpoint); err != nil {
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

// begin makes life the context of a handler: it ends with the call, the server's life and the caller's deadline. It sets
// who the ends are in the header.
//
//nolint:revive // life is what is made
func (w *wireServer) begin(life *deadline.Context, ctx context.Context, incoming metadata.MD, header micrometadata.Metadata) error {
	timeout, err := mucp.ParseTimeout(last(incoming, wire.Timeout))
	if err != nil {
		return errs.BadRequest(mucp.ServerID, "%v", err)
	}
	info := peer.Info{Token: last(incoming, wire.DebugToken)}
	if p, ok := grpcpeer.FromContext(ctx); ok {
		ends := w.listener.endsOf(p)
		info.Remote, info.Local = ends.remote, ends.local
	}
	header[mucp.Local], header[mucp.Remote] = info.Local, info.Remote
	if s, ok := server.FromContext(w.desk.Context()); ok { //nolint:contextcheck // the server is known there
		ctx = server.NewContext(ctx, s)
	}
	ctx = micrometadata.NewContext(peer.NewContext(ctx, info), header)
	var at time.Time
	if timeout > 0 {
		at = time.Now().Add(timeout)
	}
	life.Begin(ctx, at)
	return nil
}

// headerOf makes gRPC's metadata the framework's: several values are joined, and what belongs to the one call is left out.
func headerOf(incoming metadata.MD) micrometadata.Metadata {
	header := make(micrometadata.Metadata, len(incoming)+2)
	for key, values := range incoming {
		switch key {
		case wire.ContentType, wire.Timeout, wire.DebugToken:
		default:
			header[mucp.Canonical(key)] = strings.Join(values, ", ")
		}
	}
	return header
}

// contentTypeOf is the framework's content type of a call.
func contentTypeOf(incoming metadata.MD) string {
	if own := last(incoming, wire.ContentType); own != "" {
		return own
	}
	return last(incoming, "content-type")
}

func last(md metadata.MD, key string) string {
	values := md.Get(key)
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
