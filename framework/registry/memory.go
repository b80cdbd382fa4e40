package registry

import (
	"fmt"
	"sync"

	"github.com/microtop/microtop/framework/limits"
)

type servicesKey struct{}

// Services is an option of the memory registry: services that it knows from the start. They do not expire.
// What the map holds is copied when the option is applied, by Init too.
func Services(services map[string][]*Service) Option { return SetValue(servicesKey{}, services) }

// NewMemoryRegistry returns a registry within this process. Registries made by different calls share nothing.
// It starts no goroutine and needs no closing.
func NewMemoryRegistry(opts ...Option) Registry {
	m := &memory{table: NewTable(limits.Default()), opts: *NewOptions()}
	_ = m.Init(opts...) // only fills the table
	return m
}

type memory struct {
	table *Table

	mu   sync.RWMutex
	opts Options
}

var _ Registry = (*memory)(nil)

// Init implements Registry.
func (m *memory) Init(opts ...Option) error {
	m.mu.Lock()
	for _, set := range opts {
		set(&m.opts)
	}
	var known map[string][]*Service
	if m.opts.Context != nil {
		known, _ = m.opts.Context.Value(servicesKey{}).(map[string][]*Service)
	}
	m.mu.Unlock()
	for name, services := range known {
		for _, s := range services {
			if s == nil {
				continue
			}
			s = s.with(s.Nodes)
			s.Name = name
			if err := m.table.Put(s, 0); err != nil {
				return fmt.Errorf("registry memory: %w", err)
			}
		}
	}
	return nil
}

// Options implements Registry.
func (m *memory) Options() Options {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.opts
}

// Register implements Registry.
func (m *memory) Register(s *Service, opts ...RegisterOption) error {
	var o RegisterOptions
	for _, set := range opts {
		set(&o)
	}
	if err := Validate(s); err != nil {
		return fmt.Errorf("registry memory: register: %w", err)
	}
	if err := m.table.Put(s, o.TTL); err != nil {
		return fmt.Errorf("registry memory: register: %w", err)
	}
	return nil
}

// Deregister implements Registry.
func (m *memory) Deregister(s *Service, _ ...DeregisterOption) error {
	if s == nil {
		return fmt.Errorf("registry memory: deregister: %w: nil", ErrInvalid)
	}
	m.table.Remove(s)
	return nil
}

// GetService implements Registry. An unknown name gives ErrNotFound.
func (m *memory) GetService(name string, _ ...GetOption) ([]*Service, error) {
	if services := m.table.Get(name); services != nil {
		return services, nil
	}
	return nil, ErrNotFound
}

// ListServices implements Registry. It returns whole services, with their nodes.
func (m *memory) ListServices(...ListOption) ([]*Service, error) { return m.table.List(), nil }

// Watch implements Registry.
func (m *memory) Watch(opts ...WatchOption) (Watcher, error) { return m.table.Watch(opts...), nil }

// String returns "memory".
func (m *memory) String() string { return "memory" }
