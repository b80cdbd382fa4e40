package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// DefaultRuntime serves programs that name none. It starts nothing until used.
var DefaultRuntime = NewRuntime()

// NewRuntime returns a runtime whose services are processes of this host.
//
// A service without a command is built with the go tool each time it is started, and when it is updated: from the folder
// that its Source names, or from a local git repository, in a check-out of its own ("/srv/greeter.git@v1.2"). The build's
// output is the beginning of the service's log. A service that leaves its process group, as daemons do, is its own to end.
//
// A service's standard input is a pipe that this process holds open: it ends when this process does, even by a
// signal that cannot be caught, so that a service that watches it never outlives its runtime.
func NewRuntime(opts ...Option) Runtime {
	return &local{opts: *NewOptions(opts...), services: map[id]*process{}}
}

type local struct {
	lifecycle sync.Mutex // one start or stop at a time
	schedule  *schedule  // what is followed while started; guarded by lifecycle

	mu       sync.Mutex
	opts     Options
	started  bool
	services map[id]*process
}

var _ Runtime = (*local)(nil)

// defaultNamespace is where services are that name no namespace.
const defaultNamespace = "default"

// id tells one service from another.
type id struct{ namespace, name, version string }

func idOf(namespace string, s *Service) id {
	return id{cmp.Or(namespace, defaultNamespace), s.Name, s.Version}
}

func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}

// ended says why a context has ended; nil while it has not, and for none.
func ended(ctx context.Context) error {
	if ctx == nil {
		return nil
	}
	return context.Cause(ctx)
}

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
	if err := ended(options.Context); err != nil {
		return fmt.Errorf("runtime: create %s: %w", s.Name, err)
	}
	p, err := l.add(*s, options)
	if err != nil {
		return err
	}
	return p.start(orBackground(options.Context), l.isStarted)
}

func (l *local) add(s Service, options CreateOptions) (*process, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Source = cmp.Or(s.Source, l.opts.Source)
	if len(options.Command) == 0 && s.Source == "" {
		return nil, fmt.Errorf("runtime: create %s: nothing to run: give a command with runtime.WithCommand, or the service a Source to build", s.Name)
	}
	key := idOf(options.Namespace, &s)
	if _, exists := l.services[key]; exists {
		return nil, fmt.Errorf("runtime: create %s %s: %w", s.Name, s.Version, ErrAlreadyExists)
	}
	options.Namespace = key.namespace
	options.Type = cmp.Or(options.Type, l.opts.Type)
	options.Image = cmp.Or(options.Image, l.opts.Image)
	p := newProcess(s, options, l.opts)
	l.services[key] = p
	return p, nil
}

func (l *local) isStarted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.started
}

// Read implements Runtime.
func (l *local) Read(opts ...ReadOption) ([]*Service, error) {
	var options ReadOptions
	for _, set := range opts {
		set(&options)
	}
	if err := ended(options.Context); err != nil {
		return nil, fmt.Errorf("runtime: read: %w", err)
	}
	namespace := cmp.Or(options.Namespace, defaultNamespace)
	var out []*Service
	for _, p := range l.processes() {
		if p.options.Namespace != namespace {
			continue
		}
		s := p.snapshot()
		if matches(options.Service, s.Name) && matches(options.Version, s.Version) && matches(options.Type, p.options.Type) {
			out = append(out, s)
		}
	}
	return out, nil
}

func matches(want, have string) bool { return want == "" || want == have }

// Update implements Runtime. A service that had to be killed is started all the same, and the error says so.
func (l *local) Update(s *Service, opts ...UpdateOption) error {
	var options UpdateOptions
	for _, set := range opts {
		set(&options)
	}
	options.Context = orBackground(options.Context)
	p, err := l.find(options.Namespace, s)
	if err != nil {
		return err
	}
	err = p.stop(options.Context, false)
	return errors.Join(err, p.start(options.Context, l.isStarted))
}

// Delete implements Runtime.
func (l *local) Delete(s *Service, opts ...DeleteOption) error {
	var options DeleteOptions
	for _, set := range opts {
		set(&options)
	}
	options.Context = orBackground(options.Context)
	p, err := l.find(options.Namespace, s)
	if err != nil {
		return err
	}
	err = p.stop(options.Context, true)
	l.mu.Lock()
	defer l.mu.Unlock()
	if key := idOf(options.Namespace, s); l.services[key] == p { // not one that was created meanwhile
		delete(l.services, key)
	}
	return err
}

// Logs implements Runtime.
func (l *local) Logs(s *Service, opts ...LogsOption) (LogStream, error) {
	var options LogsOptions
	for _, set := range opts {
		set(&options)
	}
	p, err := l.find(options.Namespace, s)
	if err != nil {
		return nil, err
	}
	return p.output.stream(options), nil
}

// Start implements Runtime. A service that cannot be started does not keep the others from starting, nor does a scheduler
// that has no events to give.
func (l *local) Start() error {
	l.lifecycle.Lock()
	defer l.lifecycle.Unlock()
	l.mu.Lock()
	l.started = true
	opts := l.opts
	l.mu.Unlock()
	var failed []error
	for _, p := range l.processes() {
		failed = append(failed, p.start(context.Background(), l.isStarted))
	}
	if l.schedule == nil && opts.Scheduler != nil {
		var err error
		l.schedule, err = follow(l, opts.Scheduler, logs(opts))
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// Stop implements Runtime.
func (l *local) Stop() error {
	l.lifecycle.Lock()
	defer l.lifecycle.Unlock()
	l.mu.Lock()
	l.started = false // so that an event under way starts nothing more
	l.mu.Unlock()
	var unscheduled error
	if l.schedule != nil {
		unscheduled = l.schedule.close()
		l.schedule = nil
	}
	processes := l.processes()
	failed := make([]error, len(processes))
	var wg sync.WaitGroup
	for i, p := range processes {
		wg.Go(func() { failed[i] = p.stop(context.Background(), false) })
	}
	wg.Wait()
	return errors.Join(append(failed, unscheduled)...)
}

// String implements Runtime.
func (l *local) String() string { return "local" }

func (l *local) find(namespace string, s *Service) (*process, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.services[idOf(namespace, s)]
	if !ok {
		return nil, notFound(s)
	}
	return p, nil
}

func notFound(s *Service) error {
	return fmt.Errorf("runtime: %s %s: %w", s.Name, s.Version, ErrNotFound)
}

// processes returns the managed services in the order of their namespaces, names and versions.
func (l *local) processes() []*process {
	l.mu.Lock()
	defer l.mu.Unlock()
	order := func(a, b id) int {
		return cmp.Or(strings.Compare(a.namespace, b.namespace), strings.Compare(a.name, b.name), strings.Compare(a.version, b.version))
	}
	out := make([]*process, 0, len(l.services))
	for _, key := range slices.SortedFunc(maps.Keys(l.services), order) {
		out = append(out, l.services[key])
	}
	return out
}
