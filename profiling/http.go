package profiling

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// How long an HTTP profiler may keep us waiting, beside the capture itself.
const (
	dialTimeout   = 5 * time.Second
	headerTimeout = 15 * time.Second
)

// HTTPSource captures from net/http/pprof's endpoint. It sends no credentials
// and no cookies, uses no proxy, and follows a redirect only to the same scheme,
// host and port. Unless URL itself names a loopback address, it won't connect to
// one, whatever the host's name resolves to. Addresses that come from the
// registry must go through [SafeProfilerURL] first.
type HTTPSource struct {
	// URL is the endpoint, "http://10.0.0.7:6060/debug/pprof"; without a path,
	// /debug/pprof is meant.
	URL string

	// Client, if set, lends its Transport (for TLS settings), which then decides
	// alone about proxies and loopback. Its jar, redirect rule and timeout are
	// not used.
	Client *http.Client
}

var _ Source = (*HTTPSource)(nil)

// Profile requests one profile; see [Source].
func (s *HTTPSource) Profile(ctx context.Context, kind Kind, d time.Duration) (io.ReadCloser, error) {
	base, err := parseProfilerURL(s.URL)
	if err != nil {
		return nil, err
	}
	target, err := endpoint(base, kind, d)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, fmt.Errorf("profiler address %s: %w", s.URL, err)
	}
	client := &http.Client{CheckRedirect: sameHost(base)}
	var own *http.Transport
	if s.Client != nil && s.Client.Transport != nil {
		client.Transport = s.Client.Transport
	} else {
		own = transport(base, d)
		client.Transport = own
	}
	resp, err := client.Do(req)
	if err != nil {
		closeIdle(own)
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 512))
		_ = resp.Body.Close()
		closeIdle(own)
		return nil, refusal(resp, string(text))
	}
	return &httpBody{ReadCloser: resp.Body, transport: own}, nil
}

func refusal(resp *http.Response, text string) error {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	hint := ""
	if resp.StatusCode == http.StatusNotFound {
		hint = ": does the program import net/http/pprof?"
	}
	return fmt.Errorf("profiler answered %d %s %q%s", resp.StatusCode, http.StatusText(resp.StatusCode), line, hint)
}

// httpBody closes the request's transport with its body.
type httpBody struct {
	io.ReadCloser
	transport *http.Transport
}

func (b *httpBody) Close() error {
	err := b.ReadCloser.Close()
	closeIdle(b.transport)
	return err
}

func closeIdle(t *http.Transport) {
	if t != nil {
		t.CloseIdleConnections()
	}
}

func transport(base *url.URL, d time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout}
	if !isLoopback(base.Hostname()) {
		dialer.Control = refuseLoopback
	}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  d + headerTimeout,
		MaxResponseHeaderBytes: 16 << 10,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
}

// refuseLoopback keeps a name in the registry from reaching this host's own
// services by resolving to 127.0.0.1.
func refuseLoopback(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("profiler address %s: %w", address, err)
	}
	if ip := ap.Addr().Unmap(); ip.IsLoopback() || ip.IsUnspecified() {
		return fmt.Errorf("profiler address resolves to this host (%s): refused", ip)
	}
	return nil
}

func sameHost(base *url.URL) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		if len(via) > 3 {
			return errors.New("profiler redirects without end: refused")
		}
		if req.URL.Scheme != base.Scheme || !strings.EqualFold(req.URL.Host, base.Host) || req.URL.User != nil {
			return fmt.Errorf("profiler redirects to %s://%s: refused", req.URL.Scheme, req.URL.Host)
		}
		return nil
	}
}

func endpoint(base *url.URL, kind Kind, d time.Duration) (string, error) {
	if _, ok := kind.facts(); !ok {
		return "", fmt.Errorf("unknown profile kind %q", kind)
	}
	name := string(kind)
	if kind == CPU {
		name = "profile"
	}
	u := base.JoinPath(name)
	if kind.Timed() {
		seconds := max(1, int(math.Ceil(d.Seconds()))) // the endpoint knows whole seconds only
		u.RawQuery = url.Values{"seconds": {strconv.Itoa(seconds)}}.Encode()
	}
	return u.String(), nil
}
