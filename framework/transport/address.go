package transport

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// address is a parsed listen address: a host and the ports to try, in order. Port 0 is any free one.
type address struct {
	host     string
	min, max int
}

// parseAddress parses "host:port", ":port" and "host:min-max"; "" is ":0".
func parseAddress(text string) (address, error) {
	if text == "" {
		return address{}, nil
	}
	host, ports, err := net.SplitHostPort(text)
	if err != nil {
		return address{}, fmt.Errorf("address %q: %w", text, err)
	}
	first, last, ranged := strings.Cut(ports, "-")
	if !ranged {
		last = first
	}
	from, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return address{}, fmt.Errorf("address %q: port %q is not a number up to 65535", text, first)
	}
	to, err := strconv.ParseUint(last, 10, 16)
	if err != nil || to < from {
		return address{}, fmt.Errorf("address %q: %q is not a range of ports", text, ports)
	}
	return address{host: host, min: int(from), max: int(to)}, nil
}

// listenTCP opens a listener on the first port of the address that is free.
func listenTCP(ctx context.Context, text string) (net.Listener, error) {
	addr, err := parseAddress(text)
	if err != nil {
		return nil, err
	}
	var config net.ListenConfig
	for port := addr.min; ; port++ {
		l, err := config.Listen(ctx, "tcp", net.JoinHostPort(addr.host, strconv.Itoa(port)))
		if err == nil {
			return l, nil
		}
		if port == addr.max {
			return nil, fmt.Errorf("listen on %s: %w", text, err)
		}
	}
}
