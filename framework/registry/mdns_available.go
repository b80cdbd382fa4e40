package registry

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/microtop/microtop/framework/internal/mdns"
	"github.com/microtop/microtop/framework/limits"
)

// availableWithin is how long an answer from this very process may take.
const availableWithin = 200 * time.Millisecond

// MulticastAvailable tries whether mDNS can work on this host: it announces a node, asks for it and waits up to 200 ms for
// its own answer. The error wraps ErrNoMulticast and says what went wrong. Other hosts may still be out of reach.
func MulticastAvailable(ctx context.Context) error {
	return multicastAvailable(ctx, mdns.System())
}

func multicastAvailable(ctx context.Context, network mdns.Network) error {
	domain := "probe-" + strings.ToLower(rand.Text()[:12])
	peer := mdns.NewPeer(network, limits.Default())
	entry := mdns.Entry{ID: "self", Service: "probe", Domain: domain, Host: "localhost.", Port: 1, Addr: netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	if err := peer.Publish(ctx, entry); err != nil {
		return mdnsError("probe", err)
	}
	defer func() { _, _ = peer.Withdraw(ctx, entry.Name(), nil) }()
	answered := false
	question := mdns.Question{Name: mdns.ServiceName("probe", domain), Timeout: availableWithin}
	if err := peer.Ask(ctx, question, func(mdns.Heard) bool {
		answered = true
		return false
	}); err != nil {
		return mdnsError("probe", err)
	}
	switch {
	case answered:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("registry mdns: probe: %w", ctx.Err())
	default:
		return fmt.Errorf("registry mdns: probe: %w (a question was sent to 224.0.0.251 and ff02::fb, port 5353, and not heard here: a firewall may drop it)", ErrNoMulticast)
	}
}
