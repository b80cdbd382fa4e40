package server

import (
	"errors"
	"slices"
	"sync"

	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/logger"
)

// server is the default server. What lives from Start to Stop is in its run.
type server struct {
	router *router

	mu   sync.Mutex
	opts Options
	run  *run // nil while stopped
}

var (
	_ Server = (*server)(nil)
	_ Lister = (*server)(nil)
)

func newServer(opts ...Option) Server {
	o := newOptions(opts...)
	s := &server{opts: o, router: newRouter(logger.Slog(o.Logger))}
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
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.opts
	if s.run != nil {
		if addr := s.run.addr(); addr != "" {
			o.Address = addr
		}
	}
	return o
}

// Handle implements Server.
func (s *server) Handle(h Handler) error { return s.router.Handle(h) }

// NewHandler implements Server.
func (s *server) NewHandler(h any, opts ...HandlerOption) Handler { return newHandler(h, opts...) }

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
func (s *server) String() string { return mucp.Name }

// Start implements Server.
func (s *server) Start() error {
	for {
		r, mine := s.claim()
		if mine {
			r.startErr = r.start()
			if r.startErr != nil {
				s.forget(r)
				close(r.stopped)
			}
			close(r.started)
			return r.startErr
		}
		<-r.started
		if !r.isStopping() {
			return r.startErr
		}
		<-r.stopped // one is just ending: begin after it
	}
}

// claim returns the run under way, or a new one that the caller has to start.
func (s *server) claim() (r *run, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != nil {
		return s.run, false
	}
	s.run = newRun(s, s.opts)
	return s.run, true
}

func (s *server) forget(r *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == r {
		s.run = nil
	}
}

// Stop implements Server.
func (s *server) Stop() error {
	s.mu.Lock()
	r := s.run
	s.mu.Unlock()
	if r == nil {
		return nil
	}
	r.stopOnce.Do(func() {
		r.beginStop()
		<-r.started
		if r.startErr == nil {
			r.stopErr = r.stop()
			s.forget(r)
			close(r.stopped)
		}
	})
	<-r.stopped
	return r.stopErr
}

// errNotStopped begins the error of a Stop that had to leave something running.
var errNotStopped = errors.New("stop: still running at the drain deadline")
