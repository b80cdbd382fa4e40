// Package runtimetest is the contract of runtime.Runtime as tests. Every implementation runs it with [Run].
package runtimetest

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/runtime"
)

// Programs are what the suite's services run: the options that create them.
type Programs struct {
	// Serve prints one line when it starts, then runs until it is asked to end.
	Serve []runtime.CreateOption
	// Fail prints one line and ends with an error.
	Fail []runtime.CreateOption
}

// suite is one run of one rule.
type suite struct {
	*testing.T
	programs Programs
	runtime  runtime.Runtime
}

// Run holds the runtimes that open returns against the contract, one rule a subtest. They are new, not started, and manage
// nothing yet. The suite stops them.
func Run(t *testing.T, open func(t *testing.T, opts ...runtime.Option) runtime.Runtime, programs Programs) {
	t.Helper()
	for _, r := range []struct {
		rule string
		hold func(*suite)
	}{
		{"A260_what is created before Start runs from Start on", startedByStart},
		{"A260_what is created after Start runs at once", startedByCreate},
		{"a second service of a name and version gives ErrAlreadyExists, another version is another service", versions},
		{"Create in an ended context returns its error and creates nothing", createEnded},
		{"A260_Read finds services by name, version and type, and all without options", reads},
		{"Read of what is not there is empty and no error", readsNothing},
		{"what Read returns is the caller's, and has the service's own metadata too", notAliased},
		{"A260_Update starts a service again", updates},
		{"Update of a stopped runtime starts nothing", updatesNothing},
		{"A260_Delete ends a service and forgets it, and it may be created again", deletes},
		{"Update, Delete and Logs of an unknown service give ErrNotFound", unknown},
		{"the same service in two namespaces is two services", namespaces},
		{"A260_Logs gives what was printed, then closes its channel", logsKept},
		{"LogsCount gives the last lines", logsCount},
		{"LogsStream goes on with what is printed later", logsStream},
		{"Stop of a log stream, and the end of its context, close its channel; a second Stop is no error", logsStop},
		{"the output option receives what is printed", output},
		{"a service that fails is started again as often as Retries says, then its status is error", retries},
		{"A260_Stop ends every service, keeps them, and may be called twice", stops},
		{"A260_a stopped runtime can be started again", again},
		{"callers at once leave the runtime whole", concurrent},
		{"A260_Init sets options of services to come, and String names the implementation", options},
	} {
		t.Run(r.rule, func(t *testing.T) {
			s := &suite{T: t, programs: programs, runtime: open(t)}
			t.Cleanup(func() {
				if err := s.runtime.Stop(); err != nil {
					t.Errorf("Stop: %v", err)
				}
			})
			r.hold(s)
		})
	}
}

func (s *suite) start() {
	s.Helper()
	if err := s.runtime.Start(); err != nil {
		s.Fatalf("Start: %v", err)
	}
}

// serve creates a service that runs until it is asked to end.
func (s *suite) serve(service *runtime.Service, opts ...runtime.CreateOption) *runtime.Service {
	s.Helper()
	return s.create(service, s.programs.Serve, opts...)
}

func (s *suite) create(service *runtime.Service, program []runtime.CreateOption, opts ...runtime.CreateOption) *runtime.Service {
	s.Helper()
	if err := s.runtime.Create(service, slices.Concat(program, opts)...); err != nil {
		s.Fatalf("Create %s %s: %v", service.Name, service.Version, err)
	}
	return service
}

func (s *suite) read(opts ...runtime.ReadOption) []*runtime.Service {
	s.Helper()
	services, err := s.runtime.Read(opts...)
	if err != nil {
		s.Fatalf("Read: %v", err)
	}
	return services
}

// wantNames compares what Read finds with "name version" of each, in any order.
func (s *suite) wantNames(want []string, opts ...runtime.ReadOption) {
	s.Helper()
	found := map[string]bool{}
	for _, service := range s.read(opts...) {
		found[service.Name+" "+service.Version] = true
	}
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		s.Errorf("Read finds %q, want %q", got, want)
	}
}

// status is a service's, and empty if it is not there.
func (s *suite) status(service *runtime.Service) string {
	s.Helper()
	services := s.read(runtime.ReadService(service.Name), runtime.ReadVersion(service.Version))
	if len(services) != 1 {
		return ""
	}
	return services[0].Metadata["status"]
}

func (s *suite) wantStatus(service *runtime.Service, want string) {
	s.Helper()
	s.eventually(service.Name+" is "+want, func() bool { return s.status(service) == want })
}

// patience is how long a service may take to start or end.
const patience = 20 * time.Second

// eventually waits until something holds.
func (s *suite) eventually(what string, holds func() bool) {
	s.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// printed returns the lines of a service so far.
func (s *suite) printed(service *runtime.Service, opts ...runtime.LogsOption) []string {
	s.Helper()
	logs, err := s.runtime.Logs(service, opts...)
	if err != nil {
		s.Fatalf("Logs: %v", err)
	}
	var lines []string
	for {
		line, more := s.line(logs)
		if !more {
			break
		}
		lines = append(lines, line)
	}
	if err := logs.Error(); err != nil {
		s.Errorf("the log stream ended with %v", err)
	}
	return lines
}

// line returns the next line of a stream, or that there is none.
func (s *suite) line(logs runtime.LogStream) (line string, more bool) {
	s.Helper()
	select {
	case record, more := <-logs.Chan():
		return record.Message, more
	case <-time.After(patience):
		s.Fatalf("the log stream neither gave a line nor ended within %v", patience)
		return "", false
	}
}
