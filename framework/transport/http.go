package transport

import (
	"crypto/tls"
	"sync"
)

// DefaultTransport serves programs that name no transport. It opens nothing until used.
var DefaultTransport = NewHTTPTransport()

// NewHTTPTransport returns the HTTP/1.1 transport (docs/wire.md §2): one TCP connection per socket, a POST per message
// of the client, a 200 per message of the server, in any order.
//
// Peers are bounded by WithLimits. With Secure or TLSConfig connections use TLS 1.2 or later, and a client verifies the
// server's certificate (v4 does not): give it RootCAs in TLSConfig, or Insecure. A server without a certificate makes
// itself one. HTTPS_PROXY is not looked at (v4 does): a proxy is a WithDialer.
func NewHTTPTransport(opts ...Option) Transport {
	t := &httpTransport{}
	_ = t.Init(opts...) // only sets fields
	return t
}

// alpn is what the transport is called in TLS.
const alpn = "http/1.1"

type httpTransport struct {
	mu   sync.Mutex
	opts Options
}

var _ Transport = (*httpTransport)(nil)

// Init implements Transport.
func (t *httpTransport) Init(opts ...Option) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.opts = t.opts.with(opts)
	return nil
}

// Options implements Transport.
func (t *httpTransport) Options() Options {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.opts
}

// String implements Transport.
func (t *httpTransport) String() string { return "http" }

// Dial implements Transport.
func (t *httpTransport) Dial(addr string, opts ...DialOption) (Client, error) {
	var dial DialOptions
	for _, set := range opts {
		set(&dial)
	}
	ctx, cancel := dial.Bounded()
	defer cancel()
	o := t.Options()
	conn, err := o.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if config := o.ClientTLS(addr, alpn); config != nil {
		secured := tls.Client(conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			_ = conn.Close() // the handshake's error says what matters
			return nil, err
		}
		conn = secured
	}
	return newHTTPClient(conn, addr, o), nil
}

// Listen implements Transport.
func (t *httpTransport) Listen(addr string, opts ...ListenOption) (Listener, error) {
	var options ListenOptions
	for _, set := range opts {
		set(&options)
	}
	l, err := options.Listen(addr)
	if err != nil {
		return nil, err
	}
	o := t.Options()
	config, err := o.ServerTLS(l.Addr(), alpn)
	if err != nil {
		_ = l.Close() // err says what matters
		return nil, err
	}
	return newHTTPListener(l, o, config), nil
}
