package grpc

import (
	"net"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/peer"
)

// countedListener counts its open connections, and knows their ends by name.
type countedListener struct {
	net.Listener

	conns atomic.Int64
	names sync.Map // of ends, by a connection's remote net.Addr
}

// ends are the addresses of a connection.
type ends struct{ local, remote string }

// endsOf returns the addresses of the connection that a call came by.
func (l *countedListener) endsOf(p *peer.Peer) ends {
	if known, ok := l.names.Load(p.Addr); ok {
		return known.(ends) //nolint:forcetypeassert // nothing else is put there
	}
	e := ends{remote: p.Addr.String()} // of a listener within another one
	if p.LocalAddr != nil {
		e.local = p.LocalAddr.String()
	}
	return e
}

// Accept implements net.Listener.
func (l *countedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.conns.Add(1)
	addr, byPointer := conn.RemoteAddr().(*net.TCPAddr)
	if byPointer {
		l.names.Store(net.Addr(addr), ends{local: conn.LocalAddr().String(), remote: addr.String()})
	}
	return &countedConn{Conn: conn, left: sync.OnceFunc(func() {
		l.conns.Add(-1)
		if byPointer {
			l.names.Delete(net.Addr(addr))
		}
	})}, nil
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
