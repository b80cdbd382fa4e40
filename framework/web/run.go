package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/internal/httpd"
	"github.com/microtop/microtop/framework/internal/listen"
	"github.com/microtop/microtop/framework/internal/presence"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
)

// grace is how long a deregistered service still serves as usual, so that callers hear from the registry first. Without
// connections there is nobody to wait for.
const grace = 100 * time.Millisecond

// run is a service between Start and Stop. Its options do not change.
type run struct {
	service  *service
	opts     Options
	log      *slog.Logger
	presence *presence.Presence
	end      context.CancelFunc
	static   *os.Root // nil if no files are served

	mu     sync.Mutex
	server *httpd.Server // nil before it listens
}

func newRun(s *service, o Options) *run {
	r := &run{service: s, opts: o, log: logger.Slog(o.Logger)}
	ctx, end := context.WithCancel(context.WithoutCancel(o.Context))
	r.end = end
	r.presence = presence.New(ctx, presence.Config{
		Registry: o.registry(), Record: r.describe, Subscriptions: func() []presence.Subscription { return nil },
		Check: o.RegisterCheck, TTL: o.RegisterTTL, Interval: o.RegisterInterval, Log: r.log.With("service", o.Name),
	})
	return r
}

// Start implements lifecycle.Run.
func (r *run) Start() error {
	if err := r.listen(); err != nil {
		r.end()
		return err
	}
	for _, fn := range r.opts.AfterStart {
		if err := fn(); err != nil {
			return errors.Join(err, r.close())
		}
	}
	return nil
}

// listen listens, serves and registers. After an error nothing is open.
func (r *run) listen() error {
	for _, fn := range r.opts.BeforeStart {
		if err := fn(); err != nil {
			return err
		}
	}
	listener, err := listen.TCP(r.opts.Context, r.opts.Address)
	if err != nil {
		return fmt.Errorf("web service %s: %w", r.opts.Name, err)
	}
	handler, err := r.handler()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := r.service.claim(r.opts.Server); err != nil {
		return errors.Join(err, listener.Close(), r.closeFiles())
	}
	served, err := httpd.New(listener, httpd.Config{
		Handler: handler, Server: r.opts.Server, Limits: r.opts.Limits, Secure: r.opts.Secure, TLS: r.opts.TLSConfig, Log: r.log,
	})
	if err != nil {
		return errors.Join(err, listener.Close(), r.closeFiles())
	}
	r.mu.Lock()
	r.server = served
	r.mu.Unlock()
	r.log.Info("listening", "service", r.opts.Name, "server", "web", "address", served.Addr())
	served.Serve()
	r.presence.Start()
	return nil
}

// handler is what serves a request: the pattern it fits, else the user's handler, else a static file.
func (r *run) handler() (http.Handler, error) {
	mux, rest := r.service.mux, r.opts.Handler
	if rest == nil && r.opts.StaticDir != "" {
		root, err := os.OpenRoot(r.opts.StaticDir) // what is served stays below it, whatever links there are
		switch {
		case err == nil:
			r.static = root
			rest = http.FileServerFS(root.FS())
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("web service %s: static files: %w", r.opts.Name, err)
		}
	}
	if rest == nil {
		return mux, nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if _, pattern := mux.Handler(req); pattern != "" {
			mux.ServeHTTP(w, req)
			return
		}
		rest.ServeHTTP(w, req)
	}), nil
}

// addr is where the run listens; "" before it does.
func (r *run) addr() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.server == nil {
		return ""
	}
	return r.server.Addr()
}

// describe returns the record to register.
func (r *run) describe(*registry.Service) *registry.Service {
	o := r.opts
	metadata := map[string]string{"protocol": "http"}
	maps.Copy(metadata, o.Metadata)
	return &registry.Service{
		Name: o.Name, Version: o.Version, Endpoints: r.service.endpoints(),
		Nodes: []*registry.Node{{Id: o.Id, Address: presence.Address(o.Advertise, r.addr()), Metadata: metadata}},
	}
}

// Interrupt implements lifecycle.Run.
func (r *run) Interrupt() { r.presence.Interrupt() }

// Interrupted implements lifecycle.Run.
func (r *run) Interrupted() bool { return r.presence.Interrupted() }

// Stop implements lifecycle.Run: every step is taken, whatever the others return.
func (r *run) Stop() error {
	return errors.Join(all(r.opts.BeforeStop), r.close(), all(r.opts.AfterStop))
}

func all(fns []func() error) error {
	var failed []error
	for _, fn := range fns {
		failed = append(failed, fn())
	}
	return errors.Join(failed...)
}

// close deregisters, drains and closes.
func (r *run) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), cmp.Or(max(r.opts.DrainTimeout, 0), DefaultDrainTimeout))
	defer cancel()
	failed := []error{r.presence.Leave(ctx)}
	r.server.Leave()
	if r.server.Peers() > 0 {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	if err := r.server.Close(ctx); err != nil {
		failed = append(failed, fmt.Errorf("web service %s: requests still ran at the drain deadline (%s): %w", r.opts.Name, r.opts.DrainTimeout, err))
	}
	r.end()
	return errors.Join(append(failed, r.closeFiles())...)
}

func (r *run) closeFiles() error {
	if r.static == nil {
		return nil
	}
	return r.static.Close()
}
