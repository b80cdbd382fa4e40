package presence

import (
	"net"
	"net/netip"
	"strings"
)

// Address is the address to register (docs/wire.md §6.2): advertise if it is not empty, else where the server listens,
// with an address of this host in the place of a wildcard.
func Address(advertise, listening string) string {
	address := advertise
	if address == "" {
		address = listening
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		if strings.Contains(address, ":") {
			return address // no host and port: a transport's own kind of address
		}
		host, port = address, ""
	}
	if !isWildcard(host) {
		return address
	}
	host = hostAddress(interfaceAddrs())
	if port == "" {
		return host
	}
	return net.JoinHostPort(host, port)
}

func isWildcard(host string) bool {
	if host == "" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsUnspecified()
}

// private are the networks whose addresses are preferred (docs/wire.md §6.2).
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("fd00::/8"),
}

// hostAddress picks the address by which other hosts reach this one: the first private one, else the first public one,
// else loopback. Link-local addresses, which mean nothing elsewhere, come after public ones.
func hostAddress(addrs []netip.Addr) string {
	best, rank := netip.AddrFrom4([4]byte{127, 0, 0, 1}), 4
	for _, addr := range addrs {
		if r := rankOf(addr); r < rank {
			best, rank = addr, r
		}
	}
	return best.String()
}

func rankOf(addr netip.Addr) int {
	for _, network := range private {
		if network.Contains(addr) {
			return 0
		}
	}
	switch {
	case addr.IsLoopback():
		return 3
	case addr.IsLinkLocalUnicast():
		return 2
	}
	return 1
}

// interfaceAddrs returns the addresses of the interfaces that are up; none if the host does not tell.
func interfaceAddrs() []netip.Addr {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil {
				out = append(out, prefix.Addr().Unmap())
			}
		}
	}
	return out
}
