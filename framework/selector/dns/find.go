package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
)

// maxAnswers bounds the services that are remembered.
const maxAnswers = 4096

// answers remembers what was found. Its zero value is ready.
type answers struct {
	mu   sync.Mutex
	byID map[question]*answer
}

// question is what an answer depends on.
type question struct {
	service, domain, server string
	port                    int
}

// answer is what was found, or is being looked up: whoever holds mu asks, the others wait for it.
type answer struct {
	mu       sync.Mutex
	services []*registry.Service // nil before the first success
	until    time.Time
}

func (a *answers) of(q question) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if found := a.byID[q]; found != nil {
		return found
	}
	if a.byID == nil || len(a.byID) >= maxAnswers {
		a.byID = map[question]*answer{}
	}
	found := new(answer)
	a.byID[q] = found
	return found
}

// find returns the nodes of a service, from memory while an answer counts.
func (d *dns) find(ctx context.Context, service string) ([]*registry.Service, error) {
	if found, ok := ctx.Value(foundKey{}).([]*registry.Service); ok {
		return found, nil
	}
	s := settingsOf(d.Options())
	a := d.answers.of(question{service, s.domain, s.server, s.port})
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.services != nil && time.Now().Before(a.until) {
		return a.services, nil
	}
	nodes, err := s.lookUp(ctx, service)
	switch {
	case errors.Is(err, registry.ErrNotFound):
		a.services = nil
		return nil, err
	case err != nil && a.services != nil:
		return a.services, nil // what was known is better than nothing
	case err != nil:
		return nil, err
	}
	a.services = []*registry.Service{{Name: service, Nodes: nodes}}
	a.until = time.Now().Add(s.ttl)
	return a.services, nil
}

// lookUp asks for SRV records, and for addresses if there are none.
func (s settings) lookUp(ctx context.Context, service string) ([]*registry.Node, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	resolver := s.resolver()
	if host, port, err := net.SplitHostPort(service); err == nil {
		return addresses(ctx, resolver, host, port)
	}
	if service == "" || strings.ContainsAny(service, "/ \t\r\n") {
		return nil, registry.ErrNotFound
	}
	_, records, err := resolver.LookupSRV(ctx, service, "tcp", s.domain)
	if err == nil && len(records) > 0 {
		return targets(records), nil
	}
	if err != nil && !isNotFound(err) && len(records) == 0 {
		return nil, fmt.Errorf("look up _%s._tcp.%s: %w", service, s.domain, err)
	}
	return addresses(ctx, resolver, service+"."+s.domain, strconv.Itoa(s.port))
}

// resolver asks the system's name servers, or the one that is set.
func (s settings) resolver() *net.Resolver {
	if s.server == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.server)
	}}
}

// targets are the nodes of SRV records, as many as one service may have.
func targets(records []*net.SRV) []*registry.Node {
	var nodes []*registry.Node
	seen := map[string]bool{}
	for _, r := range records {
		target := strings.TrimSuffix(r.Target, ".")
		address := net.JoinHostPort(target, strconv.Itoa(int(r.Port)))
		if target == "" || seen[address] { // a target of "." says that there is no such service
			continue
		}
		if limits.Exceeded(len(nodes)+1, limits.Default().NodesPerService) {
			break
		}
		seen[address] = true
		n := node(address)
		n.Metadata["priority"], n.Metadata["weight"] = strconv.Itoa(int(r.Priority)), strconv.Itoa(int(r.Weight))
		nodes = append(nodes, n)
	}
	return sorted(nodes)
}

// sorted undoes the resolver's shuffling, so that turns can be taken.
func sorted(nodes []*registry.Node) []*registry.Node {
	slices.SortFunc(nodes, func(a, b *registry.Node) int { return strings.Compare(a.Id, b.Id) })
	return nodes
}

// addresses are the nodes of a host's A and AAAA records.
func addresses(ctx context.Context, resolver *net.Resolver, host, port string) ([]*registry.Node, error) {
	found, err := resolver.LookupHost(ctx, host)
	if isNotFound(err) {
		return nil, registry.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", host, err)
	}
	if limit := limits.Default().NodesPerService; limits.Exceeded(len(found), limit) {
		found = found[:limit]
	}
	var nodes []*registry.Node
	for _, address := range found {
		nodes = append(nodes, node(net.JoinHostPort(address, port)))
	}
	return sorted(nodes), nil
}

func node(address string) *registry.Node {
	return &registry.Node{Id: address, Address: address, Metadata: map[string]string{"protocol": "mucp"}}
}

func isNotFound(err error) bool {
	var failed *net.DNSError
	return errors.As(err, &failed) && failed.IsNotFound
}
