package grpc

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc/credentials"
)

// How much of what costs a server more than its peer a connection may do: at once, and then each second. A call that its
// caller gives up is one, and so is each frame that carries nothing of a call.
const (
	nuisances      = 1000
	nuisancesEvery = time.Second / 100
	// bomb is what headers over the limit count: they may be a thousand times the bytes that were sent.
	bomb = 5
)

var errNuisance = errors.New("the peer does too much that is no call: the connection was closed")

// Guard returns credentials that close a connection whose peer abuses HTTP/2: floods of streams that are reset, refused or
// malformed, and of SETTINGS, PRIORITY, CONTINUATION, empty DATA and unknown frames. gRPC itself bounds the streams at once,
// the size of headers and the PINGs. closed is told of it; nil for nobody.
func Guard(creds credentials.TransportCredentials, closed func(net.Addr)) credentials.TransportCredentials {
	return guardedCredentials{creds, closed}
}

type guardedCredentials struct {
	credentials.TransportCredentials

	closed func(net.Addr)
}

// ServerHandshake implements credentials.TransportCredentials.
func (g guardedCredentials) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := g.TransportCredentials.ServerHandshake(raw)
	if err != nil {
		return conn, info, err
	}
	return newGuarded(conn, g.closed), info, nil
}

// ClientHandshake implements credentials.TransportCredentials: servers are not watched.
func (g guardedCredentials) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return g.TransportCredentials.ClientHandshake(ctx, authority, raw)
}

// Clone implements credentials.TransportCredentials.
func (g guardedCredentials) Clone() credentials.TransportCredentials {
	return guardedCredentials{g.TransportCredentials.Clone(), g.closed}
}

// guarded is a server's connection that counts what its peer does.
type guarded struct {
	net.Conn

	closed  func(net.Addr)
	in, out frames

	mu    sync.Mutex
	open  map[uint32]struct{} // streams that have not been answered
	last  uint32              // the newest stream
	count int                 // nuisances that are not forgotten yet
	since time.Time           // until when they are
}

func newGuarded(conn net.Conn, closed func(net.Addr)) *guarded {
	g := &guarded{Conn: conn, closed: closed, open: map[uint32]struct{}{}, since: time.Now()}
	g.in.skip = len(clientPreface)
	return g
}

// Read implements net.Conn.
func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if !g.in.each(p[:n], g.received) {
		_ = g.Close() // the error says why
		if g.closed != nil {
			g.closed(g.RemoteAddr())
		}
		return 0, errNuisance
	}
	return n, err
}

// Write implements net.Conn.
func (g *guarded) Write(p []byte) (int, error) {
	g.out.each(p, g.sent)
	return g.Conn.Write(p)
}

// received looks at a frame of the peer, and says whether it may go on.
func (g *guarded) received(f frame) bool {
	switch f.kind {
	case frameHeaders:
		g.mu.Lock()
		defer g.mu.Unlock()
		if f.stream > g.last { // else it is the end of one
			g.last = f.stream
			g.open[f.stream] = struct{}{}
		}
		return g.count < nuisances // what was sent may have been one
	case frameReset:
		g.mu.Lock()
		defer g.mu.Unlock()
		if _, open := g.open[f.stream]; !open {
			return true // it had its answer
		}
		delete(g.open, f.stream)
		return g.nuisance(1)
	case frameData:
		if f.length > 0 || f.flags&flagEnd != 0 {
			return true
		}
	case frameWindowUpdate, framePing:
		return true
	case frameSettings:
		if f.flags&flagAck != 0 {
			return true
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.nuisance(1)
}

// sent looks at a frame of the server's.
func (g *guarded) sent(f frame) bool {
	ends := f.kind == frameReset || (f.kind == frameHeaders || f.kind == frameData) && f.flags&flagEnd != 0
	if !ends {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	_, open := g.open[f.stream]
	delete(g.open, f.stream)
	switch {
	case !open || f.kind != frameReset || !blames(f.code):
	case f.code == codeFrameSize:
		g.nuisance(bomb)
	default:
		g.nuisance(1)
	}
	return true
}

// nuisance counts n and says whether there may be more. The caller holds the lock.
func (g *guarded) nuisance(n int) bool {
	now := time.Now()
	if over := int(now.Sub(g.since) / nuisancesEvery); over > 0 {
		g.count = max(0, g.count-over)
		g.since = g.since.Add(time.Duration(over) * nuisancesEvery)
	}
	g.count += n
	return g.count < nuisances
}
