//go:build unix

package transport

import (
	"errors"
	"net"
	"sync"
	"syscall"
)

// peek looks at what a connection received last without taking it: the end of the stream, a reset, or TLS' farewell. It
// keeps what a look needs, so that a look takes no memory.
type peek struct {
	mu     sync.Mutex
	raw    syscall.RawConn // nil if the connection cannot be looked at
	look   func(fd uintptr)
	next   [farewell + 1]byte
	closed bool // what look saw
}

// farewell is the size of an alert in TLS 1.3: a header of 5 bytes, level, description, content type and a tag of 16
// (RFC 8446 §5.2, §6; every cipher suite of crypto/tls has that tag).
const farewell = 5 + 3 + 16

// farewells reports whether bytes that TLS received end the connection: an alert, which is in the clear before TLS 1.3, and
// only told by its size since. No message is as short.
func farewells(b []byte) bool {
	const alert, data = 21, 23
	return b[0] == alert || len(b) == farewell && b[0] == data && b[3] == 0 && b[4] == farewell-5
}

func (p *peek) init(conn net.Conn) {
	secured, isTLS := conn.(interface{ NetConn() net.Conn })
	if isTLS {
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
		n, _, err := syscall.Recvfrom(int(fd), p.next[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		nothing := errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR)
		p.closed = n <= 0 && !nothing || n > 0 && isTLS && farewells(p.next[:n])
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
