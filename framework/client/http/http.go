// Package http calls services that serve plain HTTP, by their names (docs/wire.md §9.9). Start with [NewClient].
//
//	c := http.NewClient(client.Registry(r))
//	err := c.Call(ctx, c.NewRequest("shop.web", "/orders", order, client.WithContentType("application/json")), &receipt)
//
// A call is a POST to the path that the endpoint names, at a node whose metadata says "protocol": "http". Metadata of the
// context becomes headers. A status that is not 2xx is an error with that code. HTTP_PROXY and the like are not looked at
// unless the option [Transport] gives a Proxy.
package http

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	stdhttp "net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

const (
	// name is the kind of client, and the protocol of the nodes that it calls.
	name = "http"
	// clientID is the id of the errors that the client makes itself (docs/wire.md §3.6).
	clientID = "go.micro.client"
	// DefaultContentType is how bodies are encoded that do not say.
	DefaultContentType = "application/proto"
)

// NewClient returns an HTTP client. The options of package client configure it, and those of this package.
func NewClient(opts ...client.Option) client.Client {
	own := []client.Option{client.ContentType(DefaultContentType), onlyHTTP}
	return client.New(NewDriver, append(own, opts...)...)
}

// onlyHTTP keeps the client from nodes that speak something else.
func onlyHTTP(o *client.Options) {
	client.WithSelectOption(selector.WithFilter(selector.FilterLabel("protocol", name)))(&o.CallOptions)
}

// driver makes calls over HTTP connections.
type driver struct {
	options func() client.Options
	conns   conns
	codecs  codecs
}

var (
	_ client.Driver = (*driver)(nil)
	_ client.Typed  = (*driver)(nil)
)

// NewDriver returns what an HTTP client differs in from others, for client.NewMixed.
func NewDriver(options func() client.Options) client.Driver { return &driver{options: options} }

// String implements client.Driver.
func (d *driver) String() string { return name }

// ContentTypes implements client.Typed.
func (d *driver) ContentTypes() map[string]codec.NewCodec { return own }

// Close implements client.Driver.
func (d *driver) Close() error {
	d.conns.close()
	return nil
}

// Call implements client.Driver.
func (d *driver) Call(ctx context.Context, node *registry.Node, req client.Request, rsp any, o client.CallOptions) error {
	c, err := d.prepare(ctx, node, req)
	if err != nil {
		return err
	}
	c.header.Set(mucp.Timeout, mucp.FormatTimeout(o.RequestTimeout))
	got, err := c.post(ctx, req.Body(), o)
	if err != nil {
		return err
	}
	return c.decode(got, rsp)
}

// call is what the calls to one endpoint of one node have in common.
type call struct {
	driver      *driver
	options     client.Options
	codecs      *mucp.Codecs
	url         string
	header      stdhttp.Header
	contentType string
	request     client.Request
}

// prepare finds out where the request goes, and with what headers.
func (d *driver) prepare(ctx context.Context, node *registry.Node, req client.Request) (*call, error) {
	c := &call{driver: d, options: d.options(), request: req, contentType: req.ContentType(), header: stdhttp.Header{}}
	if c.contentType == "" {
		c.contentType = c.options.ContentType
	}
	c.codecs = d.codecs.of(c.options.Codecs)
	if !c.codecs.Has(c.contentType) {
		return nil, client.NewError(clientID, 500, "", errors.New("unsupported Content-Type: "+c.contentType))
	}
	var err error
	if c.url, err = urlOf(node.Address, req.Endpoint(), value[*tls.Config](c.options.Context, tlsKey{}) != nil); err != nil { //nolint:contextcheck // options live there
		return nil, client.NotRunError(client.NewError(clientID, 500, "", err))
	}
	metadata.Range(ctx, func(key, value string) bool {
		if key = mucp.Canonical(key); !mucp.Reserved(key) && !connectionOwn(key) {
			c.header.Set(key, value)
		}
		return true
	})
	c.header.Set(mucp.ContentType, c.contentType)
	return c, nil
}

