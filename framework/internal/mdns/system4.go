package mdns

import (
	"context"
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
)

// conn4 is a socket of IP version 4.
type conn4 struct {
	*ipv4.PacketConn
	system *system
	group  *net.UDPAddr
	joined map[int]bool // by the one who calls Join
	ttl    int          // of multicasts, by the one who calls Multicast
}

var _ Conn = (*conn4)(nil)

func group4() *net.UDPAddr { return &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: port} }

func (s *system) listen4(ctx context.Context) (Conn, error) {
	// Listening to a group's address binds to all addresses and shares the port.
	c, err := s.open4(ctx, group4().String())
	if err != nil {
		return nil, err
	}
	if err := c.Join(); err != nil {
		_ = c.Close()
		return nil, err
	}
	_ = c.SetControlMessage(ipv4.FlagInterface, true) // where the system cannot, interfaces stay unknown
	return c, nil
}

func (s *system) dial4(ctx context.Context) (Conn, error) { return s.open4(ctx, ":0") }

func (s *system) open4(ctx context.Context, address string) (*conn4, error) {
	var config net.ListenConfig
	socket, err := config.ListenPacket(ctx, "udp4", address)
	if err != nil {
		return nil, err
	}
	if udp, ok := socket.(*net.UDPConn); ok {
		_ = udp.SetReadBuffer(readBuffer) // what the system allows
	}
	c := &conn4{PacketConn: ipv4.NewPacketConn(socket), system: s, group: group4(), joined: make(map[int]bool), ttl: 1}
	_ = c.SetMulticastLoopback(true) // other processes of this host listen too; on is the default
	return c, nil
}

// Receive implements Conn.
func (c *conn4) Receive(b []byte) (int, netip.AddrPort, int, error) {
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
func (c *conn4) Send(b []byte, to netip.AddrPort, _ int) error {
	_, err := c.WriteTo(b, nil, net.UDPAddrFromAddrPort(to))
	return err
}

// Multicast implements Conn.
func (c *conn4) Multicast(b []byte, hostOnly bool) error {
	ttl := 1
	if hostOnly {
		ttl = 0
	}
	if c.ttl != ttl {
		if err := c.SetMulticastTTL(ttl); err != nil {
			return err
		}
		c.ttl = ttl
	}
	return onEach(c.system.interfaces().v4, func(iface *net.Interface) error {
		control := &ipv4.ControlMessage{IfIndex: iface.Index}
		if iface.Flags&net.FlagLoopback != 0 {
			control.Src = net.IPv4(127, 0, 0, 1) // or Linux sends from 0.0.0.0, which nobody can answer
		}
		_, err := c.WriteTo(b, control, c.group)
		return err
	})
}

// Join implements Conn.
func (c *conn4) Join() error {
	return onEach(c.system.interfaces().v4, func(iface *net.Interface) error {
		if c.joined[iface.Index] {
			return nil
		}
		err := c.JoinGroup(iface, c.group)
		c.joined[iface.Index] = err == nil
		return err
	})
}

func addrPort(addr net.Addr) netip.AddrPort {
	udp, ok := addr.(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := udp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
