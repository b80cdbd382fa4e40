package tlstest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Kind is a pair of ends under test.
type Kind struct {
	// Serve serves until the test ends, and returns its address; nil is no TLS.
	Serve func(t *testing.T, config *tls.Config) string
	// Client returns a function that makes a call on a new connection each time; nil is no TLS.
	Client func(t *testing.T, config *tls.Config) func(ctx context.Context, addr string) error
}

const (
	// patience is how long one call may take.
	patience = 5 * time.Second
	// rate is how many calls a second rotation goes on under, for so long.
	rate = 200
)

// Run holds a kind against the twelve rows of S-14, and returns what came of each, in their order.
func Run(t *testing.T, kind Kind, rotating time.Duration) (rows, results []string) {
	m := &matrix{kind: kind, own: NewAuthority(t), other: NewAuthority(t)}
	m.good = m.own.Issue(t, nil)
	for _, row := range []struct {
		name string
		test func(*testing.T) string
	}{
		{"self-signed", m.refused(pair{server: m.serves(m.self(t)), client: m.trusts(&tls.Config{})}, "certificate")},
		{"expired", m.refused(pair{m.serves(m.own.Issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })), m.trusts(&tls.Config{})}, "expired")},
		{"wrong host", m.refused(pair{m.serves(m.good), m.trusts(&tls.Config{ServerName: "elsewhere.example"})}, "elsewhere.example")},
		{"wrong authority", m.refused(pair{m.serves(m.good), m.trusts(&tls.Config{RootCAs: m.other.Pool})}, "unknown authority")},
		{"TLS 1.1", m.refused(pair{m.serves(m.good), m.trusts(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})}, "version")},
		{"no client certificate", m.refused(pair{m.mutual(), m.trusts(&tls.Config{})}, "")},
		{"another's client certificate", m.refused(pair{m.mutual(), m.trusts(&tls.Config{Certificates: []tls.Certificate{m.other.Issue(t, nil)}})}, "")},
		{"rotation under 200 calls/s", func(t *testing.T) string { return m.rotation(t, rotating) }},
		{"SNI", m.names},
		{"plain to TLS", m.refused(pair{m.serves(m.good), nil}, "")},
		{"TLS to plain", m.refused(pair{nil, m.trusts(&tls.Config{})}, "TLS handshake")},
		{"one configuration, two clients", m.shared},
	} {
		t.Run(row.name, func(t *testing.T) {
			rows, results = append(rows, row.name), append(results, row.test(t))
		})
	}
	return rows, results
}

type matrix struct {
	kind       Kind
	own, other *Authority
	good       tls.Certificate
}

type pair struct{ server, client *tls.Config }

func (m *matrix) serves(certificate tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{certificate}}
}

func (m *matrix) mutual() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{m.good}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: m.own.Pool}
}

func (m *matrix) trusts(config *tls.Config) *tls.Config {
	if config.RootCAs == nil {
		config.RootCAs = m.own.Pool
	}
	return config
}

// self is a certificate that nobody vouches for.
func (m *matrix) self(t *testing.T) tls.Certificate {
	t.Helper()
	return NewAuthority(t).Issue(t, nil)
}

// call makes one.
func call(t *testing.T, do func(context.Context, string) error, addr string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return do(ctx, addr)
}

// refused is a row whose call fails in words that hold text. A good pair, between the same ends, must do.
func (m *matrix) refused(p pair, text string) func(*testing.T) string {
	return func(t *testing.T) string {
		begin := time.Now()
		err := call(t, m.kind.Client(t, p.client), m.kind.Serve(t, p.server))
		switch {
		case err == nil:
			t.Error("it was served")
			return "SERVED"
		case !strings.Contains(err.Error(), text):
			t.Errorf("refused with %v, which does not say %q", err, text)
		case time.Since(begin) > patience-time.Second:
			t.Errorf("nobody answered: %v", err)
		}
		return "refused"
	}
}

// rotation gives the server a new certificate ten times a second.
func (m *matrix) rotation(t *testing.T, long time.Duration) string {
	var current atomic.Pointer[tls.Certificate]
	next := make([]tls.Certificate, 4)
	for i := range next {
		next[i] = m.own.Issue(t, nil)
	}
	current.Store(&next[0])
	addr := m.kind.Serve(t, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return current.Load(), nil }})
	do := m.kind.Client(t, m.trusts(&tls.Config{}))
	var calls sync.WaitGroup
	var failed atomic.Int64
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	made := int(long.Seconds() * rate)
	for n := range made {
		<-tick.C
		if n%(rate/10) == 0 {
			current.Store(&next[n/(rate/10)%len(next)])
		}
		calls.Go(func() {
			if err := call(t, do, addr); err != nil {
				failed.Add(1)
				t.Errorf("call %d: %v", n, err)
			}
		})
	}
	calls.Wait()
	return fmt.Sprintf("%d of %d failed", failed.Load(), made)
}

// names lets the server choose its certificate by the name that it is called by.
func (m *matrix) names(t *testing.T) string {
	named := func(name string) *tls.Certificate {
		c := m.own.Issue(t, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{name}, nil })
		return &c
	}
	all := map[string]*tls.Certificate{"a.example": named("a.example"), "b.example": named("b.example")}
	addr := m.kind.Serve(t, &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return all[hello.ServerName], nil }})
	for name := range all {
		if err := call(t, m.kind.Client(t, m.trusts(&tls.Config{ServerName: name})), addr); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := call(t, m.kind.Client(t, m.trusts(&tls.Config{ServerName: "c.example"})), addr); err == nil {
		t.Error("a name without a certificate was served")
	}
	return "each its own"
}

// shared gives one configuration to two clients and a server, which leave it as it is.
func (m *matrix) shared(t *testing.T) string {
	config := m.trusts(m.serves(m.good))
	before := exported(config)
	addr := m.kind.Serve(t, config)
	var calls sync.WaitGroup
	for range 2 {
		do := m.kind.Client(t, config)
		calls.Go(func() {
			if err := call(t, do, addr); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if after := exported(config); !reflect.DeepEqual(before, after) {
		t.Errorf("the configuration was changed from %v to %v", before, after)
		return "CHANGED"
	}
	return "unchanged"
}

// exported are the fields of a configuration that a user can set.
func exported(config *tls.Config) map[string]any {
	out := map[string]any{}
	v := reflect.ValueOf(config).Elem()
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && f.Type.Kind() != reflect.Func {
			out[f.Name] = v.Field(i).Interface()
		}
	}
	return out
}
