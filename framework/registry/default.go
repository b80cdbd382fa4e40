package registry

// DefaultRegistry serves programs that name no registry: mDNS. It opens nothing until it is used.
var DefaultRegistry = NewRegistry()

// Register announces a service in DefaultRegistry.
func Register(s *Service, opts ...RegisterOption) error { return DefaultRegistry.Register(s, opts...) }

// Deregister takes a service's nodes back from DefaultRegistry.
func Deregister(s *Service) error { return DefaultRegistry.Deregister(s) }

// GetService looks a service up in DefaultRegistry.
func GetService(name string) ([]*Service, error) { return DefaultRegistry.GetService(name) }

// ListServices lists the services of DefaultRegistry.
func ListServices() ([]*Service, error) { return DefaultRegistry.ListServices() }

// Watch watches DefaultRegistry.
func Watch(opts ...WatchOption) (Watcher, error) { return DefaultRegistry.Watch(opts...) }

// String names DefaultRegistry's implementation.
func String() string { return DefaultRegistry.String() }
