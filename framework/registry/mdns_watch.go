package registry

import (
	"context"
	"crypto/subtle"
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/internal/mdns"
)

const mostSighted = 4096 // nodes known to the watchers of one registry

// sights is what the watchers of an mDNS registry know. Nodes come into it by announcements, by registrations made here
// and by visits: each watched service is asked for again every 5 to 10 seconds, since who is killed says no goodbye.
type sights struct {
	registry *mdnsRegistry
	table    *Table
	seed     maphash.Seed
	budget   budget
	poke     chan struct{} // that there may be something to do for the tour

	life sync.Mutex // held while the first watcher starts or the last one ends; taken before mu
	stop func()     // ends listening and the tour; nil while nobody watches

	mu       sync.Mutex           // taken before table's
	watchers map[string]int       // by service name; "" watches all
	known    map[string]*sighting // by instance name
	due      map[string]time.Time // when to visit which service
	busy     map[string]bool      // services that are being visited
	ended    map[string]time.Time // seals whose goodbye came, since copies of what came before may come after it
	primes   []string             // what new watchers watch
}

// sighting is a known node.
type sighting struct {
	sighted
	own     bool // registered here
	missed  int  // visits in a row that it did not answer
	doubted bool // a goodbye came that anybody can have sent
	silent  bool // was there before it was watched: not in the table, since the watchers were not told
}

func newSights(r *mdnsRegistry) *sights {
	return &sights{
		registry: r, table: NewTable(r.limits), seed: maphash.MakeSeed(), poke: make(chan struct{}, 1),
		watchers: make(map[string]int), known: make(map[string]*sighting),
		due: make(map[string]time.Time), busy: make(map[string]bool), ended: make(map[string]time.Time),
	}
}

// watch starts a watcher.
func (s *sights) watch(o WatchOptions) (Watcher, error) {
	if err := s.begin(o.Service); err != nil {
		return nil, err
	}
	for name, service := range s.registry.held(o.Service) {
		s.put(name, sighting{sighted: sighted{service: service}, own: true}, false)
	}
	w := &mdnsWatcher{Watcher: s.table.Watch(WatchService(o.Service))}
	s.prime(o.Service)
	if o.Context == nil {
		w.end = sync.OnceFunc(func() { s.end(o.Service) })
		return w, nil
	}
	ctx, cancel := context.WithCancel(o.Context)
	w.end = sync.OnceFunc(func() {
		cancel()
		s.end(o.Service)
	})
	context.AfterFunc(ctx, w.Stop)
	return w, nil
}

type mdnsWatcher struct {
	Watcher
	end func()
}

// Stop implements Watcher.
func (w *mdnsWatcher) Stop() {
	w.Watcher.Stop()
	w.end()
}

// begin counts a watcher in.
func (s *sights) begin(service string) error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.stop == nil {
		ctx, cancel := s.registry.bound(context.Background())
		defer cancel()
		ignore, err := s.registry.peer.Listen(ctx, s.hear)
		if err != nil {
			return err
		}
		tour, cancelTour := context.WithCancel(context.Background())
		var group sync.WaitGroup
		group.Go(func() { s.tour(tour) })
		s.stop = func() {
			cancelTour()
			ignore()
			group.Wait()
		}
	}
	s.mu.Lock()
	s.watchers[service]++
	s.mu.Unlock()
	return nil
}

// end counts a watcher out, and forgets what nobody watches any more.
func (s *sights) end(service string) {
	s.life.Lock()
	defer s.life.Unlock()
	s.mu.Lock()
	if s.watchers[service]--; s.watchers[service] == 0 {
		delete(s.watchers, service)
	}
	for name, known := range s.known {
		if !s.wanted(known.service.Name) {
			s.forget(name, known)
		}
	}
	last := len(s.watchers) == 0
	s.mu.Unlock()
	if last {
		s.stop()
		s.stop = nil
	}
}

// forget drops a known node and tells the watchers. s.mu is held.
func (s *sights) forget(name string, known *sighting) {
	delete(s.known, name)
	if known.silent {
		s.table.seed(known.service)
	}
	s.table.Remove(known.service)
}

// wanted reports whether somebody watches a service. s.mu is held.
func (s *sights) wanted(service string) bool { return s.watchers[""] > 0 || s.watchers[service] > 0 }

