//go:build unix

package transport

import (
	"errors"
	"net"
	"sync"
	"syscall"
)

// peek looks at what a connection received last without taking it: the end of the stream, or a reset. It keeps what a
// look needs, so that a look takes no memory.
type peek struct {
	mu     sync.Mutex
	raw    syscall.RawConn // nil if the connection cannot be looked at
	look   func(fd uintptr)
	closed bool // what look saw
}

func (p *peek) init(conn net.Conn) {
	if secured, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secured.NetConn()
	}
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return
	}
	p.raw = raw
	p.look = func(fd uintptr) {
		var b [1]byte
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		nothing := errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR)
		p.closed = n <= 0 && !nothing
	}
}

// peerClosed reports whether the peer closed the connection, or this end did.
func (p *peek) peerClosed() bool {
	if p.raw == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.raw.Control(p.look)
	return err != nil || p.closed
}
