// Package handler is the debug service: Health, Stats, Log and Trace as v4 has them, and Schema, Profile and Info.
//
// Health, Stats, Schema and Info answer anyone who can reach the port. Profile, Log and Trace answer callers on this
// host, and others only with the token. [Register] adds the service to a server as an internal handler: it is
// callable, but not in the registry, and the program's wrappers do not run around it.
package handler

import (
	"context"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/debug/log"
	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/framework/debug/stats"
	"github.com/microtop/microtop/framework/debug/trace"
	"github.com/microtop/microtop/framework/server"
)

// Name is the handler's name in endpoints.
const Name = "Debug"

// Options say what the debug service reads. Nil fields mean the package's defaults.
type Options struct {
	Log    log.Log
	Stats  stats.Stats
	Tracer trace.Tracer
	// Token, if not empty, opens Profile, Log and Trace to callers on other hosts that send it as Micro-Debug-Token.
	Token string
	// TokenAlways asks callers on this host for the token too: for hosts with local proxies or sidecars.
	TokenAlways bool
	// Server is what Schema and Info describe.
	Server server.Server
}

// Debug is the service. Safe for concurrent use.
type Debug struct {
	opts    Options
	started time.Time
}

// NewHandler returns a debug service over the package defaults, for programs that register it themselves.
// The client is not used; v4 has the argument.
func NewHandler(client.Client) *Debug { return New(Options{}) }

// New returns a debug service.
func New(opts Options) *Debug {
	if opts.Log == nil {
		opts.Log = log.DefaultLog
	}
	if opts.Stats == nil {
		opts.Stats = stats.DefaultStats
	}
	if opts.Tracer == nil {
		opts.Tracer = trace.DefaultTracer
	}
	return &Debug{opts: opts, started: time.Now()}
}

// Register adds the debug service to s as an internal handler.
func Register(s server.Server, opts Options) error {
	opts.Server = s
	if opts.Tracer == nil {
		opts.Tracer = s.Options().Tracer
	}
	descriptor := pb.File_framework_debug_proto_debug_proto.Services().ByName(Name)
	return s.Handle(s.NewHandler(New(opts), server.InternalHandler(true), server.HandlerDescriptor(descriptor)))
}

// Health answers "ok": a service that answers is well.
func (d *Debug) Health(_ context.Context, _ *pb.HealthRequest, rsp *pb.HealthResponse) error {
	rsp.Status = "ok"
	return nil
}

// Stats answers with the counters and the runtime's vital signs of now.
func (d *Debug) Stats(_ context.Context, _ *pb.StatsRequest, rsp *pb.StatsResponse) error {
	samples, err := d.opts.Stats.Read()
	if err != nil || len(samples) == 0 {
		return err
	}
	s := samples[len(samples)-1]
	rsp.Timestamp, rsp.Started, rsp.Uptime = unsigned(s.Timestamp), unsigned(s.Started), unsigned(s.Uptime)
	rsp.Memory, rsp.Threads, rsp.Gc = s.Memory, s.Threads, s.GC
	rsp.Requests, rsp.Errors = s.Requests, s.Errors
	return nil
}

func unsigned(n int64) uint64 { return uint64(max(n, 0)) }

// Trace answers with the kept spans, the last of them if they are more than an answer may hold.
func (d *Debug) Trace(ctx context.Context, req *pb.TraceRequest, rsp *pb.TraceResponse) error {
	if err := d.authorize(ctx, "Trace"); err != nil {
		return err
	}
	spans, err := d.opts.Tracer.Read(trace.ReadTrace(req.GetId()))
	if err != nil {
		return err
	}
	rsp.Spans = answerOf(spans)
	return nil
}

// Log sends the kept records, and then those to come if the request asks for a stream.
func (d *Debug) Log(ctx context.Context, stream server.Stream) error {
	if err := d.authorize(ctx, "Log"); err != nil {
		return err
	}
	req := new(pb.LogRequest)
	if err := stream.Recv(req); err != nil {
		return err
	}
	var follow log.Stream
	if req.GetStream() {
		var err error
		if follow, err = d.opts.Log.Stream(); err != nil {
			return err
		}
		defer func() { _ = follow.Stop() }()
	}
	options := []log.ReadOption{log.Count(int(req.GetCount()))}
	if req.GetSince() > 0 {
		options = append(options, log.Since(time.Unix(req.GetSince(), 0)))
	}
	records, err := d.opts.Log.Read(options...)
	if err != nil {
		return err
	}
	for _, r := range records {
		if err := stream.Send(message(r)); err != nil {
			return err
		}
	}
	if follow == nil {
		return nil
	}
	return forward(ctx, follow, stream)
}

func forward(ctx context.Context, from log.Stream, to server.Stream) error {
	for {
		select {
		case <-ctx.Done():
			return nil // the caller left
		case r, open := <-from.Chan():
			if !open {
				return nil
			}
			if err := to.Send(message(r)); err != nil {
				return err
			}
		}
	}
}
