package file

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
)

type directory struct {
	view *view

	mu     sync.Mutex // taken before view.mu
	opts   registry.Options
	held   map[string]*holding // what this registry registered, by file name
	keeper *worker             // refreshes held; nil while there is none

	watchers int
	scanner  *worker // reads the directory for the watchers; nil while there is none
}

// holding is a registration made here.
type holding struct {
	service *registry.Service // with its one node
	record  []byte
	end     time.Time // when its TTL is over; zero: never
	beat    time.Time // last refreshed
}

var _ registry.Registry = (*directory)(nil)

// NewRegistry returns a registry in the directory [Dir] names for the same options. It touches nothing until it is
// used, and runs goroutines only while something is registered or watched; it needs no closing.
//
// Files that are no records are ignored, never fatal. The registry also has a method Ignored() int, the number of them
// when the directory was last read.
func NewRegistry(opts ...registry.Option) registry.Registry {
	return &directory{view: newView(), opts: *registry.NewOptions(opts...), held: make(map[string]*holding)}
}

// Init implements registry.Registry. A new address counts from the next look at the directory on.
func (r *directory) Init(opts ...registry.Option) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, set := range opts {
		set(&r.opts)
	}
	return nil
}

// Options implements registry.Registry.
func (r *directory) Options() registry.Options {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.opts
}

// Register implements registry.Registry.
func (r *directory) Register(s *registry.Service, opts ...registry.RegisterOption) error {
	var o registry.RegisterOptions
	for _, set := range opts {
		set(&o)
	}
	if err := registry.Validate(s); err != nil {
		return fmt.Errorf("registry file: register: %w", err)
	}
	now := time.Now()
	fresh := make(map[string]*holding, len(s.Nodes))
	for _, one := range split(s) {
		record, err := registry.EncodeService(one, limits.Default())
		if err != nil {
			return fmt.Errorf("registry file: register: %w", err)
		}
		h := &holding{service: one, record: record, beat: now}
		if o.TTL > 0 {
			h.end = now.Add(o.TTL)
		}
		fresh[nameOf(one, one.Nodes[0])] = h
	}
	if err := r.hold(fresh); err != nil {
		return fmt.Errorf("registry file: register %s: %w", s.Name, err)
	}
	return nil
}

// hold writes registrations and keeps them alive from now on.
func (r *directory) hold(fresh map[string]*holding) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	root, err := makePlace(dirOf(&r.opts))
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for name, h := range fresh {
		if err = write(root, name, h.record, h.stamp(h.beat)); err != nil {
			break
		}
		r.held[name] = h
	}
	if r.keeper == nil && len(r.held) > 0 {
		r.keeper = work(r.keep)
	}
	r.keeper.nudge()
	r.scanner.nudge()
	return err
}

// Deregister implements registry.Registry. It also takes back what another process registered; if that process lives,
// its next refresh brings the node back.
func (r *directory) Deregister(s *registry.Service, _ ...registry.DeregisterOption) error {
	if s == nil {
		return fmt.Errorf("registry file: deregister: %w: nil", registry.ErrInvalid)
	}
	idle, err := r.release(s)
	idle.end()
	if err != nil {
		return fmt.Errorf("registry file: deregister %s: %w", s.Name, err)
	}
	return nil
}

// release removes the files of a service's nodes. It returns the keeper if nothing is left for it to do.
func (r *directory) release(s *registry.Service) (*worker, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := map[string]bool{}
	for _, n := range s.Nodes {
		if n == nil {
			continue
		}
		names[nameOf(s, n)] = true
		for name, h := range r.held {
			if s.Version == "" && h.service.Name == s.Name && h.service.Nodes[0].Id == n.Id {
				names[name] = true
			}
		}
	}
	for name := range names {
		delete(r.held, name)
	}
	defer r.scanner.nudge()
	var idle *worker
	if len(r.held) == 0 {
		idle, r.keeper = r.keeper, nil
	}
	root, err := openPlace(dirOf(&r.opts))
	if errors.Is(err, fs.ErrNotExist) {
		return idle, nil
	}
	if err != nil {
		return idle, err
	}
	defer func() { _ = root.Close() }()
	for name := range names {
		if removal := root.Remove(name); removal != nil && !errors.Is(removal, fs.ErrNotExist) {
			err = removal
		}
	}
	return idle, err
}

// GetService implements registry.Registry. It reads the directory. An unknown name gives registry.ErrNotFound.
func (r *directory) GetService(name string, _ ...registry.GetOption) ([]*registry.Service, error) {
	if err := r.look(); err != nil {
		return nil, fmt.Errorf("registry file: look up %s: %w", name, err)
	}
	if services := r.view.table.Get(name); services != nil {
		return services, nil
	}
	return nil, registry.ErrNotFound
}

// ListServices implements registry.Registry. It reads the directory and returns whole services, with their nodes.
func (r *directory) ListServices(...registry.ListOption) ([]*registry.Service, error) {
	if err := r.look(); err != nil {
		return nil, fmt.Errorf("registry file: list: %w", err)
	}
	return r.view.table.List(), nil
}

// String returns "file".
func (r *directory) String() string { return "file" }

// Ignored returns how many files were no records, or too many, when the directory was last read.
func (r *directory) Ignored() int { return r.view.ignoredFiles() }

// look brings the view up to date.
func (r *directory) look() error {
	dir, log := r.place()
	return r.view.update(dir, log)
}

func (r *directory) place() (string, *slog.Logger) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return dirOf(&r.opts), logger.Slog(r.opts.Logger)
}

// split gives one service for each node of s.
func split(s *registry.Service) []*registry.Service {
	c := registry.Copy(s)
	parts := make([]*registry.Service, len(c.Nodes))
	for i, n := range c.Nodes {
		one := *c
		one.Nodes = []*registry.Node{n}
		parts[i] = &one
	}
	return parts
}

func nameOf(s *registry.Service, n *registry.Node) string { return fileName(s.Name, s.Version, n.Id) }
