package broker

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"
)

// requestURI is the path and query of a post to the node.
func requestURI(id string) string {
	u := url.URL{Path: DefaultPath, RawQuery: url.Values{"id": {id}}.Encode()}
	return u.RequestURI()
}

// host is the connections to one address, which the lanes of its subscribers share.
type host struct {
	address string
	tls     *tls.Config   // nil without TLS
	slots   chan struct{} // as many connections may be in use
	lanes   int           // guarded by the sender
	watches sync.WaitGroup

	mu   sync.Mutex
	idle []*link
}

func newHost(address string, config *tls.Config) *host {
	return &host{address: address, tls: config, slots: make(chan struct{}, hostConns)}
}

// link is one connection. While it is idle a watch of its own reads, since nothing may come then but the end.
type link struct {
	conn    net.Conn
	from    *bufio.Reader
	buf     []byte
	whole   bool       // all answers were read, and more may come
	taken   bool       // guarded by the host
	watched chan error // what the watch met
}

// take returns a connection: an idle one that still stands, or a new one. Nothing was written if it fails.
func (h *host) take(ctx context.Context) (*link, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("all %d connections to %s are busy: %w", hostConns, h.address, ctx.Err())
	}
	for {
		l := h.takeIdle()
		if l == nil {
			break
		}
		_ = l.conn.SetReadDeadline(time.Unix(1, 0)) // wakes the watch
		var timeout net.Error
		if err := <-l.watched; errors.As(err, &timeout) && timeout.Timeout() {
			return l, nil
		}
		_ = l.conn.Close()
	}
	l, err := h.dial(ctx)
	if err != nil {
		<-h.slots
		return nil, err
	}
	return l, nil
}

func (h *host) takeIdle() *link {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.idle) == 0 {
		return nil
	}
	l := h.idle[len(h.idle)-1]
	h.idle = h.idle[:len(h.idle)-1]
	l.taken = true
	return l
}

func (h *host) dial(ctx context.Context) (*link, error) {
	d := net.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(ctx, "tcp", h.address)
	if err != nil {
		return nil, err
	}
	if h.tls != nil {
		secured := tls.Client(conn, h.tls)
		if err := secured.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("TLS with %s: %w", h.address, err)
		}
		conn = secured
	}
	return &link{conn: conn, from: bufio.NewReaderSize(conn, answerLine), watched: make(chan error, 1)}, nil
}

// give takes a connection back, which is closed unless it is whole and few are idle.
func (h *host) give(l *link, whole bool) {
	defer func() { <-h.slots }()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !whole || l.from.Buffered() > 0 || len(h.idle) >= hostIdle {
		_ = l.conn.Close()
		return
	}
	_ = l.conn.SetDeadline(time.Now().Add(connIdle))
	l.taken = false
	h.idle = append(h.idle, l)
	h.watches.Go(func() { h.watch(l) })
}

// watch waits for the end of an idle connection, or until it is taken.
func (h *host) watch(l *link) {
	_, err := l.from.Peek(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if l.taken {
		l.watched <- err
		return
	}
	for i, have := range h.idle {
		if have == l {
			h.idle = append(h.idle[:i], h.idle[i+1:]...)
			break
		}
	}
	_ = l.conn.Close()
}

// close closes the idle connections. No other may be in use.
func (h *host) close() {
	h.mu.Lock()
	for _, l := range h.idle {
		_ = l.conn.Close() // ends its watch
	}
	h.mu.Unlock()
	h.watches.Wait()
}
