package profiling

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// maxURL is the longest profiler address taken, in bytes.
const maxURL = 2048

// parseProfilerURL reads a profiler's address, with or without a scheme, and
// fills in /debug/pprof.
func parseProfilerURL(address string) (*url.URL, error) {
	if len(address) > maxURL {
		return nil, fmt.Errorf("profiler address is longer than %d bytes", maxURL)
	}
	text := strings.TrimSpace(address)
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("profiler address %q: give http://host:port/debug/pprof", address)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("profiler address %q: only http and https are allowed", address)
	case u.User != nil:
		return nil, fmt.Errorf("profiler address %q: it must not hold a user name or password", u.Redacted())
	case u.RawQuery != "" || u.Fragment != "" || u.Opaque != "":
		return nil, fmt.Errorf("profiler address %q: leave out everything after the path", address)
	case u.Hostname() == "":
		return nil, fmt.Errorf("profiler address %q: it names no host", address)
	case !isHost(u.Hostname()):
		return nil, fmt.Errorf("profiler address %q: %q is no host name", address, u.Hostname())
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/debug/pprof"
	}
	return u, nil
}

// SafeProfilerURL decides whether the profiler address in a node's metadata may
// be used, and gives it as a whole URL for [HTTPSource]. Anyone on the network
// can register a node, so a loopback address counts only when the node itself
// is on this host: when nodeAddr's host is loopback or one of localIPs. An
// address without a host (":6060", "0.0.0.0:6060") means the node's own.
func SafeProfilerURL(metadataAddr, nodeAddr string, localIPs []netip.Addr) (string, error) {
	if metadataAddr == "" {
		return "", fmt.Errorf("node announces no profiler address")
	}
	nodeHost, err := hostOf(nodeAddr)
	if err != nil {
		return "", fmt.Errorf("node address %q: %w", nodeAddr, err)
	}
	if strings.HasPrefix(metadataAddr, ":") {
		metadataAddr = "0.0.0.0" + metadataAddr
	}
	u, err := parseProfilerURL(metadataAddr)
	if err != nil {
		return "", err
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.Unmap().IsUnspecified() {
		u.Host = withHost(nodeHost, u.Port())
	}
	if mayBeLoopback(u.Hostname()) && !onThisHost(nodeHost, localIPs) {
		return "", fmt.Errorf("node at %s announces the profiler %s, which would be this host's own: refused", nodeAddr, u.Host)
	}
	return u.String(), nil
}

func withHost(host, port string) string {
	if port != "" {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// hostOf is the host in host:port, or the whole if there is no port.
func hostOf(address string) (string, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = strings.Trim(address, "[]")
	}
	if !isHost(host) {
		return "", fmt.Errorf("it names no host")
	}
	return host, nil
}

func onThisHost(host string, localIPs []netip.Addr) bool {
	if isLoopback(host) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(localIPs, func(l netip.Addr) bool {
		return l.Unmap().WithZone("") == ip.Unmap().WithZone("")
	})
}

// isHost reports whether text can be a host: an IP or a plain name.
func isHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
	})
}

// isLoopback reports whether a host says by itself that it is this one.
func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// mayBeLoopback also counts what reaches this host in a roundabout way: the
// unspecified address, and what reads like a number but is no plain IP ("127.1",
// "0x7f000001", "2130706433"), which resolvers take for one.
func mayBeLoopback(host string) bool {
	if isLoopback(host) {
		return true
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsUnspecified()
	}
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "" && last[0] >= '0' && last[0] <= '9'
}
