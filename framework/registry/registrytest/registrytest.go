// Package registrytest is the contract of registry.Registry as tests. Every implementation runs it with [Run].
package registrytest

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/registry"
)

// Caps says what an implementation can do beyond, or less than, the interface.
type Caps struct {
	TTL             bool          // nodes that are not refreshed go after their TTL
	Silent          bool          // an unknown name gives an empty list and no error (mDNS)
	NamesOnly       bool          // ListServices gives names without versions and nodes
	ServiceMetadata bool          // metadata of the service, not only of the node, is carried
	Updates         bool          // a changed node is reported as "update"; else anything but "delete" will do
	Within          time.Duration // how long a change may take to be seen; zero is 5 s
}

// suite is one run of one rule: a registry of its own and a service name that no other run uses.
type suite struct {
	*testing.T
	caps Caps
	reg  registry.Registry
	name string
}

// Run holds the registries that open returns against the contract, one rule a subtest. open is called once per rule, also
// while other rules run; what it opens it closes itself (t.Cleanup). The registries may share a backend: service names are never used twice.
func Run(t *testing.T, open func(t *testing.T) registry.Registry, caps Caps) {
	t.Helper()
	if caps.Within == 0 {
		caps.Within = 5 * time.Second
	}
	rules := []struct {
		rule string
		hold func(*suite)
	}{
		{"a registered node is found with all it announced", found},
		{"two nodes of one version are one service, two versions are two", folded},
		{"the caller may change the service after Register", notAliased},
		{"registering again replaces metadata, endpoints and address", replaced},
		{"R11_registering the same again changes nothing", twice},
		{"a deregistered node is gone and the others stay", deregistered},
		{"deregistering needs only name, version and node id, and an unknown node is no error", deregisteredByID},
		{"an unknown name is not found", unknown},
		{"a listing has each service once", listed},
		{"R11_a TTL of one millisecond does no harm", tinyTTL},
		{"R11_a node without TTL stays", noTTL},
		{"R11_what no registry takes is refused with ErrInvalid", refused},
		{"a watcher sees create, update and delete in order", watched},
		{"a watcher of one service hears of no other", watchedOne},
		{"Stop may be called twice and from anywhere, and ends Next with ErrWatcherStopped", watcherStops},
		{"a watcher ends with its context", watcherContext},
		{"R11_a hundred callers at once leave a consistent registry", concurrent},
		{"Init and Options never fail and String names the implementation", options},
	}
	run := func(t *testing.T, hold func(*suite)) {
		hold(&suite{T: t, caps: caps, reg: open(t), name: "suite." + uuid.NewString()[:8]})
	}
	for _, r := range rules {
		t.Run(r.rule, func(t *testing.T) { run(t, r.hold) })
	}
	t.Run("in time", func(t *testing.T) { // together, since they mostly wait
		for rule, hold := range map[string]func(*suite){
			"a node disappears after its TTL":         expires,
			"a refreshed node outlives its first TTL": refreshed,
			"a watcher reports the end of a TTL":      watchedTTL,
		} {
			t.Run(rule, func(t *testing.T) {
				t.Parallel()
				run(t, hold)
			})
		}
	})
}

// service is version 1.0.0 of the run's service with one node.
func (s *suite) service(id string) *registry.Service {
	message := &registry.Value{Name: "Request", Type: "Request", Values: []*registry.Value{{Name: "name", Type: "string"}}}
	return &registry.Service{
		Name: s.name, Version: "1.0.0",
		Endpoints: []*registry.Endpoint{{Name: "Greeter.Hello", Request: message, Response: message, Metadata: map[string]string{"stream": "false"}}},
		Nodes:     []*registry.Node{{Id: s.name + "-" + id, Address: "127.0.0.1:8080", Metadata: map[string]string{"protocol": "mucp"}}},
	}
}

// register registers and takes the node back at the end of the test, so that nothing of a run stays in a backend.
func (s *suite) register(service *registry.Service, opts ...registry.RegisterOption) {
	s.Helper()
	if err := s.reg.Register(service, opts...); err != nil {
		s.Fatalf("Register: %v", err)
	}
	last := registry.Copy(service)
	s.Cleanup(func() {
		if err := s.reg.Deregister(last); err != nil {
			s.Errorf("Deregister at the end: %v", err)
		}
	})
}

func (s *suite) deregister(service *registry.Service) {
	s.Helper()
	if err := s.reg.Deregister(service); err != nil {
		s.Fatalf("Deregister: %v", err)
	}
}

// nodes returns the known nodes of the run's service by id; none if it is not found.
func (s *suite) nodes() map[string]*registry.Node {
	s.Helper()
	known := map[string]*registry.Node{}
	for _, service := range s.get() {
		for _, n := range service.Nodes {
			known[n.Id] = n
		}
	}
	return known
}

// eventually polls until ok holds, at most caps.Within.
func (s *suite) eventually(what string, ok func() bool) {
	s.Helper()
	deadline := time.Now().Add(s.caps.Within)
	for !ok() {
		if time.Now().After(deadline) {
			s.Fatalf("not within %v: %s", s.caps.Within, what)
		}
		time.Sleep(time.Millisecond)
	}
}

// next fetches one result, at most for caps.Within.
func (s *suite) next(w registry.Watcher) *registry.Result {
	s.Helper()
	type answer struct {
		result *registry.Result
		err    error
	}
	got := make(chan answer, 1)
	go func() {
		result, err := w.Next()
		got <- answer{result, err}
	}()
	select {
	case a := <-got:
		if a.err != nil {
			s.Fatalf("Next: %v", a.err)
		}
		return a.result
	case <-time.After(s.caps.Within):
		w.Stop()
		s.Fatalf("Next: nothing within %v", s.caps.Within)
		return nil
	}
}

func (s *suite) watch(opts ...registry.WatchOption) registry.Watcher {
	s.Helper()
	w, err := s.reg.Watch(opts...)
	if err != nil {
		s.Fatalf("Watch: %v", err)
	}
	s.Cleanup(w.Stop)
	return w
}
