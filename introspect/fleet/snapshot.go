package fleet

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/microtop/microtop/framework/registry"
)

// State is what is known of a node's life.
type State int

const (
	// Unknown is a node that is registered, not probed yet.
	Unknown State = iota
	// Up is a node of which the last probe was answered.
	Up
	// Suspect is a node of which the last probe was not answered in time.
	Suspect
	// Down is a node where nobody answers at the address, or the registry took it away.
	Down
)

// String returns the state in one lower-case word.
func (s State) String() string {
	switch s {
	case Up:
		return "up"
	case Suspect:
		return "suspect"
	case Down:
		return "down"
	case Unknown:
		return "unknown"
	}
	return "unknown"
}

// Node is one instance. Strings are as the registry gave them.
type Node struct {
	Service  string
	Version  string
	ID       string
	Address  string
	Metadata map[string]string
	State    State
	// Since is when the state began.
	Since time.Time
	// LastSeen is when the registry or a probe last confirmed the node; it moves on in a snapshot too.
	LastSeen *Sighting
	// Problem is why the node is not up, or empty.
	Problem string
	// Vitals is what the last answered probe told; nil if the node tells nothing.
	Vitals *Vitals
}

// Protocol is what the node speaks: mucp, grpc or http.
func (n *Node) Protocol() string { return cmp.Or(n.Metadata["protocol"], "mucp") }

// Record is the node as registries hold it.
func (n *Node) Record() *registry.Node {
	return &registry.Node{Id: n.ID, Address: n.Address, Metadata: n.Metadata}
}

// Key tells one node from another across services and versions.
func (n *Node) Key() string { return n.Service + "\x00" + n.Version + "\x00" + n.ID }

// Vitals are a node's counters and the rates since the probe before.
type Vitals struct {
	Requests, Errors uint64
	// RequestRate and ErrorRate are per second.
	RequestRate, ErrorRate float64
	// Heap is in bytes.
	Heap       uint64
	Goroutines uint64
	// GCPause is the collector's total, since the start.
	GCPause time.Duration
	Uptime  time.Duration
	// RTT is how long the probe took.
	RTT time.Duration
	// Taken is when.
	Taken time.Time
	// Recent and RecentErrors are the last minute's rates, oldest first.
	Recent, RecentErrors []float64
}

// LastMinute returns about how many requests and errors the last minute had: the sums of the recent rates.
func (v *Vitals) LastMinute() (requests, errors float64) {
	for _, rate := range v.Recent {
		requests += rate
	}
	for _, rate := range v.RecentErrors {
		errors += rate
	}
	return requests, errors
}

// Service is one name with its nodes of all versions.
type Service struct {
	Name string
	// Versions in order.
	Versions []string
	Nodes    []*Node
	// Endpoints as the registry shows them, of the highest version that has any, by name.
	Endpoints []*registry.Endpoint
	// Internal: the framework's own, such as the http broker's subscribers.
	Internal bool
}

// Count returns how many nodes are in the state.
func (s *Service) Count(state State) int {
	n := 0
	for _, node := range s.Nodes {
		if node.State == state {
			n++
		}
	}
	return n
}

// Snapshot is the fleet at one moment. It is immutable but for LastSeen: share it, never change it.
type Snapshot struct {
	Services []*Service
	// Taken is when the registry last answered; Problem is why it did not since, or empty.
	Taken   time.Time
	Problem string
	// Retry is when a registry that did not answer is asked again; zero while it is being asked, or does answer.
	Retry time.Time
	// Generation grows with each change; that the registry says the same again is none. Since is when it came.
	Generation uint64
	Since      time.Time
}

// Service returns the service of that name, or nil.
func (s *Snapshot) Service(name string) *Service {
	i, found := slices.BinarySearchFunc(s.Services, name, func(have *Service, want string) int { return strings.Compare(have.Name, want) })
	if !found {
		return nil
	}
	return s.Services[i]
}

// Visible returns the services without the internal ones.
func (s *Snapshot) Visible() []*Service {
	return slices.DeleteFunc(slices.Clone(s.Services), func(service *Service) bool { return service.Internal })
}

// Nodes returns every node of the services that are not internal.
func (s *Snapshot) Nodes() []*Node {
	var out []*Node
	for _, service := range s.Services {
		if !service.Internal {
			out = append(out, service.Nodes...)
		}
	}
	return out
}
