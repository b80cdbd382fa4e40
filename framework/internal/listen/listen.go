// Package listen opens listeners on the addresses that servers are given: host:port, :port, host:min-max.
// Start with [TCP].
package listen

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Address is where to listen: a host and the ports to try, in order. Port 0 is any free one.
type Address struct {
	Host     string
	Min, Max int
}

// Parse parses "host:port", ":port" and "host:min-max"; "" is ":0".
func Parse(text string) (Address, error) {
	if text == "" {
		return Address{}, nil
	}
	host, ports, err := net.SplitHostPort(text)
	if err != nil {
		return Address{}, fmt.Errorf("address %q: %w", text, err)
	}
	first, last, ranged := strings.Cut(ports, "-")
	if !ranged {
		last = first
	}
	from, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return Address{}, fmt.Errorf("address %q: port %q is not a number up to 65535", text, first)
	}
	to, err := strconv.ParseUint(last, 10, 16)
	if err != nil || to < from {
		return Address{}, fmt.Errorf("address %q: %q is not a range of ports", text, ports)
	}
	return Address{Host: host, Min: int(from), Max: int(to)}, nil
}

// TCP opens a listener on the first port of the address that is free.
func TCP(ctx context.Context, text string) (net.Listener, error) {
	addr, err := Parse(text)
	if err != nil {
		return nil, err
	}
	var config net.ListenConfig
	for port := addr.Min; ; port++ {
		l, err := config.Listen(ctx, "tcp", net.JoinHostPort(addr.Host, strconv.Itoa(port)))
		if err == nil {
			return l, nil
		}
		if port == addr.Max {
			return nil, fmt.Errorf("listen on %s: %w", text, err)
		}
	}
}
