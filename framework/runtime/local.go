package runtime

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// DefaultRuntime serves programs that name none. It starts nothing until used.
var DefaultRuntime = NewRuntime()

// NewRuntime returns a runtime whose services are processes of this host.
//
// A service's standard input is a pipe that this process holds open: it ends when this process does, even by a
// signal that cannot be caught, so that a service that watches it never outlives its runtime.
func NewRuntime(opts ...Option) Runtime {
	return &local{opts: *NewOptions(opts...), services: map[string]*process{}}
}

type local struct {
	mu       sync.Mutex
	opts     Options
	started  bool
	services map[string]*process // by key(name, version)
}

var _ Runtime = (*local)(nil)

func key(s *Service) string { return s.Name + "\x00" + s.Version }

// Init implements Runtime.
func (l *local) Init(opts ...Option) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, set := range opts {
		set(&l.opts)
	}
	return nil
}

// Create implements Runtime.
func (l *local) Create(s *Service, opts ...CreateOption) error {
	options := CreateOptions{Retries: 3}
	for _, set := range opts {
		set(&options)
	}
	if len(options.Command) == 0 {
		return fmt.Errorf("runtime: create %s: no command given: use runtime.WithCommand", s.Name)
	}
	l.mu.Lock()
	if _, exists := l.services[key(s)]; exists {
		l.mu.Unlock()
		return fmt.Errorf("runtime: create %s %s: %w", s.Name, s.Version, ErrAlreadyExists)
	}
	p := newProcess(*s, options, l.opts)
	l.services[key(s)] = p
	start := l.started
	l.mu.Unlock()
	if start {
		return p.start()
	}
	return nil
}

// Read implements Runtime.
func (l *local) Read(opts ...ReadOption) ([]*Service, error) {
	var options ReadOptions
	for _, set := range opts {
		set(&options)
	}
	var out []*Service
	for _, p := range l.processes() {
		s := p.snapshot()
		if matches(options.Service, s.Name) && matches(options.Version, s.Version) && matches(options.Type, p.options.Type) {
			out = append(out, s)
		}
	}
	return out, nil
}

func matches(want, have string) bool { return want == "" || want == have }

// Update implements Runtime.
func (l *local) Update(s *Service, _ ...UpdateOption) error {
	p, err := l.find(s)
	if err != nil {
		return err
	}
	if err := p.stop(); err != nil {
		return err
	}
	return p.start()
}

// Delete implements Runtime.
func (l *local) Delete(s *Service, _ ...DeleteOption) error {
	p, err := l.find(s)
	if err != nil {
		return err
	}
	err = p.stop()
	l.mu.Lock()
	delete(l.services, key(s))
	l.mu.Unlock()
	return err
}

// Logs implements Runtime.
func (l *local) Logs(s *Service, opts ...LogsOption) (LogStream, error) {
	var options LogsOptions
	for _, set := range opts {
		set(&options)
	}
	p, err := l.find(s)
	if err != nil {
		return nil, err
	}
	return p.output.stream(options), nil
}

// Start implements Runtime. A service that cannot be started does not keep the others from starting.
func (l *local) Start() error {
	l.mu.Lock()
	l.started = true
	l.mu.Unlock()
	var failed []error
	for _, p := range l.processes() {
		failed = append(failed, p.start())
	}
	return errors.Join(failed...)
}

// Stop implements Runtime.
func (l *local) Stop() error {
	l.mu.Lock()
	l.started = false
	l.mu.Unlock()
	processes := l.processes()
	failed := make([]error, len(processes))
	var wg sync.WaitGroup
	for i, p := range processes {
		wg.Go(func() { failed[i] = p.stop() })
	}
	wg.Wait()
	return errors.Join(failed...)
}

// String implements Runtime.
func (l *local) String() string { return "local" }

func (l *local) find(s *Service) (*process, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.services[key(s)]
	if !ok {
		return nil, fmt.Errorf("runtime: %s %s: %w", s.Name, s.Version, ErrNotFound)
	}
	return p, nil
}

// processes returns the managed services in the order of their names.
func (l *local) processes() []*process {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]*process, 0, len(l.services))
	for _, p := range l.services {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *process) int { return strings.Compare(key(&a.service), key(&b.service)) })
	return out
}
