package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"github.com/microtop/microtop/framework/internal/lifecycle"
	"github.com/microtop/microtop/framework/registry"
)

type service struct {
	lives lifecycle.Lives[*run]
	calls caller

	mu       sync.Mutex
	opts     Options
	mux      *http.ServeMux
	patterns []string // what was handled, in the order in which it came
	used     *http.Server
}

var _ Service = (*service)(nil)

func newService(opts ...Option) *service {
	return &service{opts: newOptions(opts...), mux: http.NewServeMux()}
}

// Init implements Service.
func (s *service) Init(opts ...Option) error {
	s.mu.Lock()
	for _, set := range opts {
		set(&s.opts)
	}
	s.opts = s.opts.withDefaults()
	of := s.opts.Service
	s.mu.Unlock()
	of.Init()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.takeFlags()
	return nil
}

// takeFlags takes over what the command line or a variable said.
func (o *Options) takeFlags() {
	given, from := o.Service.Options().Cmd.App().PersistentFlags(), o.Service.Server().Options()
	for name, take := range map[string]func(){
		"server-name":       func() { o.Name = from.Name },
		"server-version":    func() { o.Version = from.Version },
		"server-id":         func() { o.Id = from.Id },
		"server-address":    func() { o.Address = from.Address },
		"server-advertise":  func() { o.Advertise = from.Advertise },
		"register-ttl":      func() { o.RegisterTTL = from.RegisterTTL },
		"register-interval": func() { o.RegisterInterval = from.RegisterInterval },
		"registry":          func() { o.Registry = from.Registry },
	} {
		if given.Changed(name) {
			take()
		}
	}
}

// registry is where the service registers.
func (o *Options) registry() registry.Registry {
	if o.Registry != nil {
		return o.Registry
	}
	return o.Service.Options().Registry
}

// Options implements Service.
func (s *service) Options() Options {
	o := s.options()
	if r, ok := s.lives.Current(); ok {
		if addr := r.addr(); addr != "" {
			o.Address = addr
		}
	}
	return o
}

func (s *service) options() Options {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts
}

// Client implements Service.
func (s *service) Client() *http.Client {
	o := s.options()
	return s.calls.client(o.registry(), o.TLSConfig)
}

// Handle implements Service.
func (s *service) Handle(pattern string, handler http.Handler) {
	s.mux.Handle(pattern, handler) // panics before anything is noted
	s.mu.Lock()
	defer s.mu.Unlock()
	s.patterns = append(slices.Clone(s.patterns), pattern)
}

// HandleFunc implements Service.
func (s *service) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	s.Handle(pattern, http.HandlerFunc(handler))
}

// endpoints are the patterns as they are registered.
func (s *service) endpoints() []*registry.Endpoint {
	s.mu.Lock()
	patterns := s.patterns
	s.mu.Unlock()
	all := make([]*registry.Endpoint, 0, len(patterns))
	for _, pattern := range patterns {
		all = append(all, &registry.Endpoint{Name: pattern, Metadata: map[string]string{}})
	}
	return all
}

// Start implements Service.
func (s *service) Start() error {
	return s.lives.Start(func() *run { return newRun(s, s.options()) })
}

// Stop implements Service.
func (s *service) Stop() error {
	return errors.Join(s.lives.Stop(), s.calls.close())
}

// Run implements Service.
func (s *service) Run() error {
	o := s.options()
	ctx := o.Context
	if o.Signal {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
		defer stop()
	}
	if err := s.Start(); err != nil {
		return err
	}
	<-ctx.Done()
	return s.Stop()
}

// claim notes that an http.Server of the user's is used, which can be done once.
func (s *service) claim(h *http.Server) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h != nil && s.used == h {
		return fmt.Errorf("web: the http.Server of the option Server has been stopped, and serves once: give Init a new one before Start")
	}
	s.used = h
	return nil
}
