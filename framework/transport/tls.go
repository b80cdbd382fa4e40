package transport

import (
	"crypto/tls"
	"fmt"
	"net"

	"github.com/microtop/microtop/framework/internal/certificate"
)

// secureConfig returns a copy of the options' TLS configuration that speaks TLS 1.2 or later.
func secureConfig(o Options) *tls.Config {
	config := o.TLSConfig.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	return config
}

// ClientTLS returns the configuration for a connection to addr that speaks a protocol (ALPN); nil when TLS is not asked for.
func (o Options) ClientTLS(addr, protocol string) *tls.Config {
	if !o.Secure && o.TLSConfig == nil {
		return nil
	}
	config := secureConfig(o)
	config.NextProtos = []string{protocol}
	if config.ServerName == "" {
		if host, _, err := net.SplitHostPort(addr); err == nil {
			config.ServerName = host
		}
	}
	if o.insecure() {
		config.InsecureSkipVerify = true //nolint:forbidigo // the one explicit option
	}
	return config
}

// Verified reports whether connections use TLS and check who the peer is.
func (o Options) Verified() bool {
	if o.TLSConfig != nil && o.TLSConfig.InsecureSkipVerify { //nolint:forbidigo // asks, does not set
		return false
	}
	return (o.Secure || o.TLSConfig != nil) && !o.insecure()
}

// ServerTLS returns the configuration for a listener that speaks a protocol (ALPN), with a certificate of its own making
// when none is given; nil when TLS is not asked for.
func (o Options) ServerTLS(addr net.Addr, protocol string) (*tls.Config, error) {
	if !o.Secure && o.TLSConfig == nil {
		return nil, nil
	}
	config := secureConfig(o)
	config.NextProtos = []string{protocol}
	if len(config.Certificates) > 0 || config.GetCertificate != nil || config.GetConfigForClient != nil {
		return config, nil
	}
	certificate, err := certificate.SelfSigned(addr)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	config.Certificates = []tls.Certificate{certificate}
	return config, nil
}
