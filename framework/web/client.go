package web

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

// caller holds what the clients of a service share. Its zero value is ready.
type caller struct {
	mu    sync.Mutex
	roads *roads // nil until used
}

// client returns a client of the services in r.
func (c *caller) client(r registry.Registry, config *tls.Config) *http.Client {
	return &http.Client{Transport: roundTripper{caller: c, registry: r, tls: config}}
}

// open returns the roads to the services in r. Those to another registry are closed.
func (c *caller) open(r registry.Registry, config *tls.Config) *roads {
	current, old := c.swap(r, config)
	if old != nil {
		_ = old.close() // nobody uses it any more
	}
	return current
}

func (c *caller) swap(r registry.Registry, config *tls.Config) (current, old *roads) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.roads == nil || c.roads.registry != r || c.roads.tls != config {
		old = c.roads
		c.roads = newRoads(r, config)
	}
	return c.roads, old
}

func (c *caller) close() error {
	c.mu.Lock()
	old := c.roads
	c.roads = nil
	c.mu.Unlock()
	if old == nil {
		return nil
	}
	return old.close()
}

// roads are a selector and connections.
type roads struct {
	registry registry.Registry
	tls      *tls.Config
	selector selector.Selector
	conns    *http.Transport
}

func newRoads(r registry.Registry, config *tls.Config) *roads {
	l := limits.Default()
	t := &http.Transport{
		MaxIdleConnsPerHost: l.StreamsPerConn, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: l.TLSHandshakeTimeout,
		MaxResponseHeaderBytes: int64(l.HeaderBytes), ForceAttemptHTTP2: true,
	}
	if config != nil {
		t.TLSClientConfig = config.Clone()
		t.TLSClientConfig.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	}
	return &roads{registry: r, tls: config, selector: selector.NewSelector(selector.Registry(r)), conns: t}
}

func (r *roads) close() error {
	r.conns.CloseIdleConnections()
	return r.selector.Close()
}

// roundTripper sends a request to a node of the service that its URL names.
type roundTripper struct {
	caller   *caller
	registry registry.Registry
	tls      *tls.Config
}

// RoundTrip implements http.RoundTripper.
func (t roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	roads, name := t.caller.open(t.registry, t.tls), req.URL.Host
	next, err := roads.selector.Select(name)
	var node *registry.Node
	if err == nil {
		node, err = next()
	}
	if err == nil {
		if err = registry.ValidateAddress(node.Address); err != nil {
			roads.selector.Mark(name, node, err)
		}
	}
	if err != nil {
		if req.Body != nil {
			err = errors.Join(err, req.Body.Close())
		}
		return nil, fmt.Errorf("web client: service %s: %w", name, err)
	}
	sent := req.Clone(req.Context())
	sent.URL.Host = node.Address
	rsp, err := roads.conns.RoundTrip(sent)
	roads.selector.Mark(name, node, err)
	return rsp, err
}
