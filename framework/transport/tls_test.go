package transport_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/internal/tlstest"
	"github.com/microtop/microtop/framework/transport"
)

// exchange says whether a client with the options gets an answer from a server with the options.
func exchange(t *testing.T, server, client []transport.Option) error {
	t.Helper()
	l, _ := listen(t, transport.NewHTTPTransport(server...), echoOnce)
	c, err := transport.NewHTTPTransport(client...).Dial(l.Addr(), transport.WithTimeout(patience))
	if err != nil {
		rescue(t, l.Addr(), server)
		return err
	}
	defer func() { _ = c.Close() }() // tested elsewhere
	if err := c.(transport.Deadliner).SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if err = c.Send(&transport.Message{Body: []byte("x")}); err == nil {
		err = c.Recv(&transport.Message{})
	}
	if err != nil {
		rescue(t, l.Addr(), server)
	}
	return err
}

// rescue gives listen the connection whose end it waits for.
func rescue(t *testing.T, addr string, server []transport.Option) {
	t.Helper()
	o := transport.NewHTTPTransport(server...).Options()
	if !o.Secure && o.TLSConfig == nil {
		return // its connections are served without a handshake
	}
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
	if o.TLSConfig != nil && o.TLSConfig.ClientAuth != tls.NoClientCert {
		config.Certificates = o.TLSConfig.Certificates
	}
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", addr, config)
	if err != nil {
		t.Fatalf("the server serves nobody: %v", err)
	}
	_ = conn.Close() // it was only to be there
}

func echoOnce(s transport.Socket) {
	var m transport.Message
	if s.Recv(&m) == nil {
		_ = s.Send(&m) // the client tells
	}
}

func TestS14_A187_TLS(t *testing.T) {
	own, other := tlstest.NewAuthority(t), tlstest.NewAuthority(t)
	good := own.Issue(t, nil)
	serve := func(certificate tls.Certificate) []transport.Option {
		return []transport.Option{transport.TLSConfig(&tls.Config{Certificates: []tls.Certificate{certificate}})}
	}
	trust := func(config *tls.Config) []transport.Option {
		if config.RootCAs == nil {
			config.RootCAs = own.Pool
		}
		return []transport.Option{transport.TLSConfig(config)}
	}
	mutual := []transport.Option{transport.TLSConfig(&tls.Config{
		Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: own.Pool,
	})}
	secure := []transport.Option{transport.Secure(true)}
	for name, c := range map[string]struct {
		server, client []transport.Option
		err            string // "" for success
	}{
		"trusted":                      {serve(good), trust(&tls.Config{}), ""},
		"another name that is its":     {serve(good), trust(&tls.Config{ServerName: "name.example"}), ""},
		"self-signed":                  {secure, secure, "certificate"},
		"self-signed, explicitly":      {secure, []transport.Option{transport.Secure(true), transport.Insecure()}, ""},
		"expired":                      {serve(own.Issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })), trust(&tls.Config{}), "expired"},
		"not valid yet":                {serve(own.Issue(t, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })), trust(&tls.Config{}), "not yet valid"},
		"another host":                 {serve(good), trust(&tls.Config{ServerName: "elsewhere.example"}), "elsewhere.example"},
		"another authority":            {serve(good), trust(&tls.Config{RootCAs: other.Pool}), "unknown authority"},
		"not for servers":              {serve(own.Issue(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })), trust(&tls.Config{}), "key usage"},
		"an old version":               {serve(good), trust(&tls.Config{MaxVersion: tls.VersionTLS11}), "version"},
		"an old version, allowed":      {serve(good), trust(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}), "version"},
		"mutual":                       {mutual, trust(&tls.Config{Certificates: []tls.Certificate{good}}), ""},
		"no client certificate":        {mutual, trust(&tls.Config{}), "certificate required"},
		"another's client certificate": {mutual, trust(&tls.Config{Certificates: []tls.Certificate{other.Issue(t, nil)}}), "certificate"},
		"plain client":                 {serve(good), nil, "400 Bad Request: this port speaks TLS"},
		"plain server":                 {nil, trust(&tls.Config{}), "first record does not look like a TLS handshake"},
	} {
		t.Run(name, func(t *testing.T) {
			err := exchange(t, c.server, c.client)
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}

// TestS14_ConfigIsLeftAlone lets two transports share one configuration.
func TestS14_ConfigIsLeftAlone(t *testing.T) {
	a := tlstest.NewAuthority(t)
	server := &tls.Config{Certificates: []tls.Certificate{a.Issue(t, nil)}}
	client := &tls.Config{RootCAs: a.Pool}
	for range 2 {
		if err := exchange(t, []transport.Option{transport.TLSConfig(server)}, []transport.Option{transport.TLSConfig(client), transport.Insecure()}); err != nil {
			t.Error(err)
		}
	}
	if client.InsecureSkipVerify || client.ServerName != "" || client.NextProtos != nil || client.MinVersion != 0 || server.MinVersion != 0 || server.NextProtos != nil {
		t.Error("the caller's configuration was changed")
	}
}

func TestS14_Rotation(t *testing.T) {
	a := tlstest.NewAuthority(t)
	var current atomic.Pointer[tls.Certificate]
	rotate := func() {
		next := a.Issue(t, nil)
		current.Store(&next)
	}
	rotate()
	tr := transport.NewHTTPTransport(transport.TLSConfig(&tls.Config{
		RootCAs:        a.Pool,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return current.Load(), nil },
	}))
	l, _ := listen(t, tr, echoOnce)
	for range 20 {
		c, err := tr.Dial(l.Addr(), transport.WithTimeout(patience))
		if err != nil {
			t.Fatal(err)
		}
		rotate()
		if err := c.Send(&transport.Message{}); err != nil {
			t.Error(err)
		}
		if err := c.Recv(&transport.Message{}); err != nil {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestCertificateOfItsOwn is what a v4 client, which skips verification, finds.
func TestCertificateOfItsOwn(t *testing.T) {
	l, _ := listen(t, transport.NewHTTPTransport(transport.Secure(true)), echoOnce)
	conn, err := tls.Dial("tcp", l.Addr(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // it was only to look
	state := conn.ConnectionState()
	certificate := state.PeerCertificates[0]
	if key, ok := certificate.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() {
		t.Errorf("key %T", certificate.PublicKey)
	}
	if err := certificate.VerifyHostname("127.0.0.1"); err != nil {
		t.Error(err)
	}
	if state.Version < tls.VersionTLS12 || state.NegotiatedProtocol != "http/1.1" {
		t.Errorf("version %x, protocol %q", state.Version, state.NegotiatedProtocol)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	trusting := transport.NewHTTPTransport(transport.TLSConfig(&tls.Config{RootCAs: pool}))
	c, err := trusting.Dial(l.Addr(), transport.WithTimeout(patience))
	if err != nil {
		t.Fatalf("a client that trusts it: %v", err)
	}
	_ = c.Close() // it was only to connect
}
