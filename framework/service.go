package micro

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/signal"
	"sync"
	"syscall"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/server"
)

type service struct {
	mu     sync.RWMutex
	opts   Options
	graph  *graph
	parsed bool  // the first Init has read the command line, or reads it now
	failed error // what was wrong with it

	quit chan struct{} // ends Run beside the context and signals
}

var _ Service = (*service)(nil)

func newService(opts ...Option) *service {
	s := &service{opts: Options{Context: context.Background(), Signal: true, commandLine: true}, quit: make(chan struct{})}
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
	if s.update(opts) {
		s.parse()
	}
}

// update applies options and says whether the command line is to be read now.
func (s *service) update(opts []Option) (parse bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, set := range opts {
		set(&s.opts)
	}
	s.graph.update(&s.opts)
	parse = s.opts.commandLine && !s.parsed
	s.parsed = true
	return parse
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
	if err := s.refused(); err != nil {
		return err
	}
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
	if err := opts.Profile.Start(); err != nil {
		return fmt.Errorf("start profile %s: %w", opts.Profile, err)
	}
	defer func() { err = errors.Join(err, opts.Profile.Stop()) }()
	if err := advertise(opts); err != nil {
		return err
	}
	if err := s.start(opts); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-s.quit:
	}
	return s.stop(opts)
}

// profileKey is the node metadata that says where a profiler listens.
const profileKey = "pprof"

// advertise puts the address of a profiler that has one into the node's metadata, where consoles look for it.
func advertise(opts Options) error {
	p, ok := opts.Profile.(interface{ URL() string })
	if !ok || p.URL() == "" {
		return nil
	}
	metadata := maps.Clone(opts.Server.Options().Metadata)
	if metadata == nil {
		metadata = map[string]string{}
	}
	metadata[profileKey] = p.URL()
	return opts.Server.Init(server.Metadata(metadata))
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
