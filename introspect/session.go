// Package introspect is what is out there and how to talk to it.
//
// A [Session] is one connected context: registry, broker, client. Commands and screens are handed one. Sub-packages
// work on it: fleet (who is there), schema (what they understand), invoke (calls and streams), topics, vitals.
// Nothing here prints or knows a key; strings are handed on raw, and whoever shows them makes them safe.
package introspect

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect/schema"
)

// TokenHeader carries the debug token.
const TokenHeader = "Micro-Debug-Token" //nolint:gosec // a header's name

// ErrReadOnly says that the session does not change anything.
var ErrReadOnly = errors.New("read only: start without --readonly, or choose a context that is not, to change something")

// Config says what a session is connected to. Registry and Client are required.
type Config struct {
	Registry registry.Registry
	Broker   broker.Broker
	// Client is made by NewClient, so that nodes of every protocol can be called.
	Client client.Client
	// Protocol is what addresses outside the registry speak: MUCP, GRPC, or Auto (the default), which asks them.
	Protocol string
	// Transport is what mucp nodes at addresses outside the registry are reached over, if not the client's own: "grpc".
	Transport string
	// Files describe services that tell nothing of themselves; may be nil.
	Files *schema.Files
	// Registered says where services are looked up, for people: "mdns", "file /run/…".
	Registered string
	// Flags make a command connect as this session does; copied command lines carry them. They hold no secret.
	Flags []string
	// Context is the name of the saved target that the session is connected to; "" for none.
	Context string
	// Metadata are sent with each call and stream, below those of its own. Debug requests do not carry them.
	Metadata map[string]string
	// Timeout bounds a call that says nothing else. Default 5 s.
	Timeout time.Duration
	// Token opens Debug.Profile, Log and Trace of nodes on other hosts. It is sent to TokenHosts, and to addresses that a
	// Target names: whoever registers a node chooses its address, and must not be handed a secret for that.
	Token string
	// TokenHosts are the addresses that may see the token, as prefixes.
	TokenHosts []netip.Prefix
	// ReadOnly refuses calls, publishing and whatever changes the fleet.
	ReadOnly bool
}

// Session is a connected context. Safe for concurrent use.
type Session struct {
	config Config

	mu        sync.Mutex
	connected bool
	closed    bool
	trusted   map[string]bool   // addresses that the user named
	protocols map[string]string // of those, what they were found to speak
}

// Open returns a session. Nothing is connected before it is used.
func Open(config Config) (*Session, error) {
	if config.Registry == nil || config.Client == nil {
		return nil, errors.New("introspect: a session needs a registry and a client")
	}
	if config.Timeout == 0 {
		config.Timeout = 5 * time.Second
	}
	if config.Registered == "" {
		config.Registered = config.Registry.String()
	}
	return &Session{config: config}, nil
}

// Registry is where services are looked up.
func (s *Session) Registry() registry.Registry { return s.config.Registry }

// Client calls services.
func (s *Session) Client() client.Client { return s.config.Client }

// Where says where services are looked up, for people.
func (s *Session) Where() string { return s.config.Registered }

// Context is the name of the saved target that the session is connected to; "" for none.
func (s *Session) Context() string { return s.config.Context }

// Metadata are sent with each call and stream, below those of its own.
func (s *Session) Metadata() map[string]string { return s.config.Metadata }

// Flags make a command connect as this session does.
func (s *Session) Flags() []string { return s.config.Flags }

// Files describe services that tell nothing of themselves; nil without any.
func (s *Session) Files() *schema.Files { return s.config.Files }

// Timeout bounds a call that says nothing else.
func (s *Session) Timeout() time.Duration { return s.config.Timeout }

// ReadOnly says whether the session refuses to change anything.
func (s *Session) ReadOnly() bool { return s.config.ReadOnly }

// Change returns ErrReadOnly in a read-only session: to be asked before anything that a service could take as a request.
func (s *Session) Change() error {
	if s.config.ReadOnly {
		return ErrReadOnly
	}
	return nil
}

// Broker returns the connected broker; the first use connects it.
func (s *Session) Broker() (broker.Broker, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errors.New("introspect: the session is closed")
	}
	if s.config.Broker == nil {
		return nil, errors.New("no broker is configured: choose one with --broker")
	}
	if !s.connected {
		if err := s.config.Broker.Connect(); err != nil {
			return nil, fmt.Errorf("connect broker %s: %w", s.config.Broker, err)
		}
		s.connected = true
	}
	return s.config.Broker, nil
}

// trust lets an address that the user named see the token, as one that somebody registered may not.
func (s *Session) trust(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trusted == nil {
		s.trusted = map[string]bool{}
	}
	s.trusted[address] = true
}

// TokenFor returns the debug token if the node's address may see it, else "".
func (s *Session) TokenFor(address string) string {
	if s.config.Token == "" {
		return ""
	}
	s.mu.Lock()
	named := s.trusted[address]
	s.mu.Unlock()
	if named {
		return s.config.Token
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return ""
	}
	allowed := slices.ContainsFunc(s.config.TokenHosts, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
	if !allowed {
		return ""
	}
	return s.config.Token
}

// Close disconnects the broker and closes the client's connections. It may be called more than once.
func (s *Session) Close() error {
	s.mu.Lock()
	connected, closed := s.connected, s.closed
	s.connected, s.closed = false, true
	s.mu.Unlock()
	if closed {
		return nil
	}
	var failed []error
	if connected {
		failed = append(failed, s.config.Broker.Disconnect())
	}
	if c, ok := s.config.Client.(io.Closer); ok {
		failed = append(failed, c.Close())
	}
	return errors.Join(failed...)
}
