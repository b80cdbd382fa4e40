// Package mdnstest is a network in memory for tests of mDNS: hosts, datagrams, and what hostile senders do. Start with [LAN].
package mdnstest

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/microtop/microtop/framework/internal/mdns"
)

const (
	mdnsPort = 5353
	backlog  = 4096 // datagrams a socket holds, as if its buffer were full beyond
)

// LAN connects hosts. The zero value is ready; it is safe for concurrent use.
type LAN struct {
	mu    sync.Mutex
	conns []*conn
	port  uint16
	log   []Datagram
	quiet bool
}

// Datagram is one that was sent. To is invalid for multicasts.
type Datagram struct {
	From, To netip.AddrPort
	Data     []byte
	HostOnly bool
}

// Host is the network as a host with this address sees it.
func (l *LAN) Host(addr string) *Host { return &Host{lan: l, addr: netip.MustParseAddr(addr)} }

// Sent is what was sent so far, without what was injected.
func (l *LAN) Sent() []Datagram {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.log)
}

// Forget makes Sent start again.
func (l *LAN) Forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.log = nil
}

// Mute has the LAN swallow all datagrams, or stops it.
func (l *LAN) Mute(quiet bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quiet = quiet
}

// Inject brings a datagram from anywhere to everybody who listens, over the interface with that index.
func (l *LAN) Inject(from netip.AddrPort, data []byte, iface int) {
	l.deliver(from, data, iface, func(c *conn) bool { return c.listens })
}

func (l *LAN) deliver(from netip.AddrPort, data []byte, iface int, to func(*conn) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		if l.quiet || c.host.cut || !to(c) {
			continue
		}
		select {
		case c.queue <- packet{slices.Clone(data), from, iface}:
		default:
		}
	}
}

func (l *LAN) note(d Datagram) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d.Data = slices.Clone(d.Data)
	l.log = append(l.log, d)
}

// Host is a Network. Broken adds a socket whose reads all fail.
type Host struct {
	Broken bool

	lan  *LAN
	addr netip.Addr
	cut  bool // guarded by lan.mu
	down bool // guarded by lan.mu
}

// Down has the host's sockets refuse multicasts, as without any network.
func (h *Host) Down() {
	h.lan.mu.Lock()
	defer h.lan.mu.Unlock()
	h.down = true
}

// Unplug cuts the host off, as if its processes were killed.
func (h *Host) Unplug() {
	h.lan.mu.Lock()
	defer h.lan.mu.Unlock()
	h.cut = true
}

var _ mdns.Network = (*Host)(nil)

// Listen implements mdns.Network.
func (h *Host) Listen(context.Context) ([]mdns.Conn, error) {
	conns := []mdns.Conn{h.open(mdnsPort, true)}
	if h.Broken {
		conns = append(conns, &broken{done: make(chan struct{})})
	}
	return conns, nil
}

// Dial implements mdns.Network.
func (h *Host) Dial(context.Context) ([]mdns.Conn, error) {
	h.lan.mu.Lock()
	h.lan.port++
	port := 40_000 + h.lan.port%10_000
	h.lan.mu.Unlock()
	return []mdns.Conn{h.open(port, false)}, nil
}

// Local implements mdns.Network.
func (h *Host) Local(addr netip.Addr) bool { return addr == h.addr || addr.IsLoopback() }

// OnLink implements mdns.Network: networks are of 256 addresses.
func (h *Host) OnLink(addr netip.Addr) bool {
	return h.Local(addr) || addr.IsLinkLocalUnicast() || netip.PrefixFrom(h.addr, 24).Contains(addr)
}

func (h *Host) open(port uint16, listens bool) *conn {
	c := &conn{
		host: h, addr: netip.AddrPortFrom(h.addr, port), listens: listens,
		queue: make(chan packet, backlog), closed: make(chan struct{}),
	}
	h.lan.mu.Lock()
	defer h.lan.mu.Unlock()
	h.lan.conns = append(h.lan.conns, c)
	return c
}

type packet struct {
	data  []byte
	from  netip.AddrPort
	iface int
}

type conn struct {
	host    *Host
	addr    netip.AddrPort
	listens bool
	queue   chan packet
	closed  chan struct{}
	once    sync.Once
}

func (c *conn) Receive(b []byte) (int, netip.AddrPort, int, error) {
	select {
	case <-c.closed:
		return 0, netip.AddrPort{}, 0, net.ErrClosed
	case p := <-c.queue:
		return copy(b, p.data), p.from, p.iface, nil
	}
}

func (c *conn) Send(b []byte, to netip.AddrPort, _ int) error {
	if cut, _ := c.state(); cut {
		return nil
	}
	c.host.lan.note(Datagram{From: c.addr, To: to, Data: b})
	c.host.lan.deliver(c.addr, b, 0, func(peer *conn) bool {
		return peer.addr == to || to.Addr().IsLoopback() && peer.host.addr == c.host.addr && peer.addr.Port() == to.Port()
	})
	return nil
}

func (c *conn) Multicast(b []byte, hostOnly bool) error {
	switch cut, down := c.state(); {
	case down:
		return errDown
	case cut:
		return nil
	}
	c.host.lan.note(Datagram{From: c.addr, Data: b, HostOnly: hostOnly})
	c.host.lan.deliver(c.addr, b, 1, func(peer *conn) bool {
		return peer.listens && (!hostOnly || peer.host.addr == c.host.addr)
	})
	return nil
}

func (c *conn) state() (cut, down bool) {
	c.host.lan.mu.Lock()
	defer c.host.lan.mu.Unlock()
	return c.host.cut, c.host.down
}

func (c *conn) Join() error { return nil }

func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		l := c.host.lan
		l.mu.Lock()
		defer l.mu.Unlock()
		l.conns = slices.DeleteFunc(l.conns, func(other *conn) bool { return other == c })
	})
	return nil
}

// broken is a socket that cannot do anything.
type broken struct {
	done chan struct{}
	once sync.Once
}

var (
	errBroken = errors.New("broken socket")
	errDown   = errors.New("network is down")
)

func (b *broken) Receive([]byte) (int, netip.AddrPort, int, error) {
	select {
	case <-b.done:
		return 0, netip.AddrPort{}, 0, net.ErrClosed
	default:
		return 0, netip.AddrPort{}, 0, errBroken
	}
}
func (b *broken) Send([]byte, netip.AddrPort, int) error { return errBroken }
func (b *broken) Multicast([]byte, bool) error           { return errBroken }
func (b *broken) Join() error                            { return errBroken }
func (b *broken) Close() error {
	b.once.Do(func() { close(b.done) })
	return nil
}
