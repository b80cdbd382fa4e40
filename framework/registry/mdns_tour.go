package registry

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/internal/mdns"
)

const (
	visitEvery    = 5 * time.Second       // and up to as much again
	revisitAfter  = time.Second           // when a node did not answer, or answered after its goodbye
	goodbyeAfter  = 20 * time.Millisecond // a v4 node may still answer while it says goodbye
	goodbyeWithin = 80 * time.Millisecond // of silence after that
	primeQuiet    = 20 * time.Millisecond
	visitsAtOnce  = 8
	missesToGo    = 2 // visits in a row without an answer
)

// later is the time of the next visit to a service that is well.
func later() time.Time {
	return time.Now().Add(visitEvery + rand.N(visitEvery)) //nolint:gosec // a spread in time
}

// plan has a service visited at a time, or before. s.mu is held.
func (s *sights) plan(service string, at time.Time) {
	if old, planned := s.due[service]; planned && old.Before(at) {
		return
	}
	s.due[service] = at
	s.wake()
}

func (s *sights) wake() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// check has a service visited now.
func (s *sights) check(service string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, planned := s.due[service]; planned || s.busy[service] {
		s.plan(service, time.Now())
	}
}

// prime has the nodes that a new watcher is not told of looked up.
func (s *sights) prime(service string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.primes = append(s.primes, service)
	s.wake()
}

// tour visits the services that are due until ctx ends, and then forgets the plan.
func (s *sights) tour(ctx context.Context) {
	var group sync.WaitGroup
	defer func() {
		group.Wait()
		s.mu.Lock()
		clear(s.due)
		s.primes = nil
		s.mu.Unlock()
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		primes, service, wait := s.next()
		for _, name := range primes {
			group.Go(func() { s.look(ctx, name) })
		}
		if service != "" {
			group.Go(func() { s.visit(ctx, service) })
			continue
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-s.poke:
		case <-timer.C:
		}
	}
}

// next takes what is to be done now, or says how long there is nothing.
func (s *sights) next() (primes []string, service string, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	primes, s.primes = s.primes, nil
	wait = time.Hour
	if len(s.busy) >= visitsAtOnce {
		return primes, "", wait
	}
	now := time.Now()
	for name, at := range s.due {
		if s.busy[name] {
			continue
		}
		if left := at.Sub(now); left < wait {
			service, wait = name, left
		}
	}
	if service == "" || wait > 0 {
		return primes, "", wait
	}
	delete(s.due, service)
	s.busy[service] = true
	return primes, service, 0
}

// visit asks for the nodes of a service and drops those that are gone.
func (s *sights) visit(ctx context.Context, service string) {
	asked, doubts := s.expected(service)
	_, timeout := s.registry.settings()
	if doubts {
		timeout = min(timeout, goodbyeWithin)
	}
	domain, _ := s.registry.settings()
	missing := len(asked)
	answered := make(map[string]bool, missing)
	var err error
	if missing > 0 {
		err = s.registry.peer.Ask(ctx, mdns.Question{Name: mdns.ServiceName(service, domain), Timeout: timeout}, func(h mdns.Heard) bool {
			s.take(h, domain, false)
			if _, expected := asked[h.Name]; expected && !answered[h.Name] {
				answered[h.Name] = true
				missing--
			}
			return missing > 0
		})
	}
	s.conclude(service, asked, answered, err == nil && ctx.Err() == nil)
}

// expected are the known nodes of a service, and whether their goodbye came.
func (s *sights) expected(service string) (nodes map[string]bool, doubts bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	nodes = make(map[string]bool)
	for name, known := range s.known {
		if known.service.Name == service && !known.own {
			nodes[name] = known.doubted
			doubts = doubts || known.doubted
		}
	}
	return nodes, doubts
}

// conclude draws the consequences of a visit, if asking worked, and plans the next one.
func (s *sights) conclude(service string, asked, answered map[string]bool, worked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, service)
	s.wake()
	left, soon := 0, false
	for name, doubted := range asked {
		known := s.known[name]
		if known == nil || known.own {
			continue
		}
		if worked && !answered[name] {
			known.missed++
		}
		if known.missed > 0 && (doubted || known.missed >= missesToGo) {
			s.forget(name, known)
			continue
		}
		left++
		soon = soon || doubted || known.missed > 0
	}
	switch {
	case left == 0:
	case soon:
		s.plan(service, time.Now().Add(revisitAfter))
	default:
		s.plan(service, later())
	}
}

// look notes in silence the nodes of a service, or of all for "".
func (s *sights) look(ctx context.Context, service string) {
	domain, timeout := s.registry.settings()
	names := []string{service}
	if service == "" {
		var err error
		if names, err = s.registry.names(ctx, 0); err != nil {
			return // watching goes on with what is announced
		}
	}
	var group sync.WaitGroup
	slots := make(chan struct{}, visitsAtOnce)
	for _, name := range names {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			question := mdns.Question{Name: mdns.ServiceName(name, domain), Timeout: timeout, Quiet: primeQuiet}
			_ = s.registry.ask(ctx, question, func(h mdns.Heard, it sighted) bool {
				s.put(h.Name, sighting{sighted: it}, false)
				return true
			})
		})
	}
	group.Wait()
}
