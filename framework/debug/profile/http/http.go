// Package http is a profiler that serves the process's profiles over HTTP, to programs of the same host only.
//
// Start with [NewProfile]; [Server] says at which address it listens. Profiles for callers on other hosts, with a
// token, are Debug.Profile's work.
package http

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/debug/profile"
	"github.com/microtop/microtop/framework/limits"
)

// DefaultAddress is where profilers listen, as host:port; it is read by NewProfile. The host must be a loopback
// address or localhost. Port 0, the default, means a free one.
var DefaultAddress = "127.0.0.1:0"

// stopTimeout is how long Stop waits for answers under way. Recordings end at once.
const stopTimeout = 2 * time.Second

// Server is a profiler that says where it listens; NewProfile's result is one.
type Server interface {
	profile.Profile
	// URL is what go tool pprof takes before a profile's name, "http://127.0.0.1:43210/debug/pprof"; "" while stopped.
	URL() string
}

// NewProfile returns a profiler that serves /debug/pprof/ at DefaultAddress from Start to Stop:
//
//	/debug/pprof/                     the profiles there are
//	/debug/pprof/profile?seconds=30   the processor's use over that time
//	/debug/pprof/trace?seconds=1      the execution trace over that time
//	/debug/pprof/heap?gc=1            any of runtime/pprof's profiles; debug=1 for text
//
// It is a server of its own; http.DefaultServeMux gets no handler. The command line, which may hold secrets, is not
// served. Requests under a name that is not this host's, and those of web pages, are refused.
func NewProfile(opts ...profile.Option) profile.Profile {
	options := profile.Options{Name: "pprof"}
	for _, set := range opts {
		set(&options)
	}
	return &server{address: DefaultAddress, handler: routes(options.Name)}
}

type server struct {
	address string
	handler http.Handler

	mu   sync.Mutex // one start or stop at a time
	live *live      // nil while stopped
}

// live is one run of the server.
type live struct {
	url  string
	http *http.Server
	end  context.CancelFunc // ends recordings
	err  error              // why serving ended, after done
	done sync.WaitGroup
}

var _ Server = (*server)(nil)

// Start implements profile.Profile. Starting a started one does nothing.
func (s *server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live != nil {
		return nil
	}
	listener, err := listen(s.address)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	ctx, end := context.WithCancel(context.Background())
	bounds := limits.Default()
	l := &live{
		url: "http://" + listener.Addr().String() + root,
		end: end,
		http: &http.Server{
			Handler:           s.handler,
			BaseContext:       func(net.Listener) context.Context { return ctx },
			ReadHeaderTimeout: bounds.HeaderReadTimeout,
			ReadTimeout:       bounds.BodyTimeout,
			WriteTimeout:      maxSeconds*time.Second + bounds.BodyTimeout,
			IdleTimeout:       bounds.IdleTimeout,
			MaxHeaderBytes:    bounds.HeaderBytes,
		},
	}
	l.done.Go(func() { l.err = l.http.Serve(listener) })
	s.live = l
	return nil
}

// Stop implements profile.Profile. Stopping a stopped one does nothing.
func (s *server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.live
	if l == nil {
		return nil
	}
	s.live = nil
	l.end()
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	err := l.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = l.http.Close() // a reader that takes nothing must not hold the program
	}
	l.done.Wait()
	if !errors.Is(l.err, http.ErrServerClosed) {
		err = errors.Join(err, l.err)
	}
	if err != nil {
		return fmt.Errorf("profile: stop: %w", err)
	}
	return nil
}

// URL implements Server.
func (s *server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil {
		return ""
	}
	return s.live.url
}

// String implements profile.Profile.
func (s *server) String() string { return "http" }

// listen opens the address if only this host can reach it.
func listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	if !loopback(host) {
		return nil, fmt.Errorf("address %q is not this host's alone: use 127.0.0.1 here, and Debug.Profile with a token from other hosts", address)
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	if host, _, err = net.SplitHostPort(listener.Addr().String()); err != nil || !loopback(host) { // a hosts file may say anything
		return nil, errors.Join(fmt.Errorf("address %q is %s, not this host's alone: use 127.0.0.1", address, listener.Addr()), listener.Close())
	}
	return listener, nil
}

// loopback reports whether a host names this host only.
func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
