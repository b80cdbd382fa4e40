package micro

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"sync"
	"syscall"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/server"
)

type service struct {
	mu    sync.RWMutex
	opts  Options
	graph *graph
}

var _ Service = (*service)(nil)

func newService(opts ...Option) *service {
	s := &service{opts: Options{Context: context.Background(), Signal: true}}
	for _, set := range opts {
		set(&s.opts)
	}
	s.graph = build(&s.opts)
	return s
}

// Name implements Service.
func (s *service) Name() string { return s.Server().Options().Name }

// Init implements Service.
func (s *service) Init(opts ...Option) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, set := range opts {
		set(&s.opts)
	}
	s.graph.update(&s.opts)
}

// Options implements Service.
func (s *service) Options() Options {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.opts
}

// Client implements Service.
func (s *service) Client() client.Client { return s.Options().Client }

// Server implements Service.
func (s *service) Server() server.Server { return s.Options().Server }

// String implements Service.
func (s *service) String() string { return "micro" }

// Run implements Service. The first failing hook ends the start; whatever was started is stopped again.
func (s *service) Run() (err error) {
	opts := s.Options()
	ctx := opts.Context
	if opts.Signal {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
		defer stop()
	}
	if err := s.graph.serveDebug(opts); err != nil {
		return err
	}
	if opts.Profile != nil {
		if err := opts.Profile.Start(); err != nil {
			return fmt.Errorf("start profile %s: %w", opts.Profile, err)
		}
		defer func() { err = errors.Join(err, opts.Profile.Stop()) }()
	}
	if err := s.start(opts); err != nil {
		return err
	}
	<-ctx.Done()
	return s.stop(opts)
}

func (s *service) start(opts Options) error {
	if err := hooks(opts.BeforeStart); err != nil {
		return err
	}
	if err := opts.Server.Start(); err != nil {
		return errors.Join(err, s.graph.close())
	}
	if err := hooks(opts.AfterStart); err != nil {
		return errors.Join(err, opts.Server.Stop(), s.graph.close())
	}
	return nil
}

// stop runs every step, whatever the others return.
func (s *service) stop(opts Options) error {
	failed := []error{allHooks(opts.BeforeStop), opts.Server.Stop(), allHooks(opts.AfterStop)}
	return errors.Join(append(failed, s.graph.close())...)
}

func hooks(fns []func() error) error {
	for _, fn := range fns {
		if err := fn(); err != nil {
			return err
		}
	}
	return nil
}

func allHooks(fns []func() error) error {
	var failed []error
	for _, fn := range fns {
		failed = append(failed, fn())
	}
	return errors.Join(failed...)
}

func closeIf(v any) error {
	if c, ok := v.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
