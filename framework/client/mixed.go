package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/microtop/microtop/framework/registry"
)

// NewMixed returns the default client for fleets of more than one protocol: a node whose metadata name one of the
// protocols in others is called by that driver, so that a retry may go from a node of one protocol to one of another. A
// node of a protocol that nobody speaks is an error that says so. Each of others is called once, as by [New]. A driver that
// [Over] makes, under a name of the caller's choice, is for nodes of the default protocol whose metadata name its transport.
func NewMixed(others map[string]func(options func() Options) Driver, opts ...Option) Client {
	c := new(front)
	m := mixed{mucpDriver: mucpDriver{c}, others: make(map[string]Driver, len(others)), overs: map[string]*over{}}
	for protocol, newDriver := range others {
		d := newDriver(func() Options { return c.setup.Load().opts })
		if o, ok := d.(*over); ok {
			o.of, m.overs[o.String()] = c, o
		}
		m.others[protocol] = d
	}
	c.driver = m
	return c.start(opts)
}

// mixed is a driver that leaves nodes of other protocols to their own.
type mixed struct {
	mucpDriver

	others map[string]Driver
	overs  map[string]*over // those of others that are for a transport
}

var _ Driver = mixed{}

// of returns the driver for a node.
func (m mixed) of(node *registry.Node) (Driver, error) {
	protocol := node.Metadata["protocol"]
	if protocol == "" || protocol == m.String() {
		if d := m.overs[node.Metadata["transport"]]; d != nil {
			return d, nil
		}
		return m.mucpDriver, nil
	}
	if d := m.others[protocol]; d != nil {
		return d, nil
	}
	known := append(slices.Sorted(maps.Keys(m.others)), m.String())
	err := fmt.Errorf("node %s speaks %s, this client %s", node.Id, protocol, strings.Join(known, ", "))
	return nil, NotRunError(NewError(clientID, 501, "", err))
}

// Call implements Driver.
func (m mixed) Call(ctx context.Context, node *registry.Node, req Request, rsp any, o CallOptions) error {
	d, err := m.of(node)
	if err != nil {
		return err
	}
	return d.Call(ctx, node, req, rsp, o)
}

// Open implements Driver.
func (m mixed) Open(ctx context.Context, node *registry.Node, req Request, o CallOptions, ended func()) (Stream, error) {
	d, err := m.of(node)
	if err != nil {
		return nil, err
	}
	return d.Open(ctx, node, req, o, ended)
}

// Close implements Driver.
func (m mixed) Close() error {
	failed := m.mucpDriver.Close()
	for _, d := range m.others {
		failed = errors.Join(failed, d.Close())
	}
	return failed
}
