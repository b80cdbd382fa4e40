package registry

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/internal/mdns"
	"github.com/microtop/microtop/framework/limits"
)

const (
	mdnsDomain  = "micro"
	mdnsTimeout = 100 * time.Millisecond // of a look-up, as in v4
)

// ErrNoMulticast says that this host, or this process, cannot send or receive multicast, so that mDNS cannot work.
var ErrNoMulticast = errors.New("no multicast here: use a registry that needs none, for example --registry file")

// MDNS is what the registry of NewRegistry can do beyond Registry.
type MDNS interface {
	Registry
	// Check asks again for the known nodes of a watched service soon, rather than within the next ten seconds. A node
	// that twice does not answer is reported as deleted. It does not block.
	Check(service string)
	// Stats returns what the registry sent, received and ignored so far.
	Stats() MDNSStats
}

// MDNSStats counts datagrams, and what was ignored of those that were well formed.
type MDNSStats struct {
	mdns.Stats
	BadRecords uint64 // answers and announcements that are no service's, or too much of one
	Overload   uint64 // announcements beyond the 4 MiB of records a second that are read
}

type domainKey struct{}

// Domain is an option of the mDNS registry: the domain services are registered in. The default is "micro". Registries of
// different domains do not see each other.
func Domain(name string) Option { return SetValue(domainKey{}, name) }

type mdnsRegistry struct {
	peer   *mdns.Peer
	texts  mdns.Texts
	limits limits.Limits
	sights *sights

	badRecords, overload atomic.Uint64

	registering sync.Mutex // one at a time, so that the last word is announced last; taken before mu

	mu   sync.Mutex
	opts Options
	own  map[string]*holding // what is registered here, by instance name
}

// holding is one node that is registered here.
type holding struct {
	service *Service // with its one node
	secret  string
}

var _ MDNS = (*mdnsRegistry)(nil)

// NewRegistry returns the mDNS registry (docs/wire.md §5). It opens sockets when it is used, keeps them only while
// something is registered or watched, and needs no closing. Timeout bounds look-ups, 100 ms if it is not set; they
// return a few milliseconds after the last answer. A TTL means nothing here: a node stays until it is deregistered, or
// until it does not answer any more. Where there is no multicast all but Init and Options give ErrNoMulticast.
//
// Nodes whose address is loopback are announced to this host alone.
func NewRegistry(opts ...Option) Registry {
	return newMDNS(mdns.System(), opts...)
}

func newMDNS(network mdns.Network, opts ...Option) *mdnsRegistry {
	l := limits.Default()
	r := &mdnsRegistry{peer: mdns.NewPeer(network, l), limits: l, opts: *NewOptions(opts...), own: make(map[string]*holding)}
	r.sights = newSights(r)
	return r
}

// Init implements Registry. A new domain counts for what follows.
func (r *mdnsRegistry) Init(opts ...Option) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, set := range opts {
		set(&r.opts)
	}
	return nil
}

// Options implements Registry.
func (r *mdnsRegistry) Options() Options {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.opts
}

// String returns "mdns".
func (r *mdnsRegistry) String() string { return "mdns" }

// Stats implements MDNS.
func (r *mdnsRegistry) Stats() MDNSStats {
	return MDNSStats{Stats: r.peer.Stats(), BadRecords: r.badRecords.Load(), Overload: r.overload.Load()}
}

// Check implements MDNS.
func (r *mdnsRegistry) Check(service string) { r.sights.check(service) }

func (r *mdnsRegistry) settings() (domain string, timeout time.Duration) {
	o := r.Options()
	if o.Context != nil {
		domain, _ = o.Context.Value(domainKey{}).(string)
	}
	if timeout = o.Timeout; timeout <= 0 {
		timeout = mdnsTimeout
	}
	return cmp.Or(domain, mdnsDomain), timeout
}

// Register implements Registry. The first announcement has left when it returns.
func (r *mdnsRegistry) Register(s *Service, opts ...RegisterOption) error {
	var o RegisterOptions
	for _, set := range opts {
		set(&o)
	}
	ctx, cancel := r.bound(o.Context)
	defer cancel()
	if err := validateRecord(s); err != nil {
		return fmt.Errorf("registry mdns: register: %w", err)
	}
	s = Copy(s)
	r.registering.Lock()
	defer r.registering.Unlock()
	for _, n := range s.Nodes {
		if err := r.register(ctx, s.with([]*Node{n})); err != nil {
			return mdnsError("register "+s.Name, err)
		}
	}
	return nil
}

