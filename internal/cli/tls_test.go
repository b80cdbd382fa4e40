package cli_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	stock "google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/reflection"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
	grpctransport "github.com/microtop/microtop/framework/transport/grpc"
)

// authority issues certificates to files of a folder.
type authority struct {
	dir         string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	a.certificate, a.key = a.sign(t, "ca", template)
	return a
}

// sign writes NAME.pem and NAME.key.
func (a *authority) sign(t *testing.T, name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, a.file(name+".pem"), "CERTIFICATE", der)
	writePEM(t, a.file(name+".key"), "PRIVATE KEY", private)
	return certificate, key
}

func writePEM(t *testing.T, name, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// issue returns a certificate for an address, which is also in NAME.pem and NAME.key.
func (a *authority) issue(t *testing.T, name string, ip net.IP) tls.Certificate {
	t.Helper()
	a.sign(t, name, &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{ip},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	pair, err := tls.LoadX509KeyPair(a.file(name+".pem"), a.file(name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// mutual asks callers for a certificate of the authority too.
func (a *authority) mutual(own tls.Certificate) *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return &tls.Config{Certificates: []tls.Certificate{own}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
}

func plainTLS(own tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{own}}
}

// secureMUCP starts a mucp server and returns its address; no configuration is no TLS.
func secureMUCP(t *testing.T, config *tls.Config) string {
	t.Helper()
	return secureServer(t, transport.NewHTTPTransport, config)
}

// secureOver does so over the gRPC transport.
func secureOver(t *testing.T, config *tls.Config) string {
	t.Helper()
	return secureServer(t, grpctransport.NewTransport, config)
}

func secureServer(t *testing.T, newTransport func(...transport.Option) transport.Transport, config *tls.Config) string {
	t.Helper()
	open := newTransport()
	if config != nil {
		open = newTransport(transport.TLSConfig(config))
	}
	s := server.NewServer(server.Transport(open), server.Name(fleet.Service), server.Address("127.0.0.1:0"), server.Registry(registry.NewMemoryRegistry()),
		server.Broker(broker.NewMemoryBroker()), server.WithLogger(servertest.Logger()))
	if err := s.Handle(s.NewHandler(new(fleet.Greeter))); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s.Options().Address
}

// secureGRPC starts a plain gRPC server with reflection and returns its address; no configuration is no TLS.
func secureGRPC(t *testing.T, config *tls.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var opts []stock.ServerOption
	if config != nil {
		opts = append(opts, stock.Creds(credentials.NewTLS(config)))
	}
	s := stock.NewServer(opts...)
	grpc_testing.RegisterTestServiceServer(s, testService{})
	reflection.Register(s)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// Nodes are called over TLS when a flag says so, verified unless --insecure, and what fails says how to go on.
func TestTLS(t *testing.T) {
	a, w := newAuthority(t), newWorld(t)
	ca, good, wrong := a.file("ca.pem"), a.issue(t, "node", net.IPv4(127, 0, 0, 1)), a.issue(t, "other", net.IPv4(10, 9, 8, 7))
	shown := []string{"--ca", ca, "--cert", a.file("node.pem"), "--key", a.file("node.key")}
	hello := []string{fleet.Service, "Greeter.Hello", `{"name":"Ann"}`}
	for protocol, p := range map[string]struct {
		serve       func(*testing.T, *tls.Config) string
		said, found []string // flags that say the protocol, and those with which it is found out
		call        []string
	}{
		"mucp":           {secureMUCP, []string{"--protocol", "mucp"}, nil, hello},
		"mucp over grpc": {secureOver, []string{"--protocol", "mucp", "--transport", "grpc"}, []string{"--transport", "grpc"}, hello},
		"grpc":           {secureGRPC, []string{"--protocol", "grpc"}, nil, []string{"grpc.testing.TestService", "UnaryCall", `{}`}},
	} {
		plain, secured, strange, mutual := p.serve(t, nil), p.serve(t, plainTLS(good)), p.serve(t, plainTLS(wrong)), p.serve(t, a.mutual(good))
		for _, tt := range []struct {
			name, address string
			flags         []string
			code          int
			want          string // on standard error
		}{
			{"its authority", secured, []string{"--ca", ca}, 0, ""},
			{"nobody verifies", secured, []string{"--insecure"}, 0, "--insecure: nodes are not verified"},
			{"nobody verifies the name", strange, []string{"--insecure"}, 0, "--insecure: nodes are not verified"},
			{"an authority that nobody knows", secured, []string{"--tls"}, 1, ": name the file of its authority with --ca"},
			{"another host's certificate", strange, []string{"--ca", ca}, 1, ": say which name it must have with --servername"},
			{"a certificate of another name that is asked for", strange, []string{"--ca", ca, "--servername", "10.9.8.7"}, 0, ""},
			{"a name that the certificate has not", secured, []string{"--ca", ca, "--servername", "shop.example"}, 1, "say which name or address it must have"},
			{"a node without TLS", plain, []string{"--tls"}, 1, "it speaks no TLS: leave --tls"},
			{"both ends", mutual, shown, 0, ""},
			{"no certificate where one is asked for", mutual, []string{"--ca", ca}, 1, "give one with --cert and --key"},
		} {
			t.Run(protocol+" "+tt.name, func(t *testing.T) {
				args := slices.Concat([]string{"call", "--address", tt.address, "--retries", "0", "--timeout", "10s"}, p.said, tt.flags, p.call)
				if got := w.run(t, args...).status(t, tt.code); !strings.Contains(got.err, tt.want) {
					t.Errorf("%q lacks %q", got.err, tt.want)
				}
			})
		}
		t.Run(protocol+" is found out over TLS", func(t *testing.T) {
			w.run(t, slices.Concat([]string{"call", "--address", secured, "--ca", ca}, p.found, p.call)...).status(t, 0)
		})
	}
}

// Flags that make no sense are refused before anything is asked.
func TestTLSFlags(t *testing.T) {
	a, w := newAuthority(t), newWorld(t)
	a.issue(t, "one", net.IPv4(127, 0, 0, 1))
	a.issue(t, "two", net.IPv4(127, 0, 0, 1))
	for _, tt := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--cert", a.file("one.pem")}, "--cert without --key"},
		{[]string{"--key", a.file("one.key")}, "--key without --cert"},
		{[]string{"--ca", a.file("none.pem")}, "--ca"},
		{[]string{"--ca", a.file("one.key")}, "there is no certificate in it"},
		{[]string{"--ca", a.dir}, "it is no plain file"},
		{[]string{"--ca", a.file("ca.pem"), "--insecure"}, "leave one out"},
		{[]string{"--cert", a.file("one.pem"), "--key", a.file("two.key")}, "private key does not match"},
		{[]string{"--cert", a.file("one.key"), "--key", a.file("one.key")}, "both must be PEM"},
	} {
		t.Run(strings.Join(tt.flags, " "), func(t *testing.T) {
			got := w.run(t, append([]string{"services"}, tt.flags...)...).status(t, 2)
			if !strings.Contains(got.err, tt.want) {
				t.Errorf("%q lacks %q", got.err, tt.want)
			}
		})
	}
}
