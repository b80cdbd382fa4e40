package grpc

import (
	"crypto/tls"
	"errors"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/limits"
)

// pool holds a connection an address. gRPC makes calls on it side by side, and connects again by itself.
type pool struct {
	mu    sync.Mutex
	open  map[string]*conn
	swept time.Time // when it was last looked for those that nobody uses
}

// conn is a connection with the calls on it.
type conn struct {
	grpc    *grpc.ClientConn
	options []grpc.CallOption // of each call

	pool  *pool
	calls int       // under way; guarded by pool.mu
	used  time.Time // when the last one began or ended
}

// get returns the connection to an address and whether it was there, with a call counted in; done counts it out. Those
// that nobody has used for the pool's TTL are closed on the way.
func (p *pool) get(address string, o client.Options) (c *conn, reused bool, err error) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.swept) > o.PoolTTL/8 {
		p.sweep(address, now, o.PoolTTL)
	}
	if c, reused = p.open[address]; !reused {
		if c, err = dial(address, o); err != nil {
			return nil, false, err
		}
		c.pool = p
		p.open[address] = c
	}
	c.calls++
	c.used = now
	return c, reused, nil
}

// sweep closes what nobody has used for ttl, but for the connection to address. p.mu is held.
func (p *pool) sweep(address string, now time.Time, ttl time.Duration) {
	p.swept = now
	for name, c := range p.open {
		if c.calls == 0 && name != address && now.Sub(c.used) > ttl {
			delete(p.open, name)
			_ = c.grpc.Close() // nothing runs on it
		}
	}
}

func (c *conn) done() {
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	c.calls--
	c.used = time.Now()
}

// close closes every connection. The pool can be used again.
func (p *pool) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var failed []error
	for name, c := range p.open {
		delete(p.open, name)
		failed = append(failed, c.grpc.Close())
	}
	return errors.Join(failed...)
}

// dial makes a connection; gRPC opens it with the first call, and closes it when it has been idle for the pool's TTL.
func dial(address string, o client.Options) (*conn, error) {
	bounds := limits.Default()
	receive, send := bounds.MessageBytes, bounds.MessageBytes
	if n := value[int](o.Context, maxRecvKey{}); n > 0 {
		receive = n
	}
	if n := value[int](o.Context, maxSendKey{}); n > 0 {
		send = n
	}
	opts := []grpc.DialOption{
		grpc.WithTransportCredentials(secure(address, o)),
		grpc.WithIdleTimeout(o.PoolTTL),
		grpc.WithMaxHeaderListSize(uint32(bounds.HeaderBytes)), //nolint:gosec // a small positive number
		grpc.WithNoProxy(),                                     // calls inside a fleet
	}
	c := &conn{options: []grpc.CallOption{grpc.MaxCallRecvMsgSize(receive), grpc.MaxCallSendMsgSize(send)}}
	if own := value[[]grpc.DialOption](o.Context, dialOptionsKey{}); len(own) > 0 {
		opts = append(append(opts, grpc.WithDefaultCallOptions(c.options...)), own...) // theirs win
		c.options = nil
	}
	var err error
	c.grpc, err = grpc.NewClient("passthrough:///"+strings.TrimPrefix(address, "https://"), opts...)
	return c, err
}

// secure chooses between TLS and none.
func secure(address string, o client.Options) credentials.TransportCredentials {
	config := value[*tls.Config](o.Context, tlsKey{})
	switch {
	case config != nil:
		config = config.Clone()
		config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
		return credentials.NewTLS(config)
	case strings.HasPrefix(address, "https://"), strings.HasSuffix(address, ":443"):
		return credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	return insecure.NewCredentials()
}