// bound bounds what is done for one call; it is not what bounds waiting for answers.
func (r *mdnsRegistry) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx == nil {
		ctx = context.Background()
	}
	return context.WithTimeout(ctx, 5*time.Second)
}

// register announces a service of one node unless it is announced just so.
func (r *mdnsRegistry) register(ctx context.Context, s *Service) error {
	domain, _ := r.settings()
	node := s.Nodes[0]
	name := mdns.InstanceName(node.Id, s.Name, domain)
	r.mu.Lock()
	old := r.own[name]
	r.mu.Unlock()
	if old != nil && sameHead(old.service, s) && sameNode(old.service.Nodes[0], node) {
		return nil
	}
	held := &holding{service: s, secret: rand.Text()}
	if old != nil {
		held.secret = old.secret
	}
	entry, err := r.entry(ctx, held, domain)
	if err != nil {
		return err
	}
	if err := r.peer.Publish(ctx, entry); err != nil {
		r.forget(name, "")
		return err
	}
	r.mu.Lock()
	r.own[name] = held
	r.mu.Unlock()
	r.sights.mine(name, s)
	return nil
}

// forget drops what is held under a name with a seal, here and in the eyes of the watchers.
func (r *mdnsRegistry) forget(name, seal string) {
	r.mu.Lock()
	delete(r.own, name)
	r.mu.Unlock()
	r.sights.drop(name, seal)
}

func (r *mdnsRegistry) holds(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.own[name] != nil
}

// entry is what is announced for a holding.
func (r *mdnsRegistry) entry(ctx context.Context, held *holding, domain string) (mdns.Entry, error) {
	node := held.service.Nodes[0]
	addr, port, err := resolve(ctx, node.Address)
	if err != nil {
		return mdns.Entry{}, err
	}
	text, err := r.encode(recordOf(held.service, held.secret, false))
	if err != nil {
		return mdns.Entry{}, err
	}
	return mdns.Entry{
		ID: node.Id, Service: held.service.Name, Domain: domain, Host: hostName(), Port: port, Addr: addr, Text: text,
	}, nil
}

// hostName is the target of service records. Addresses are never looked up by it, so any valid name will do.
func hostName() string {
	name, err := os.Hostname()
	if err != nil || name == "" || len(name) > 63 || strings.ContainsFunc(name, foreignToHosts) || strings.ContainsAny(name, ":%") ||
		strings.Contains("."+name+".", "..") {
		return "localhost."
	}
	return name + "."
}

// Deregister implements Registry.
func (r *mdnsRegistry) Deregister(s *Service, opts ...DeregisterOption) error {
	var o DeregisterOptions
	for _, set := range opts {
		set(&o)
	}
	if s == nil {
		return fmt.Errorf("registry mdns: deregister: %w: nil", ErrInvalid)
	}
	ctx, cancel := r.bound(o.Context)
	defer cancel()
	domain, _ := r.settings()
	r.registering.Lock()
	defer r.registering.Unlock()
	var errs []error
	for _, n := range s.Nodes {
		if n == nil {
			continue
		}
		name := mdns.InstanceName(n.Id, s.Name, domain)
		r.mu.Lock()
		held := r.own[name]
		r.mu.Unlock()
		if held == nil {
			continue
		}
		text, err := r.encode(recordOf(held.service, held.secret, true))
		_, gone := r.peer.Withdraw(ctx, name, text)
		errs = append(errs, err, gone)
		r.forget(name, sealOf(held.secret))
	}
	if err := errors.Join(errs...); err != nil {
		return mdnsError("deregister "+s.Name, err)
	}
	return nil
}

// Watch implements Registry. It reports what comes, changes and goes from now on; nodes that are there already are
// noted in silence, so that their end is reported.
func (r *mdnsRegistry) Watch(opts ...WatchOption) (Watcher, error) {
	var o WatchOptions
	for _, set := range opts {
		set(&o)
	}
	w, err := r.sights.watch(o)
	if err != nil {
		return nil, mdnsError("watch", err)
	}
	return w, nil
}

// mdnsError gives what went wrong the errors of this package.
func mdnsError(doing string, err error) error {
	switch {
	case errors.Is(err, mdns.ErrUnavailable):
		return fmt.Errorf("registry mdns: %s: %w (%w)", doing, ErrNoMulticast, err)
	case errors.Is(err, mdns.ErrInvalid):
		return fmt.Errorf("registry mdns: %s: %w: %w", doing, ErrInvalid, err)
	default:
		return fmt.Errorf("registry mdns: %s: %w", doing, err)
	}
}