// hear takes announcements.
func (s *sights) hear(told []mdns.Heard) {
	domain, _ := s.registry.settings()
	for _, h := range told {
		s.take(h, domain, true)
	}
}

// take takes one entry that was heard, as an announcement or as an answer.
func (s *sights) take(h mdns.Heard, domain string, announced bool) {
	if !strings.HasSuffix(h.Name, "."+domain+".") || s.registry.holds(h.Name) {
		return // nobody else has a say about what is registered here
	}
	if mark := s.registry.fingerprint(h); !h.Gone && s.seen(h.Name, mark, announced) {
		return
	}
	if announced && !s.budget.spend(0) {
		s.registry.overload.Add(1)
		return
	}
	it, err := s.registry.read(h, domain)
	if announced {
		s.budget.spend(it.size)
	}
	switch {
	case err != nil:
		s.registry.badRecords.Add(1)
	case h.Gone:
		s.goodbye(h.Name, it)
	default:
		s.put(h.Name, sighting{sighted: it}, true)
	}
}

// seen notes that a node is there and reports whether that is all there is to say.
func (s *sights) seen(name string, mark uint64, announced bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.known[name]
	if known == nil || known.own || known.mark != mark || known.silent && announced {
		return false
	}
	known.missed, known.doubted = 0, false
	return true
}

// put notes a node. The watchers hear of it unless it is new and told is false.
func (s *sights) put(name string, it sighting, told bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.known[name]
	switch {
	case !s.wanted(it.service.Name), old == nil && len(s.known) >= mostSighted:
		return
	case old != nil && old.own && !it.own: // nobody else has a say about what is registered here
		return
	case s.over(it.seal):
		return
	}
	same := old != nil && sameHead(old.service, it.service) && sameNode(old.service.Nodes[0], it.service.Nodes[0])
	it.silent = !told && (old == nil || old.silent && same)
	if old != nil && old.silent && !same {
		s.table.seed(old.service) // what changes now must be known to the table
	}
	if old != nil && old.service.Version != it.service.Version {
		s.table.Remove(old.service)
	}
	s.known[name] = &it
	if !it.silent {
		_ = s.table.Put(it.service, 0) // fails only beyond a limit that is larger than mostSighted
	}
	if _, planned := s.due[it.service.Name]; !planned && !it.own {
		s.plan(it.service.Name, later())
	}
}

// seed adds the service's nodes without telling the watchers.
func (t *Table) seed(s *Service) {
	t.mu.Lock()
	defer t.mu.Unlock()
	watchers := t.watchers
	t.watchers = nil
	for _, n := range s.Nodes {
		t.put(s, n, 0)
	}
	t.watchers = watchers
}

// mine notes a registration made here.
func (s *sights) mine(name string, service *Service) {
	s.put(name, sighting{sighted: sighted{service: service}, own: true}, true)
}

// drop forgets a node that was registered here with a seal, and tells the watchers.
func (s *sights) drop(name, seal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bury(seal)
	if known := s.known[name]; known != nil {
		s.forget(name, known)
	}
}

const endedFor = 5 * time.Second // longer than any copy of a packet is under way

// bury notes that nothing more is to be heard under a seal. s.mu is held.
func (s *sights) bury(seal string) {
	for other, at := range s.ended {
		if time.Since(at) > endedFor {
			delete(s.ended, other)
		}
	}
	if seal != "" && len(s.ended) < mostSighted {
		s.ended[seal] = time.Now()
	}
}

// over reports whether the goodbye under a seal has come. s.mu is held.
func (s *sights) over(seal string) bool {
	at, known := s.ended[seal]
	return known && time.Since(at) <= endedFor
}

// goodbye drops a node whose goodbye is proven, and has another asked whether it is still there.
func (s *sights) goodbye(name string, it sighted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, opened := s.known[name], sealOf(it.opens)
	switch {
	case known == nil || known.own || s.over(opened):
	case known.seal != "" && subtle.ConstantTimeCompare([]byte(known.seal), []byte(opened)) == 1:
		s.bury(known.seal)
		s.forget(name, known)
	default:
		known.doubted = true
		s.plan(known.service.Name, time.Now().Add(goodbyeAfter))
	}
}
