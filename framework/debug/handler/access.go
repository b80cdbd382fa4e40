package handler

import (
	"context"
	"crypto/subtle"
	"net"
	"net/netip"
	"slices"

	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/peer"
	"github.com/microtop/microtop/framework/metadata"
)

// authorize lets callers of this host in, and others with the token. The refusal says how to get in.
func (d *Debug) authorize(ctx context.Context, method string) error {
	from, known := peer.FromContext(ctx)
	if d.opts.Token != "" && subtle.ConstantTimeCompare([]byte(from.Token), []byte(d.opts.Token)) == 1 {
		return nil
	}
	if known && !d.opts.TokenAlways && isLocal(from.Remote, from.Local) && !passedOn(ctx) {
		return nil
	}
	how := "set MICRO_DEBUG_TOKEN on the service and send it with --debug-token"
	if d.opts.Token != "" {
		how = "send the service's debug token with --debug-token"
	}
	return errors.Forbidden("go.micro.debug", "Debug.%s answers callers on its own host or with the debug token; %s is neither: %s", method, from.Remote, how)
}

// relays are headers that no peer of this protocol sends of itself, and that a web browser (which a page from anywhere
// can make post to this host's ports, under a name that it resolves to them) or a proxy cannot leave out.
var relays = []string{"Origin", "Referer", "Sec-Fetch-Mode", "Accept-Encoding", "Forwarded", "X-Forwarded-For", "Via"}

// passedOn reports whether a request came through somebody else on this host, and so says nothing of its author's.
func passedOn(ctx context.Context) bool {
	return slices.ContainsFunc(relays, func(name string) bool {
		_, found := metadata.Get(ctx, name)
		return found
	})
}

// isLocal reports whether the peer is on this host: its address is loopback, or the connection's own local one.
func isLocal(remote, local string) bool {
	r, ok := addr(remote)
	if !ok {
		return false
	}
	l, ok := addr(local)
	return r.IsLoopback() || ok && r == l
}

func addr(hostport string) (netip.Addr, bool) {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(host)
	return a.Unmap(), err == nil
}
