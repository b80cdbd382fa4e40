package http

import (
	"context"
	"crypto/tls"
	"net"
	stdhttp "net/http"
	"sync"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/limits"
)

type (
	tlsKey       struct{}
	transportKey struct{}
	answerKey    struct{}
)

// value is the value of one of this package's options; its zero value when it was not given.
func value[T any](ctx context.Context, key any) T {
	var none T
	if ctx == nil {
		return none
	}
	found, _ := ctx.Value(key).(T)
	return found
}

func set(key, value any) client.Option {
	return func(o *client.Options) {
		ctx := o.Context
		if ctx == nil {
			ctx = context.Background()
		}
		o.Context = context.WithValue(ctx, key, value)
	}
}

// AuthTLS makes every call use TLS, 1.2 or later. Without it, addresses that begin with https:// do.
func AuthTLS(t *tls.Config) client.Option { return set(tlsKey{}, t) }

// Transport sets what connections are made with, in place of one that keeps client.PoolSize idle connections an address
// for client.PoolTTL. With its Proxy set to http.ProxyFromEnvironment, the variables count. It is the caller's to close.
func Transport(t *stdhttp.Transport) client.Option { return set(transportKey{}, t) }

// MaxAnswerBytes bounds the body of an answer. Default 4 MiB.
func MaxAnswerBytes(n int) client.Option { return set(answerKey{}, n) }

// mostOf is how many bytes an answer may have.
func mostOf(o client.Options) int {
	if n := value[int](o.Context, answerKey{}); n > 0 {
		return n
	}
	return limits.Default().MessageBytes
}

// conns are the connections of a client, made when first used.
type conns struct {
	mu   sync.Mutex
	made *stdhttp.Transport
}

func (c *conns) open(o client.Options) *stdhttp.Transport {
	if given := value[*stdhttp.Transport](o.Context, transportKey{}); given != nil {
		return given
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil {
		c.made = newTransport(o)
	}
	return c.made
}

func newTransport(o client.Options) *stdhttp.Transport {
	bounds := limits.Default()
	dialer := net.Dialer{Timeout: o.CallOptions.DialTimeout}
	t := &stdhttp.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: bounds.TLSHandshakeTimeout, ForceAttemptHTTP2: true, DisableCompression: true,
		MaxIdleConnsPerHost: o.PoolSize, IdleConnTimeout: o.PoolTTL, MaxResponseHeaderBytes: int64(bounds.HeaderBytes),
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if config := value[*tls.Config](o.Context, tlsKey{}); config != nil {
		t.TLSClientConfig = config.Clone()
		t.TLSClientConfig.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	}
	return t
}

// close closes the idle connections; those in use are closed when their calls end.
func (c *conns) close() {
	c.mu.Lock()
	old := c.made
	c.made = nil
	c.mu.Unlock()
	if old != nil {
		old.CloseIdleConnections()
	}
}
