// Package static is a selector that needs no registry: nodes are given in the program ([Services]), or the service's name is
// the host to dial, as behind Kubernetes' DNS. Start with [NewSelector].
package static

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/microtop/microtop/framework/internal/lookup"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

// The environment, for what Domain and Port do not set. The names are v4's.
const (
	ENV_STATIC_SELECTOR_DOMAIN_NAME = "STATIC_SELECTOR_DOMAIN_NAME"
	ENV_STATIC_SELECTOR_PORT_NUMBER = "STATIC_SELECTOR_PORT_NUMBER"
	DEFAULT_PORT_NUMBER             = "8080"
)

type (
	servicesKey struct{}
	domainKey   struct{}
	portKey     struct{}
)

// Services sets the nodes of services, in place of those an earlier call set for the same names. The records may hold
// versions, endpoints and metadata for filters.
func Services(services ...*registry.Service) selector.Option {
	return func(o *selector.Options) {
		all := map[string][]*registry.Service{}
		for _, s := range services {
			all[s.Name] = append(all[s.Name], s)
		}
		before, _ := contextOf(o).Value(servicesKey{}).(map[string][]*registry.Service)
		for name, s := range before {
			if _, again := all[name]; !again {
				all[name] = s
			}
		}
		o.Context = context.WithValue(o.Context, servicesKey{}, all)
	}
}

// Domain sets what is appended, after a dot, to the name of a service that Services does not have.
func Domain(d string) selector.Option {
	return func(o *selector.Options) { o.Context = context.WithValue(contextOf(o), domainKey{}, d) }
}

// Port sets the port of services that Services does not have and whose name has none. Default 8080.
func Port(p int) selector.Option {
	return func(o *selector.Options) {
		o.Context = context.WithValue(contextOf(o), portKey{}, strconv.Itoa(p))
	}
}

func contextOf(o *selector.Options) context.Context {
	if o.Context == nil {
		o.Context = context.Background()
	}
	return o.Context
}

// NewSelector returns a selector that balances and sets failing nodes aside like the default one. Of a service that
// Services does not have there is one node, whose address is the service's name, the domain and the port; it is taken to
// speak mucp. selector.Registry has no effect.
func NewSelector(opts ...selector.Option) selector.Selector {
	s := &static{}
	s.Selector = selector.NewSelector(s.with(opts)...)
	return s
}

type static struct{ selector.Selector }

func (s *static) with(opts []selector.Option) []selector.Option {
	return append(slices.Clone(opts), selector.Registry(lookup.Registry{Name: "static", Find: s.find}))
}

// Init implements selector.Selector.
func (s *static) Init(opts ...selector.Option) error { return s.Selector.Init(s.with(opts)...) }

// Hold implements selector.Holder.
func (s *static) Hold(service string, node *registry.Node) (release func()) {
	if holder, ok := s.Selector.(selector.Holder); ok {
		return holder.Hold(service, node)
	}
	return func() {}
}

// String returns "static".
func (s *static) String() string { return "static" }

func (s *static) find(_ context.Context, service string) ([]*registry.Service, error) {
	o := s.Options()
	all, _ := o.Context.Value(servicesKey{}).(map[string][]*registry.Service)
	if found, ok := all[service]; ok {
		return found, nil
	}
	address, err := addressOf(o, service)
	if err != nil {
		return nil, err
	}
	node := &registry.Node{Id: service, Address: address, Metadata: maps.Clone(mucp)}
	return []*registry.Service{{Name: service, Nodes: []*registry.Node{node}}}, nil
}

var mucp = map[string]string{"protocol": "mucp"}

// addressOf makes an address of a service's name.
func addressOf(o selector.Options, service string) (string, error) {
	if strings.ContainsAny(service, "/ \t\r\n") || service == "" {
		return "", fmt.Errorf("service name %q is no host: name its nodes with static.Services", service)
	}
	if _, _, err := net.SplitHostPort(service); err == nil {
		return service, nil
	}
	if domain := setting(o, domainKey{}, ENV_STATIC_SELECTOR_DOMAIN_NAME, ""); domain != "" {
		service += "." + strings.TrimPrefix(domain, ".")
	}
	return net.JoinHostPort(service, setting(o, portKey{}, ENV_STATIC_SELECTOR_PORT_NUMBER, DEFAULT_PORT_NUMBER)), nil
}

func setting(o selector.Options, key any, variable, fallback string) string {
	if set, ok := o.Context.Value(key).(string); ok {
		return set
	}
	if set := os.Getenv(variable); set != "" {
		return set
	}
	return fallback
}
