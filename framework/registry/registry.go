// Package registry is where services announce themselves and are found.
//
// The default implementation is mDNS ([NewRegistry]); [NewMemoryRegistry] serves one process, and sub-packages
// hold the others. Every implementation runs the suite in registrytest. Start with [Registry].
package registry

import "errors"

var (
	// ErrNotFound says that no node of the service is known.
	ErrNotFound = errors.New("service not found")
	// ErrWatcherStopped is what Next returns once its watcher was stopped.
	ErrWatcherStopped = errors.New("watcher stopped")
)

// Registry announces services and finds them. Implementations are safe for concurrent use.
//
// A Service handed in is copied: the caller may change it afterwards. A Service handed out may be shared:
// the caller must not change it.
type Registry interface {
	// Init applies options. It opens nothing.
	Init(...Option) error
	// Options returns the options in force.
	Options() Options
	// Register announces the service's nodes, or refreshes them. It may be called again at any time;
	// changed metadata, endpoints or addresses replace what was announced before. What Validate refuses
	// gives an error that wraps ErrInvalid.
	Register(*Service, ...RegisterOption) error
	// Deregister takes the service's nodes (by id) back. Unknown nodes are no error.
	Deregister(*Service, ...DeregisterOption) error
	// GetService returns the service's known nodes, one Service per version. An unknown name gives
	// ErrNotFound, or, from registries that answer by silence (mDNS), an empty list. The list and all in it may be
	// shared with other callers: change a copy. It stays as it is: what is learned later comes with the next call.
	GetService(string, ...GetOption) ([]*Service, error)
	// ListServices returns the known services, at least their names, each name and version once.
	ListServices(...ListOption) ([]*Service, error)
	// Watch reports changes from now on.
	Watch(...WatchOption) (Watcher, error)
	// String names the implementation.
	String() string
}

// Service is one version of a service (docs/wire.md §6.1).
type Service struct {
	Name      string            `json:"name"`
	Version   string            `json:"version"`
	Metadata  map[string]string `json:"metadata"`
	Endpoints []*Endpoint       `json:"endpoints"`
	Nodes     []*Node           `json:"nodes"`
}

// Node is one running instance. Address is host:port, or what the transport dials.
type Node struct {
	Id       string            `json:"id"`
	Address  string            `json:"address"`
	Metadata map[string]string `json:"metadata"`
}

// Endpoint is something a service answers or listens to: "Handler.Method", or a subscriber (docs/wire.md §6.3, §6.4).
type Endpoint struct {
	Name     string            `json:"name"`
	Request  *Value            `json:"request"`
	Response *Value            `json:"response"`
	Metadata map[string]string `json:"metadata"`
}

// Value describes a message by reflection, three levels deep (docs/wire.md §6.3).
type Value struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"`
	Values []*Value `json:"values"`
}
