package server

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/microtop/microtop/framework/internal/lifecycle"
	"github.com/microtop/microtop/framework/logger"
)

// server is what every kind of server is. What lives from Start to Stop is in its run.
type server struct {
	driver Driver
	router *router

	mu   sync.Mutex
	opts Options

	lives lifecycle.Lives[*run]
}

var (
	_ Server = (*server)(nil)
	_ Lister = (*server)(nil)
)

func newServer(opts ...Option) Server { return newServerOf(mucpDriver{}, opts...) }

func newServerOf(driver Driver, opts ...Option) Server {
	o := newOptions(opts...)
	s := &server{driver: driver, opts: o, router: newRouter(logger.Slog(o.Logger))}
	if _, ok := driver.(Maker); ok {
		s.router.methods = func(any) ([]*method, error) { return nil, nil }
	}
	_ = s.router.configure(o) // there is nothing yet to wrap
	return s
}

// Init implements Server.
func (s *server) Init(opts ...Option) error {
	s.mu.Lock()
	for _, set := range opts {
		set(&s.opts)
	}
	s.opts = s.opts.withDefaults()
	o := s.opts
	s.mu.Unlock()
	return s.router.configure(o)
}

// Options implements Server.
func (s *server) Options() Options {
	o := s.options()
	if r, ok := s.lives.Current(); ok {
		if addr := r.addr(); addr != "" {
			o.Address = addr
		}
	}
	return o
}

func (s *server) options() Options {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts
}

// Handle implements Server.
func (s *server) Handle(h Handler) error {
	if maker, ok := s.driver.(Maker); ok && h != nil {
		if err := maker.Accept(h); err != nil {
			if h.Options().Internal {
				return nil
			}
			return fmt.Errorf("handle: %w", err)
		}
	}
	return s.router.Handle(h)
}

// NewHandler implements Server.
func (s *server) NewHandler(h any, opts ...HandlerOption) Handler {
	if maker, ok := s.driver.(Maker); ok {
		return maker.NewHandler(h, opts...)
	}
	return newHandler(h, opts...)
}

// NewSubscriber implements Server.
func (s *server) NewSubscriber(topic string, sb any, opts ...SubscriberOption) Subscriber {
	return newSubscriber(topic, sb, opts...)
}

// Subscribe implements Server.
func (s *server) Subscribe(sb Subscriber) error { return s.router.Subscribe(sb) }

// Handlers implements Lister.
func (s *server) Handlers() []Handler { return slices.Clone(s.router.routes.Load().handlers) }

// Subscribers implements Lister.
func (s *server) Subscribers() []Subscriber {
	return slices.Clone(s.router.routes.Load().subscribers)
}

// String implements Server.
func (s *server) String() string { return s.driver.String() }

// Start implements Server.
func (s *server) Start() error {
	return s.lives.Start(func() *run { return newRun(s, s.options()) })
}

// Stop implements Server.
func (s *server) Stop() error { return s.lives.Stop() }

// errNotStopped begins the error of a Stop that had to leave something running.
var errNotStopped = errors.New("stop: still running at the drain deadline")
