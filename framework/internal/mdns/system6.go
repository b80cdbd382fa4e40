package mdns

import (
	"context"
	"net"
	"net/netip"

	"golang.org/x/net/ipv6"
)

// conn6 is a socket of IP version 6.
type conn6 struct {
	*ipv6.PacketConn
	system *system
	group  *net.UDPAddr
	joined map[int]bool // by the one who calls Join
	hops   int          // of multicasts, by the one who calls Multicast
}

var _ Conn = (*conn6)(nil)

func group6() *net.UDPAddr { return &net.UDPAddr{IP: net.ParseIP("ff02::fb"), Port: port} }

func (s *system) listen6(ctx context.Context) (Conn, error) {
	// Listening to a group's address binds to all addresses and shares the port.
	c, err := s.open6(ctx, group6().String())
	if err != nil {
		return nil, err
	}
	if err := c.Join(); err != nil {
		_ = c.Close()
		return nil, err
	}
	_ = c.SetControlMessage(ipv6.FlagInterface, true) // where the system cannot, interfaces stay unknown
	return c, nil
}

func (s *system) dial6(ctx context.Context) (Conn, error) { return s.open6(ctx, ":0") }

func (s *system) open6(ctx context.Context, address string) (*conn6, error) {
	var config net.ListenConfig
	socket, err := config.ListenPacket(ctx, "udp6", address)
	if err != nil {
		return nil, err
	}
	if udp, ok := socket.(*net.UDPConn); ok {
		_ = udp.SetReadBuffer(readBuffer) // what the system allows
	}
	c := &conn6{PacketConn: ipv6.NewPacketConn(socket), system: s, group: group6(), joined: make(map[int]bool), hops: 1}
	_ = c.SetMulticastLoopback(true) // other processes of this host listen too; on is the default
	return c, nil
}

// Receive implements Conn.
func (c *conn6) Receive(b []byte) (int, netip.AddrPort, int, error) {
	n, control, from, err := c.ReadFrom(b)
	if err != nil {
		return 0, netip.AddrPort{}, 0, err
	}
	iface := 0
	if control != nil {
		iface = control.IfIndex
	}
	return n, addrPort(from), iface, nil
}

// Send implements Conn. The system finds the way.
func (c *conn6) Send(b []byte, to netip.AddrPort, _ int) error {
	_, err := c.WriteTo(b, nil, net.UDPAddrFromAddrPort(to))
	return err
}

// Multicast implements Conn.
func (c *conn6) Multicast(b []byte, hostOnly bool) error {
	hops := 1
	if hostOnly {
		hops = 0
	}
	if c.hops != hops {
		if err := c.SetMulticastHopLimit(hops); err != nil {
			return err
		}
		c.hops = hops
	}
	return onEach(c.system.interfaces().v6, func(iface *net.Interface) error {
		_, err := c.WriteTo(b, &ipv6.ControlMessage{IfIndex: iface.Index}, c.group)
		return err
	})
}

// Join implements Conn.
func (c *conn6) Join() error {
	return onEach(c.system.interfaces().v6, func(iface *net.Interface) error {
		if c.joined[iface.Index] {
			return nil
		}
		err := c.JoinGroup(iface, c.group)
		c.joined[iface.Index] = err == nil
		return err
	})
}
