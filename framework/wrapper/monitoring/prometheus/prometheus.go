// Package prometheus counts requests, calls and messages, and how long they take (github.com/prometheus/client_golang).
//
// The metrics have v4's names: micro_request_total and micro_request_duration_seconds. Their labels are v4's micro_name,
// micro_version, micro_id, micro_endpoint and micro_status ("success" or "failure"), and three more: micro_kind says
// what was counted ("server", "server_stream", "subscriber", "client", "client_stream", "publisher" or "call", an
// attempt), micro_service whose endpoint it was, and micro_code how it ended. Nothing that peers write becomes a label
// unchecked: endpoints and topics that the server does not have, and what is more than 1,000 endpoints, are counted as
// "other". Start with [NewHandlerWrapper].
package prometheus

import (
	"context"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
)

// NewHandlerWrapper counts requests and streams served.
func NewHandlerWrapper(opts ...Option) server.HandlerWrapper {
	m := newMetrics(opts)
	return func(next server.HandlerFunc) server.HandlerFunc {
		return func(ctx context.Context, req server.Request, rsp any) error {
			kind := "server"
			if req.Stream() {
				kind = "server_stream"
			}
			return m.observe(kind, m.served(ctx, req.Endpoint(), hasEndpoint), func() error { return next(ctx, req, rsp) })
		}
	}
}

// NewSubscriberWrapper counts messages handled, under their topic.
func NewSubscriberWrapper(opts ...Option) server.SubscriberWrapper {
	m := newMetrics(opts)
	return func(next server.SubscriberFunc) server.SubscriberFunc {
		return func(ctx context.Context, msg server.Message) error {
			return m.observe("subscriber", m.served(ctx, msg.Topic(), hasTopic), func() error { return next(ctx, msg) })
		}
	}
}

// served returns the names to count by of what a server got, whose own name it is counted under.
func (m *metrics) served(ctx context.Context, what string, has func(server.Lister, string) bool) names {
	s, ok := server.FromContext(ctx)
	if !ok {
		return names{other, other}
	}
	service := s.Options().Name
	m.mu.RLock()
	n := names{service, what}
	known := m.names[n]
	m.mu.RUnlock()
	if known {
		return n
	}
	if all, ok := s.(server.Lister); ok && has(all, what) {
		return m.admit(service, what)
	}
	return m.admit(service, other)
}

func hasEndpoint(s server.Lister, endpoint string) bool {
	for _, h := range s.Handlers() {
		for _, e := range h.Endpoints() {
			if e.Name == endpoint {
				return true
			}
		}
	}
	return false
}

func hasTopic(s server.Lister, topic string) bool {
	for _, subscriber := range s.Subscribers() {
		if subscriber.Topic() == topic {
			return true
		}
	}
	return false
}

// NewCallWrapper counts attempts at calls.
func NewCallWrapper(opts ...Option) client.CallWrapper {
	m := newMetrics(opts)
	return func(next client.CallFunc) client.CallFunc {
		return func(ctx context.Context, node *registry.Node, req client.Request, rsp any, o client.CallOptions) error {
			return m.observe("call", m.admit(req.Service(), req.Endpoint()), func() error { return next(ctx, node, req, rsp, o) })
		}
	}
}

// NewClientWrapper counts calls, all attempts as one, streams opened and messages published, under their topic.
func NewClientWrapper(opts ...Option) client.Wrapper {
	m := newMetrics(opts)
	return func(c client.Client) client.Client { return &counted{c, m} }
}

type counted struct {
	client.Client
	metrics *metrics
}

// Call implements client.Client.
func (c *counted) Call(ctx context.Context, req client.Request, rsp any, opts ...client.CallOption) error {
	return c.metrics.observe("client", c.metrics.admit(req.Service(), req.Endpoint()), func() error { return c.Client.Call(ctx, req, rsp, opts...) })
}

// Stream implements client.Client.
func (c *counted) Stream(ctx context.Context, req client.Request, opts ...client.CallOption) (s client.Stream, err error) {
	err = c.metrics.observe("client_stream", c.metrics.admit(req.Service(), req.Endpoint()), func() (err error) {
		s, err = c.Client.Stream(ctx, req, opts...)
		return err
	})
	return s, err
}

// Publish implements client.Client.
func (c *counted) Publish(ctx context.Context, msg client.Message, opts ...client.PublishOption) error {
	return c.metrics.observe("publisher", c.metrics.admit("", msg.Topic()), func() error { return c.Client.Publish(ctx, msg, opts...) })
}
