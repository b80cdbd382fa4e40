// Package profiletest is the contract of profile.Profile as tests. Every implementation runs it with [Run].
package profiletest

import (
	"sync"
	"testing"

	"github.com/microtop/microtop/framework/debug/profile"
)

// Run holds the profilers that open returns against the contract, one rule a subtest. They are new and stopped.
func Run(t *testing.T, open func(t *testing.T) profile.Profile) {
	t.Helper()
	for _, r := range []struct {
		rule string
		hold func(*suite)
	}{
		{"A270_it has a name", named},
		{"stopping what never started does nothing", stopFirst},
		{"A270_starting again and stopping again do nothing", twice},
		{"A273_what was stopped starts anew", anew},
		{"many may start and stop it at once", atOnce},
	} {
		t.Run(r.rule, func(t *testing.T) {
			s := &suite{T: t, profile: open(t)}
			t.Cleanup(s.stop)
			r.hold(s)
		})
	}
}

// suite is one run of one rule.
type suite struct {
	*testing.T
	profile profile.Profile
}

func (s *suite) start() {
	s.Helper()
	if err := s.profile.Start(); err != nil {
		s.Errorf("Start: %v", err)
	}
}

func (s *suite) stop() {
	s.Helper()
	if err := s.profile.Stop(); err != nil {
		s.Errorf("Stop: %v", err)
	}
}

func named(s *suite) {
	if s.profile.String() == "" {
		s.Error("no name")
	}
}

func stopFirst(s *suite) {
	s.stop()
	s.start()
}

func twice(s *suite) {
	for range 2 {
		s.start()
	}
	for range 2 {
		s.stop()
	}
}

func anew(s *suite) {
	for range 3 {
		s.start()
		s.stop()
	}
}

func atOnce(s *suite) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			s.start()
			s.stop()
		})
	}
	all.Wait()
}
