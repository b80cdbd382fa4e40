// Package dns is a selector that finds nodes in the DNS: the SRV records of _service._tcp.domain (RFC 2782), or the addresses
// of service.domain. Start with [NewSelector].
package dns

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/microtop/microtop/framework/internal/lookup"
	"github.com/microtop/microtop/framework/internal/tiers"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

// DefaultDomain is where services are looked up when Domain does not say.
var DefaultDomain = "local"

const (
	// DefaultPort is the port of services that have addresses and no SRV records.
	DefaultPort = 8080
	// DefaultTTL is how long an answer counts.
	DefaultTTL = 5 * time.Second
	// DefaultTimeout bounds one look-up.
	DefaultTimeout = 2 * time.Second
)

// settings are what this package's options set.
type settings struct {
	domain, server string
	port           int
	ttl, timeout   time.Duration
}

type settingsKey struct{}

func set(change func(*settings)) selector.Option {
	return func(o *selector.Options) {
		s := settingsOf(*o)
		change(&s)
		if o.Context == nil {
			o.Context = context.Background()
		}
		o.Context = context.WithValue(o.Context, settingsKey{}, s)
	}
}

func settingsOf(o selector.Options) settings {
	if o.Context != nil {
		if s, ok := o.Context.Value(settingsKey{}).(settings); ok {
			return s
		}
	}
	return settings{domain: DefaultDomain, port: DefaultPort, ttl: DefaultTTL, timeout: DefaultTimeout}
}

// Domain sets the domain of the services.
func Domain(d string) selector.Option { return set(func(s *settings) { s.domain = d }) }

// Port sets the port of services that have addresses and no SRV records.
func Port(p int) selector.Option { return set(func(s *settings) { s.port = p }) }

// Server sets the name server, host:port. Without it the system's are asked.
func Server(address string) selector.Option { return set(func(s *settings) { s.server = address }) }

// TTL sets how long an answer counts, whatever its records say. While the name server fails, an old answer counts on.
func TTL(d time.Duration) selector.Option { return set(func(s *settings) { s.ttl = d }) }

// Timeout bounds one look-up.
func Timeout(d time.Duration) selector.Option { return set(func(s *settings) { s.timeout = d }) }

// NewSelector returns a selector that balances and sets failing nodes aside like the default one. A node's id and address
// are target:port of its SRV record, and its metadata has "priority" and "weight"; targets of a higher priority number get
// calls only when all of the lower do not answer. Weights are not looked at. A service of the form host:port is looked up as
// the addresses of host. Nodes are taken to speak mucp. selector.Registry has no effect.
func NewSelector(opts ...selector.Option) selector.Selector {
	d := &dns{}
	d.Selector = selector.NewSelector(d.with(opts)...)
	return d
}

type dns struct {
	selector.Selector
	answers answers
}

func (d *dns) with(opts []selector.Option) []selector.Option {
	return append(slices.Clone(opts), selector.Registry(lookup.Registry{Name: "dns", Find: d.find}))
}

// Init implements selector.Selector.
func (d *dns) Init(opts ...selector.Option) error { return d.Selector.Init(d.with(opts)...) }

// Select implements selector.Selector.
func (d *dns) Select(service string, opts ...selector.SelectOption) (selector.Next, error) {
	call := selector.SelectOptions{Context: context.Background()}
	for _, set := range opts {
		set(&call)
	}
	found, err := d.find(call.Context, service)
	if errors.Is(err, registry.ErrNotFound) {
		return nil, selector.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	within := call.Strategy
	if within == nil {
		within = d.Options().Strategy
	}
	return d.Selector.Select(service, append(opts[:len(opts):len(opts)], func(o *selector.SelectOptions) {
		o.Context = context.WithValue(call.Context, foundKey{}, found)
		if ranked(found) {
			o.Strategy = tiers.Strategy(priority, within)
		}
	})...)
}

// foundKey is the context key of what Select found.
type foundKey struct{}

// ranked reports whether the nodes have different priorities.
func ranked(services []*registry.Service) bool {
	for _, s := range services {
		for _, n := range s.Nodes {
			if priority(n) != priority(s.Nodes[0]) {
				return true
			}
		}
	}
	return false
}

func priority(n *registry.Node) int {
	p, _ := strconv.Atoi(n.Metadata["priority"]) // none counts as the first
	return p
}

// Hold implements selector.Holder.
func (d *dns) Hold(service string, node *registry.Node) (release func()) {
	if holder, ok := d.Selector.(selector.Holder); ok {
		return holder.Hold(service, node)
	}
	return func() {}
}

// String returns "dns".
func (d *dns) String() string { return "dns" }
