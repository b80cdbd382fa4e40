package server

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/internal/presence"
	"github.com/microtop/microtop/framework/logger"
)

// run is a server between Start and Stop: what stands in front of its wire. Its options do not change.
type run struct {
	driver Driver
	router *router
	opts   Options
	log    *slog.Logger
	codecs *mucp.Codecs
	// contentType is that of messages that name none.
	contentType string
	wait        *sync.WaitGroup // the user's; may be nil

	ctx      context.Context //nolint:containedctx // requests descend from it: it is the run's life
	end      context.CancelFunc
	presence *presence.Presence

	described *routes // what the last record was made of; describe's

	draining atomic.Bool   // new requests are refused
	active   atomic.Int64  // requests and events that run or are about to
	quiet    chan struct{} // told, while draining, that active has become zero

	mu     sync.Mutex
	wire   Wire           // nil before it listens
	events map[string]int // topics whose handlers run
}

var _ Desk = (*run)(nil)

func newRun(s *server, o Options) *run {
	r := &run{
		driver: s.driver, router: s.router, opts: o, log: logger.Slog(o.Logger), wait: o.wait,
		contentType: DefaultContentType, quiet: make(chan struct{}, 1), events: map[string]int{},
	}
	var own map[string]codec.NewCodec
	if typed, ok := s.driver.(Typed); ok {
		own, r.contentType = typed.ContentTypes()
	}
	r.codecs = mucp.NewCodecs(DefaultCodecs, own, o.Codecs)
	r.ctx, r.end = context.WithCancel(NewContext(o.Context, s))
	r.presence = presence.New(r.ctx, presence.Config{
		Registry: o.Registry, Broker: o.Broker, Record: r.describe, Subscriptions: r.subscriptions,
		Check: o.RegisterCheck, TTL: o.RegisterTTL, Interval: o.RegisterInterval, Log: r.log.With("service", o.Name),
	})
	return r
}

// Start listens, connects and registers. After an error everything is closed again.
func (r *run) Start() error {
	w, err := r.driver.Listen(r)
	if err != nil {
		r.end()
		return err
	}
	r.setWire(w)
	if err := r.opts.Broker.Connect(); err != nil {
		r.end()
		_ = w.Close() // the other error says what matters
		return fmt.Errorf("connect broker %s: %w", r.opts.Broker, err)
	}
	r.log.Info("listening", "service", r.opts.Name, "server", r.driver.String(), "address", w.Addr())
	w.Serve()
	r.presence.Start()
	return nil
}

func (r *run) setWire(w Wire) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wire = w
}

// addr is where the run listens; "" before it does.
func (r *run) addr() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wire == nil {
		return ""
	}
	return r.wire.Addr()
}

// Options implements Desk.
func (r *run) Options() Options { return r.opts }

// Logger implements Desk.
func (r *run) Logger() *slog.Logger { return r.log }

// Context implements Desk.
func (r *run) Context() context.Context { return r.ctx }

// Handlers implements Desk.
func (r *run) Handlers() []Handler { return slices.Clone(r.router.routes.Load().handlers) }

// Admit implements Desk.
func (r *run) Admit() bool { return r.admit() }

// Release implements Desk.
func (r *run) Release() { r.release() }

// IsStream implements Desk.
func (r *run) IsStream(endpoint string) (bool, error) {
	found, err := r.router.find(endpoint)
	if err != nil {
		return false, err
	}
	return found.stream, nil
}

// Serve implements Desk.
func (r *run) Serve(ctx context.Context, req Request, rsp Response) error {
	if r.wait != nil {
		r.wait.Add(1)
		defer r.wait.Done()
	}
	if r.opts.Router == nil {
		return r.router.ServeRequest(ctx, req, rsp)
	}
	return r.router.guard(ctx, req.Endpoint(), func() error { return r.proxy(ctx, req, rsp) })
}

// admit counts a request in, unless the server drains.
func (r *run) admit() bool {
	r.active.Add(1)
	if r.draining.Load() {
		r.release()
		return false
	}
	return true
}

// release counts a request out.
func (r *run) release() {
	if r.active.Add(-1) == 0 && r.draining.Load() {
		select {
		case r.quiet <- struct{}{}:
		default: // it is told already
		}
	}
}

// noteEvent notes that a topic's handlers run, and returns what takes the note back.
func (r *run) noteEvent(topic string) func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events[topic]++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.events[topic]--; r.events[topic] == 0 {
			delete(r.events, topic)
		}
	}
}

// proxy gives a request to the user's Router, with the handler wrappers around it.
func (r *run) proxy(ctx context.Context, req Request, rsp Response) error {
	serve := func(ctx context.Context, req Request, rsp any) error {
		answer, ok := rsp.(Response)
		if !ok {
			return fmt.Errorf("a wrapper passed a %T to the router: it takes the Response it was given", rsp)
		}
		return r.opts.Router.ServeRequest(ctx, req, answer)
	}
	return wrapped(serve, r.opts.HdlrWrappers)(ctx, req, rsp)
}
