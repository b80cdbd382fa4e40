package auth

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
)

// places are where a token may go, beside this host and peers whose certificate is checked.
type places struct {
	any      bool
	networks []netip.Prefix
	hosts    []string // "host" or "host:port", lower-case
}

// trusts reports whether the client's connections go nowhere that was not meant: they use TLS and check the peer's
// certificate, or stay in this process. Only the framework's own client can be asked.
func trusts(c client.Client) bool {
	t := c.Options().Transport
	return c.String() == "mucp" && t != nil && (t.String() == "memory" || t.Options().Verified())
}

// allow reports whether a token may be sent to the address.
func (p *places) allow(address string) bool {
	if p.any {
		return true
	}
	address = strings.ToLower(address)
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	if host == "localhost" || slices.Contains(p.hosts, host) || slices.Contains(p.hosts, address) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	ip = ip.Unmap()
	return ip.IsLoopback() || slices.ContainsFunc(p.networks, func(n netip.Prefix) bool { return n.Contains(ip) })
}

// narrowed leaves of services the nodes where a token may go, and counts the others.
func (p *places) narrowed(services []*registry.Service) (allowed []*registry.Service, refused int) {
	for _, s := range services {
		c := *s
		c.Nodes = slices.DeleteFunc(slices.Clone(s.Nodes), func(n *registry.Node) bool { return !p.allow(n.Address) })
		refused += len(s.Nodes) - len(c.Nodes)
		if len(c.Nodes) > 0 {
			allowed = append(allowed, &c)
		}
	}
	return allowed, refused
}
