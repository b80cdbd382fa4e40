package auth

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

// Option says where tokens may go.
type Option func(*places)

// WithAddresses lets tokens go to these, whatever the connection: networks ("10.0.0.0/8"), hosts or host:port.
func WithAddresses(patterns ...string) Option {
	return func(p *places) {
		for _, pattern := range patterns {
			if network, err := netip.ParsePrefix(pattern); err == nil {
				p.networks = append(p.networks, network.Masked())
			} else {
				p.hosts = append(p.hosts, strings.ToLower(pattern))
			}
		}
	}
}

// WithAnyAddress lets tokens go to whoever registered, as v4 does.
func WithAnyAddress() Option { return func(p *places) { p.any = true } }

// NewClientWrapper adds to calls and streams the token that a's options hold (auth.ClientToken), unless they carry one
// already, and a's namespace. With client.WithServiceToken the service's own takes the place of the caller's.
//
// A token that ends soon is renewed: by its refresh token, or by a's credentials (auth.Credentials). Without a token
// calls go without, as in v4. Calls that carry one, also one that a handler hands on from its own caller, go only to
// nodes where it may go; where there is none they fail. That holds for addresses given with client.WithAddress too, but
// not for a proxy named by the environment (MICRO_PROXY). Messages are published without a token, since whoever
// subscribes would get it.
func NewClientWrapper(a auth.Auth, opts ...Option) client.Wrapper {
	p := new(places)
	for _, set := range opts {
		set(p)
	}
	fresh := &tokens{auth: a} // here, not below: a service may wrap its client anew
	return func(c client.Client) client.Client { return &calls{c, fresh, p} }
}

type calls struct {
	client.Client
	tokens *tokens
	places *places
}

// Call implements client.Client.
func (c *calls) Call(ctx context.Context, req client.Request, rsp any, opts ...client.CallOption) error {
	ctx, s, err := c.sign(ctx, req, opts)
	if err != nil {
		return err
	}
	return s.result(c.Client.Call(ctx, req, rsp, s.opts...))
}

// Stream implements client.Client.
func (c *calls) Stream(ctx context.Context, req client.Request, opts ...client.CallOption) (client.Stream, error) {
	ctx, s, err := c.sign(ctx, req, opts)
	if err != nil {
		return nil, err
	}
	stream, err := c.Client.Stream(ctx, req, s.opts...)
	return stream, s.result(err)
}

// Publish implements client.Client.
func (c *calls) Publish(ctx context.Context, msg client.Message, opts ...client.PublishOption) error {
	if _, ok := metadata.Get(ctx, authorization); ok {
		ctx = without(ctx, authorization)
	}
	return c.Client.Publish(ctx, msg, opts...)
}

// signed is a call with what was added to it.
type signed struct {
	opts    []client.CallOption
	service string
	refused int // nodes, of the last selection; the call is made in one goroutine
	left    bool
}

// sign adds the token and the namespace, and narrows where the call may go.
func (c *calls) sign(ctx context.Context, req client.Request, opts []client.CallOption) (context.Context, *signed, error) {
	o := c.Client.Options().CallOptions
	for _, set := range opts {
		set(&o)
	}
	ctx, carries := c.header(ctx, o.ServiceToken)
	s := &signed{opts: opts, service: req.Service(), left: true}
	if !carries || trusts(c.Client) {
		return ctx, s, nil
	}
	if slices.ContainsFunc(o.Address, func(address string) bool { return !c.places.allow(address) }) {
		return ctx, nil, s.error()
	}
	s.opts = append(opts[:len(opts):len(opts)], client.WithSelectOption(selector.WithFilter(func(services []*registry.Service) []*registry.Service {
		allowed, refused := c.places.narrowed(services)
		s.refused, s.left = refused, len(allowed) > 0
		return allowed
	})))
	return ctx, s, nil
}

// header sets the headers, and reports whether there is a token among them.
func (c *calls) header(ctx context.Context, own bool) (context.Context, bool) {
	if _, ok := metadata.Get(ctx, namespace); !ok {
		if space := c.tokens.auth.Options().Namespace; space != "" {
			ctx = metadata.Set(ctx, namespace, space)
		}
	}
	if _, ok := metadata.Get(ctx, authorization); ok {
		if !own {
			return ctx, true
		}
		ctx = without(ctx, authorization)
	}
	token := c.tokens.current()
	if token == nil {
		return ctx, false
	}
	return metadata.Set(ctx, authorization, auth.BearerScheme+token.AccessToken), true
}

// without takes a header out, in whatever spelling.
func without(ctx context.Context, name string) context.Context {
	out := metadata.Metadata{}
	metadata.Range(ctx, func(key, value string) bool {
		if !strings.EqualFold(key, name) {
			out[key] = value
		}
		return true
	})
	return metadata.NewContext(ctx, out)
}

// result says why a call failed for which there were nodes, but none where the token may go.
func (s *signed) result(err error) error {
	if err != nil && !s.left && s.refused > 0 {
		return s.error()
	}
	return err
}

func (s *signed) error() error {
	return errs.InternalServerError("go.micro.client", "service %s: no node that a token may be sent to: use TLS, or allow its addresses with auth.WithAddresses", s.service)
}
