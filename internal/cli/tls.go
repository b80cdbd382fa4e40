package cli

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/client/grpc"
	"github.com/microtop/microtop/framework/client/http"
	"github.com/microtop/microtop/framework/transport"
	"github.com/microtop/microtop/introspect"
)

// maxPEM is the largest certificate or key file that is read, in bytes.
const maxPEM = 4 << 20

// tlsFlags say how connections to nodes are secured. Each of them asks for TLS.
type tlsFlags struct {
	on, insecure  bool
	ca, cert, key string
	serverName    string
}

func (f *tlsFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.on, "tls", false, "call nodes over TLS, and verify who they are with the system's authorities")
	flags.StringVar(&f.ca, "ca", "", "a PEM file of the authorities to trust in place of the system's; implies --tls")
	flags.StringVar(&f.cert, "cert", "", "a PEM file of the certificate to show, for nodes that ask for one; with --key, implies --tls")
	flags.StringVar(&f.key, "key", "", "a PEM file of the certificate's private key; with --cert")
	flags.StringVar(&f.serverName, "servername", "", "the name that a node's certificate must have, in place of the host of its address; implies --tls")
	flags.BoolVar(&f.insecure, "insecure", false, "TLS without verifying who the node is: whoever is between can read and change everything")
}

// given reports whether one of the flags is.
func (f tlsFlags) given() bool { return f != tlsFlags{} }

// config is the configuration of TLS, nil without.
func (f tlsFlags) config() (*tls.Config, error) {
	switch {
	case !f.given():
		return nil, nil //nolint:nilnil // TLS was not asked for
	case f.cert != "" && f.key == "":
		return nil, usagef("--cert without --key: name the file of its private key too")
	case f.key != "" && f.cert == "":
		return nil, usagef("--key without --cert: name the file of its certificate too")
	case f.insecure && f.ca != "":
		return nil, usagef("--insecure trusts anybody and --ca only its authorities: leave one out")
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: f.serverName, InsecureSkipVerify: f.insecure} //nolint:forbidigo,gosec // --insecure asks for it, and is said on stderr
	if f.ca != "" {
		text, err := readPEM("--ca", f.ca)
		if err != nil {
			return nil, err
		}
		if config.RootCAs = x509.NewCertPool(); !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, usagef("--ca %s: there is no certificate in it: it must be PEM (-----BEGIN CERTIFICATE-----)", f.ca)
		}
	}
	if f.cert != "" {
		pair, err := f.pair()
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// pair is the certificate to show with its key.
func (f tlsFlags) pair() (tls.Certificate, error) {
	cert, err := readPEM("--cert", f.cert)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := readPEM("--key", f.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return tls.Certificate{}, usagef("--cert %s, --key %s: %w: both must be PEM, the key without a passphrase and the certificate's own", f.cert, f.key, err)
	}
	return pair, nil
}

func readPEM(flag, name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no plain file")
	}
	if err != nil {
		return nil, usagef("%s %s: %w", flag, name, err)
	}
	in, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, usagef("%s: %w", flag, err)
	}
	defer func() { _ = in.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(in, maxPEM+1))
	if err == nil && len(text) > maxPEM {
		err = fmt.Errorf("it is over %d bytes", maxPEM)
	}
	if err != nil {
		return nil, usagef("%s %s: %w", flag, name, err)
	}
	return text, nil
}

// tlsOptions make a client use TLS in every protocol, as the flags say; none without.
func (a *app) tlsOptions(f tlsFlags) ([]client.Option, error) {
	config, err := f.config()
	if config == nil || err != nil {
		return nil, err
	}
	if f.insecure {
		_ = a.errLine("microtop: --insecure: nodes are not verified; whoever is between can read and change what is sent")
	}
	return []client.Option{client.Transport(introspect.Transport(transport.TLSConfig(config))), grpc.AuthTLS(config), http.AuthTLS(config)}, nil
}
