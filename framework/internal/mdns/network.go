package mdns

import (
	"context"
	"errors"
	"net/netip"
)

// ErrUnavailable is wrapped by errors that say that this host, or this process, cannot send or receive multicast.
var ErrUnavailable = errors.New("multicast is unavailable")

// Network is where a Peer gets its sockets: [System], or a test's own.
type Network interface {
	// Listen opens the mDNS port, one Conn for each IP version that works, and joins the groups.
	Listen(ctx context.Context) ([]Conn, error)
	// Dial opens sockets to ask with, on ports of their own.
	Dial(ctx context.Context) ([]Conn, error)
	// Local reports whether addr is one of this host's.
	Local(addr netip.Addr) bool
	// OnLink reports whether addr is on a network that this host has an address in, or is one of this host's.
	OnLink(addr netip.Addr) bool
}

// Conn is one socket. Receive has one caller at a time, and so has Multicast; Send and Close have any number.
type Conn interface {
	// Receive reads one datagram. from is on the interface with that index; 0 is unknown.
	Receive(b []byte) (n int, from netip.AddrPort, iface int, err error)
	// Send sends to one address, over the interface with that index unless it is 0.
	Send(b []byte, to netip.AddrPort, iface int) error
	// Multicast sends to the group on every interface; hostOnly keeps it on this host. It fails if no interface takes it.
	Multicast(b []byte, hostOnly bool) error
	// Join joins the group on interfaces that came up since the last time.
	Join() error
	// Close unblocks Receive, which then returns net.ErrClosed.
	Close() error
}
