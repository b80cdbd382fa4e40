package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"time"
)

// certificateLife is how long a certificate that a server makes itself is valid.
const certificateLife = 365 * 24 * time.Hour

// secureConfig returns a copy of the options' TLS configuration that only speaks what this transport does.
func secureConfig(o Options) *tls.Config {
	config := o.TLSConfig.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	return config
}

// clientTLS returns the configuration for a connection to addr.
func clientTLS(o Options, addr string) *tls.Config {
	config := secureConfig(o)
	config.NextProtos = []string{"http/1.1"}
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

// serverTLS returns the configuration for a listener, with a certificate of its own making when none is given; nil
// when TLS is not asked for.
func serverTLS(o Options, addr net.Addr) (*tls.Config, error) {
	if !o.Secure && o.TLSConfig == nil {
		return nil, nil
	}
	config := secureConfig(o)
	config.NextProtos = []string{"http/1.1"}
	if len(config.Certificates) > 0 || config.GetCertificate != nil || config.GetConfigForClient != nil {
		return config, nil
	}
	certificate, err := selfSigned(addr)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	config.Certificates = []tls.Certificate{certificate}
	return config, nil
}

// selfSigned makes an ECDSA P-256 certificate for the address, or for all of this machine's when it is unspecified.
func selfSigned(addr net.Addr) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{Organization: []string{"self-signed"}},
		NotBefore:             now.Add(-time.Hour), // clocks differ
		NotAfter:              now.Add(certificateLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           addressesOf(addr),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

func addressesOf(addr net.Addr) []net.IP {
	if tcp, ok := addr.(*net.TCPAddr); ok && !tcp.IP.IsUnspecified() {
		return []net.IP{tcp.IP}
	}
	var ips []net.IP
	locals, err := net.InterfaceAddrs()
	if err != nil {
		return nil // a certificate for localhost only
	}
	for _, local := range locals {
		if network, ok := local.(*net.IPNet); ok {
			ips = append(ips, network.IP)
		}
	}
	return ips
}
