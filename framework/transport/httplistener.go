package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/internal/backoff"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/logger"
)

// maxBackoff is the attempt whose wait is the longest one after failures to accept: 600 ms.
const maxBackoff = 2

type httpListener struct {
	listener net.Listener
	opts     Options
	limits   limits.Limits
	tls      *tls.Config // nil: plain
	log      *slog.Logger
	done     chan struct{}
	once     sync.Once
	closed   error

	mu    sync.Mutex
	conns int
}

var _ Listener = (*httpListener)(nil)

func newHTTPListener(l net.Listener, o Options, config *tls.Config) *httpListener {
	return &httpListener{listener: l, opts: o, limits: o.Limits(), tls: config, log: logger.Slog(o.Logger), done: make(chan struct{})}
}

// Addr implements Listener.
func (l *httpListener) Addr() string { return l.listener.Addr().String() }

// Close implements Listener.
func (l *httpListener) Close() error {
	l.once.Do(func() {
		close(l.done)
		l.closed = l.listener.Close()
	})
	return l.closed
}

// Accept implements Listener. TLS handshakes that are not done when it returns are broken off.
func (l *httpListener) Accept(fn func(Socket)) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	failures := 0
	for {
		conn, err := l.listener.Accept()
		switch {
		case err == nil:
			failures = 0
		case isClosed(l.done):
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default: // out of files, or a connection that ended before it began
			l.log.Warn("accept", "address", l.Addr(), "error", err)
			failures = min(failures+1, maxBackoff)
			l.pause(failures)
			continue
		}
		if !l.enter() {
			l.turnAway(conn)
			continue
		}
		go func() {
			defer l.leave()
			l.serve(ctx, conn, fn)
		}()
	}
}

// serve handles one connection.
func (l *httpListener) serve(ctx context.Context, conn net.Conn, fn func(Socket)) {
	if l.tls != nil {
		secured := tls.Server(conn, l.tls)
		if err := l.handshake(ctx, secured); err != nil {
			if wrong, ok := errors.AsType[tls.RecordHeaderError](err); ok && wrong.Conn != nil && tokenByte[wrong.RecordHeader[0]] {
				answer(conn, &refusal{code: 400, text: "this port speaks TLS"})
				linger(conn)
			}
			l.log.Debug("tls handshake", "peer", conn.RemoteAddr().String(), "error", err)
			_ = conn.Close() // the handshake's error says what matters
			return
		}
		conn = secured
	}
	socket := newHTTPServer(conn, l.opts)
	defer func() { _ = socket.Close() }() // fn is done with it
	fn(socket)
}

func (l *httpListener) handshake(ctx context.Context, conn *tls.Conn) error {
	if l.limits.TLSHandshakeTimeout >= 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.limits.TLSHandshakeTimeout)
		defer cancel()
	}
	return conn.HandshakeContext(ctx)
}

// turnAway says that there are too many connections.
func (l *httpListener) turnAway(conn net.Conn) {
	if l.tls == nil {
		answer(conn, &refusal{code: 503, text: "too many connections"})
	}
	_ = conn.Close() // it was never used
}

// answer tells the peer of a connection that is closed next. A new connection has room for it, so it does not wait.
func answer(conn net.Conn, r *refusal) {
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second)) // the write tells
	_, _ = conn.Write(r.answer(nil))                       // if it cannot, the close says as much
}

// pause waits after the nth failure in a row, or until Close.
func (l *httpListener) pause(failures int) {
	timer := time.NewTimer(backoff.Exponential(failures))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.done:
	}
}

// enter counts a connection in, unless there are too many.
func (l *httpListener) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if limits.Exceeded(l.conns+1, l.limits.Conns) {
		return false
	}
	l.conns++
	return true
}

func (l *httpListener) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns--
}