// connectionOwn reports whether a header belongs to the connection that it came over.
func connectionOwn(key string) bool {
	return key == "" || key[0] == ':' || key == "Accept-Encoding" || strings.HasPrefix(key, "Proxy-")
}

// urlOf is where an endpoint of a node is: its path, with or without the leading slash, perhaps with a query.
func urlOf(address, endpoint string, secure bool) (string, error) {
	scheme := "http"
	if rest, ok := strings.CutPrefix(address, "https://"); ok || secure {
		scheme, address = "https", rest
	}
	if address == "" || strings.ContainsAny(address, "/?#@\\ \t\r\n") {
		return "", fmt.Errorf("address %q of the node is not host:port", address)
	}
	path, err := url.ParseRequestURI("/" + strings.TrimLeft(endpoint, "/"))
	if err != nil {
		return "", fmt.Errorf("endpoint %q is not a path: %w", endpoint, err)
	}
	path.Scheme, path.Host = scheme, address
	return path.String(), nil
}

// got is an answer before it is decoded.
type got struct {
	header      stdhttp.Header
	contentType string
	body        []byte
}

// post sends one message and waits for its answer. A status that is not 2xx is an error.
func (c *call) post(ctx context.Context, body any, o client.CallOptions) (got, error) {
	encoded, err := c.encode(body)
	if err != nil {
		return got{}, client.NewError(clientID+".codec", 500, "", err)
	}
	var sent, reused atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      func(on httptrace.GotConnInfo) { reused.Store(on.Reused) },
		WroteHeaders: func() { sent.Store(true) },
	})
	req, err := stdhttp.NewRequestWithContext(traced, stdhttp.MethodPost, c.url, bytes.NewReader(encoded))
	if err != nil {
		return got{}, client.NotRunError(client.NewError(clientID, 500, "", err))
	}
	req.Header = c.header.Clone()
	rsp, err := c.driver.conns.open(c.options).RoundTrip(req)
	if err != nil {
		o.Tell(func(a *client.Attempt) { a.Sent, a.Reused = len(encoded), reused.Load() })
		return got{}, lost(ctx, err, sent.Load())
	}
	answer, err := read(rsp, mostOf(c.options))
	o.Tell(func(a *client.Attempt) {
		a.Sent, a.Received, a.Header, a.Reused = len(encoded), len(answer.body), flat(answer.header), reused.Load()
	})
	if err != nil {
		return got{}, lost(ctx, err, true)
	}
	return answer, refusal(rsp, answer.body, c.request.Service())
}

// read reads an answer to its end. One of more bytes than most is an error.
func read(rsp *stdhttp.Response, most int) (got, error) {
	body, err := io.ReadAll(io.LimitReader(rsp.Body, int64(most)+1))
	if err == nil && len(body) > most {
		err = fmt.Errorf("the answer has more than %d bytes", most)
	}
	_ = rsp.Body.Close() // what is left of it is of no use
	kind, _, failed := mime.ParseMediaType(rsp.Header.Get(mucp.ContentType))
	if failed != nil {
		kind = ""
	}
	return got{header: rsp.Header, contentType: kind, body: body}, err
}

// lost is the error of a request without an answer.
func lost(ctx context.Context, err error, sent bool) error {
	switch {
	case ctx.Err() != nil:
		err = client.NewError(clientID, 408, "call timeout: ", ctx.Err())
	case expired(ctx): // the connection noticed first
		err = client.NewError(clientID, 408, "call timeout: ", context.DeadlineExceeded)
	case sent:
		return client.NewError(clientID+".transport", 500, "", fmt.Errorf("%w (the request may have run)", err))
	default:
		err = client.NewError(clientID, 500, "connection error: ", err)
	}
	if !sent {
		return client.NotRunError(err)
	}
	return err
}

func expired(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	return ok && !time.Now().Before(end.Add(-time.Millisecond))
}

// flat makes HTTP's headers the framework's.
func flat(header stdhttp.Header) map[string]string {
	out := make(map[string]string, len(header))
	for key, values := range header {
		out[key] = strings.Join(values, ", ")
	}
	return out
}
