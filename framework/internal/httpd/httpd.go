// Package httpd serves an http.Handler within the framework's limits, and ends without breaking off what runs.
// Start with [New].
package httpd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"golang.org/x/net/netutil"

	"github.com/microtop/microtop/framework/internal/certificate"
	"github.com/microtop/microtop/framework/limits"
)

// Config says what is served, and how.
type Config struct {
	Handler http.Handler
	// Server, if not nil, is used in place of a new one: what it says of times, sizes and logs wins over the limits.
	Server *http.Server
	Limits limits.Limits
	// MaxBody bounds the body of a request, in bytes; zero or less is no bound.
	MaxBody int64
	// Secure asks for TLS, with a self-signed certificate if TLS has none. TLS alone asks for it too.
	Secure bool
	TLS    *tls.Config
	Log    *slog.Logger
}

// Server is a handler being served, from New to Close.
type Server struct {
	config   Config
	http     *http.Server
	listener net.Listener
	conns    atomic.Int64
	leaving  atomic.Bool
	serving  sync.WaitGroup
}

// New takes over the listener. Nothing is served before Serve.
func New(listener net.Listener, c Config) (*Server, error) {
	c.Limits = c.Limits.WithDefaults()
	s := &Server{config: c, http: c.Server}
	if s.http == nil {
		s.http = new(http.Server)
	}
	s.bound()
	if err := s.secure(listener.Addr()); err != nil {
		return nil, err
	}
	if c.Limits.Conns > 0 {
		listener = netutil.LimitListener(listener, c.Limits.Conns)
	}
	s.listener = &counted{Listener: listener, conns: &s.conns}
	s.http.Handler = http.HandlerFunc(s.serve)
	return s, nil
}

// bound gives the server the limits that it says nothing of.
func (s *Server) bound() {
	l, h := s.config.Limits, s.http
	if h.ReadHeaderTimeout == 0 {
		h.ReadHeaderTimeout = max(l.HeaderReadTimeout, 0)
	}
	if h.IdleTimeout == 0 {
		h.IdleTimeout = max(l.IdleTimeout, 0)
	}
	if h.MaxHeaderBytes == 0 {
		h.MaxHeaderBytes = max(l.HeaderBytes, 0)
	}
	if h.ErrorLog == nil {
		h.ErrorLog = slog.NewLogLogger(s.config.Log.Handler(), slog.LevelDebug) // what peers do wrong
	}
}

// secure sets up TLS if it is asked for: version 1.2 or later.
func (s *Server) secure(addr net.Addr) error {
	given := s.config.TLS
	if given == nil {
		given = s.http.TLSConfig
	}
	if !s.config.Secure && given == nil {
		return nil
	}
	config := given.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	if len(config.Certificates) == 0 && config.GetCertificate == nil && config.GetConfigForClient == nil {
		own, err := certificate.SelfSigned(addr)
		if err != nil {
			return fmt.Errorf("make a certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{own}
	}
	s.http.TLSConfig = config
	return nil
}

// Addr is where it listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Peers is how many connections there are.
func (s *Server) Peers() int { return int(s.conns.Load()) }

// Serve begins to serve and returns.
func (s *Server) Serve() {
	s.serving.Go(func() {
		var err error
		if s.http.TLSConfig != nil {
			err = s.http.ServeTLS(s.listener, "", "")
		} else {
			err = s.http.Serve(s.listener)
		}
		if err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.config.Log.Error("accept", "address", s.Addr(), "error", err)
		}
	})
}

// Leave makes each answer from now on the last one of its connection, so that callers go elsewhere by themselves.
func (s *Server) Leave() { s.leaving.Store(true) }

// Close closes the listener, waits until ctx ends for the requests that run, and closes their connections then. It returns
// the error of ctx if some had to be broken off.
func (s *Server) Close(ctx context.Context) error {
	s.Leave()
	err := s.http.Shutdown(ctx)
	_ = s.http.Close()     // a second time, if nothing was broken off
	_ = s.listener.Close() // as above, unless it was never served
	s.serving.Wait()
	return err
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if s.leaving.Load() {
		w.Header().Set("Connection", "close")
	}
	if r.Body != nil && r.Body != http.NoBody {
		body := s.bodyOf(w, r)
		defer body.end()
		r.Body = body
	}
	if n := s.config.MaxBody; n > 0 && r.ContentLength > n {
		w.Header().Set("Connection", "close")
		http.Error(w, fmt.Sprintf("the body has more than %d bytes", n), http.StatusRequestEntityTooLarge)
		return
	}
	a := &answer{ResponseWriter: w}
	defer s.recover(a, r)
	s.config.Handler.ServeHTTP(a, r)
}

// bodyOf bounds the body of a request.
func (s *Server) bodyOf(w http.ResponseWriter, r *http.Request) *body {
	b := &body{ReadCloser: r.Body}
	if n := s.config.MaxBody; n > 0 {
		b.ReadCloser = http.MaxBytesReader(w, r.Body, n)
	}
	if pace := s.config.Limits.BodyTimeout; s.http.ReadTimeout == 0 && pace > 0 {
		b.control, b.pace, b.left = http.NewResponseController(w), pace, pace
	}
	return b
}

// recover answers 500 in the place of a handler that panics; if it has answered already, the connection is broken off, so
// that half an answer is not taken for one.
func (s *Server) recover(a *answer, r *http.Request) {
	reason := recover()
	if reason == nil {
		return
	}
	if err, ok := reason.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
		s.config.Log.Error("panic in a handler", "method", r.Method, "path", r.URL.Path, "panic", reason, "stack", string(debug.Stack()))
		if !a.begun {
			http.Error(a, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			return
		}
	}
	panic(http.ErrAbortHandler) //nolint:forbidigo // how net/http is told
}

// counted counts its open connections.
type counted struct {
	net.Listener

	conns *atomic.Int64
}

// Accept implements net.Listener.
func (l *counted) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.conns.Add(1)
	return &countedConn{Conn: conn, left: sync.OnceFunc(func() { l.conns.Add(-1) })}, nil
}

type countedConn struct {
	net.Conn

	left func()
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	c.left()
	return c.Conn.Close()
}
