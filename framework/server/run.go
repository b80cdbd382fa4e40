package server

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/internal/presence"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/transport"
)

// run is a server between Start and Stop. Its options do not change.
type run struct {
	server *server
	router *router
	opts   Options
	log    *slog.Logger
	codecs *mucp.Codecs
	wait   *sync.WaitGroup // the user's; may be nil

	streamsPerConn int
	unread         time.Duration   // how long a stream's handler may take no frame while more come
	ctx            context.Context //nolint:containedctx // requests descend from it: it is the run's life
	end            context.CancelFunc
	presence       *presence.Presence
	group          sync.WaitGroup // the accepting, and the readers of connections

	draining atomic.Bool   // new requests are refused
	active   atomic.Int64  // requests and events that run or are about to
	quiet    chan struct{} // told, while draining, that active has become zero

	listener transport.Listener

	mu     sync.Mutex
	conns  map[*conn]struct{} // nil once closed
	events map[string]int     // topics whose handlers run
	where  string             // where it listens
}

func newRun(s *server, o Options) *run {
	r := &run{
		server: s, router: s.router, opts: o, log: logger.Slog(o.Logger), wait: o.wait,
		codecs:         mucp.NewCodecs(DefaultCodecs, o.Codecs),
		streamsPerConn: o.Transport.Options().Limits().StreamsPerConn, unread: o.Transport.Options().Limits().IdleTimeout,
		quiet: make(chan struct{}, 1),
		conns: map[*conn]struct{}{}, events: map[string]int{},
	}
	r.ctx, r.end = context.WithCancel(NewContext(o.Context, s))
	r.presence = presence.New(r.ctx, presence.Config{
		Registry: o.Registry, Broker: o.Broker, Record: r.describe, Subscriptions: r.subscriptions,
		Check: o.RegisterCheck, TTL: o.RegisterTTL, Interval: o.RegisterInterval, Log: r.log.With("service", o.Name),
	})
	return r
}

// Start listens, connects and registers. After an error everything is closed again.
func (r *run) Start() error {
	if r.opts.TLSConfig != nil {
		if err := r.opts.Transport.Init(transport.Secure(true), transport.TLSConfig(r.opts.TLSConfig)); err != nil {
			return r.abandon(fmt.Errorf("set up TLS of transport %s: %w", r.opts.Transport, err))
		}
	}
	listener, err := r.opts.Transport.Listen(r.opts.Address, r.opts.ListenOptions...)
	if err != nil {
		return r.abandon(fmt.Errorf("listen on %s with transport %s: %w", r.opts.Address, r.opts.Transport, err))
	}
	r.listener = listener
	r.setAddr(listener.Addr())
	if err := r.opts.Broker.Connect(); err != nil {
		return r.abandon(fmt.Errorf("connect broker %s: %w", r.opts.Broker, err))
	}
	r.log.Info("listening", "service", r.opts.Name, "transport", r.opts.Transport.String(), "address", listener.Addr())
	r.group.Go(func() {
		if err := listener.Accept(r.serve); err != nil {
			r.log.Error("accept", "address", listener.Addr(), "error", err)
		}
	})
	r.presence.Start()
	return nil
}

// abandon undoes a start that failed.
func (r *run) abandon(err error) error {
	r.end()
	if r.listener != nil {
		_ = r.listener.Close() // err says what matters
	}
	return err
}

func (r *run) setAddr(addr string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.where = addr
}

func (r *run) addr() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.where
}

// serve serves one connection, in the transport's goroutine.
func (r *run) serve(sock transport.Socket) {
	c := newConn(r, sock)
	r.mu.Lock()
	closed := r.conns == nil
	if !closed {
		r.conns[c] = struct{}{}
		r.group.Add(1)
	}
	r.mu.Unlock()
	if closed {
		c.end(errConnLost)
		_ = sock.Close() // nobody waits for it
		return
	}
	defer r.group.Done()
	c.serve()
}

// forget lets go of a connection that is lost and on which nothing runs any more.
func (r *run) forget(c *conn) {
	if len(c.running()) > 0 {
		return // its last call comes here too
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
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
