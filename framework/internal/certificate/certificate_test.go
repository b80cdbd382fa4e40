package certificate_test

import (
	"crypto/x509"
	"net"
	"testing"

	"github.com/microtop/microtop/framework/internal/certificate"
)

func TestACertificateNamesWhereItListens(t *testing.T) {
	for name, c := range map[string]struct {
		listening net.IP
		fits, not string
	}{
		"one address":   {net.IPv4(10, 1, 2, 3), "10.1.2.3", "127.0.0.1"},
		"IPv6":          {net.ParseIP("fd00::1"), "fd00::1", "127.0.0.1"},
		"every address": {net.IPv6unspecified, "127.0.0.1", "192.0.2.1"},
		"by its name":   {net.IPv4(127, 0, 0, 1), "localhost", "example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			made, err := certificate.SelfSigned(&net.TCPAddr{IP: c.listening, Port: 1})
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := x509.ParseCertificate(made.Certificate[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := parsed.VerifyHostname(c.fits); err != nil {
				t.Error(err)
			}
			if err := parsed.VerifyHostname(c.not); err == nil {
				t.Errorf("it is good for %s too", c.not)
			}
		})
	}
}
