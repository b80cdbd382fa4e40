package profiling

import (
	"context"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/vitals"
)

// NodeTarget is a node as a target of [Capture]: over Debug.Profile on the node's own port, or, where its metadata
// names a pprof address that may be used, over HTTP.
func NodeTarget(session *introspect.Session, node vitals.Node) Target {
	t := Target{Service: node.Service, Version: node.Version, Node: node.Id, Address: node.Address, Source: &debugSource{session, node}}
	if pprof := node.Metadata["pprof"]; pprof != "" {
		if u, err := SafeProfilerURL(pprof, node.Address, localAddrs()); err == nil {
			t.Source = &HTTPSource{URL: u}
		}
	}
	return t
}

// debugSource takes profiles with Debug.Profile.
type debugSource struct {
	session *introspect.Session
	node    vitals.Node
}

// Profile implements Source.
func (s *debugSource) Profile(ctx context.Context, kind Kind, d time.Duration) (io.ReadCloser, error) {
	return vitals.Profile(ctx, s.session, s.node, string(kind), d)
}

// localAddrs are this host's addresses.
func localAddrs() []netip.Addr {
	var out []netip.Addr
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil // then no address counts as this host's
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, p.Addr().Unmap())
		}
	}
	return out
}
