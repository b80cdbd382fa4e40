package fleet

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
)

// Internal says whether a service of that name is the framework's own.
func Internal(service string) bool { return service == broker.ServiceName }

// Options tune a fleet. The zero value of a field means its default.
type Options struct {
	// Relist is how often the whole registry is read again. Default 5 s.
	Relist time.Duration
	// Probe is how often each node is probed; negative switches probing off. Default 1 s.
	Probe time.Duration
	// ProbeTimeout bounds one probe. Default 1 s.
	ProbeTimeout time.Duration
	// Prober probes a node. Default: Debug.Stats for mucp nodes, a TCP dial for others.
	Prober Prober
	// KeepDown is how long a node that went away stays as down. Default 30 s.
	KeepDown time.Duration
}

func (o Options) withDefaults(session *introspect.Session) Options {
	set := func(d *time.Duration, fallback time.Duration) {
		if *d == 0 {
			*d = fallback
		}
	}
	set(&o.Relist, 5*time.Second)
	set(&o.Probe, time.Second)
	set(&o.ProbeTimeout, time.Second)
	set(&o.KeepDown, 30*time.Second)
	if o.Prober == nil {
		o.Prober = statsProber(session.Client())
	}
	return o
}

const (
	// publishPause is the least time between two snapshots: the first change goes at once, what follows goes together.
	publishPause = 50 * time.Millisecond
	// publishShare bounds what snapshots of a large fleet cost: the pause is at least so many times the work.
	publishShare = 10
	// publishLate bounds that pause: on a busy machine the work looks dearer than it is.
	publishLate = time.Second
	// closeTimeout bounds how long Close waits for a registry that does not heed its context.
	closeTimeout = 2 * time.Second
	// slowList is how long a re-list may take before that counts as a problem.
	slowList = 10 * time.Second
	// maxNodes bounds what strangers can make a fleet hold.
	maxNodes = 50_000
)

// Fleet is a live view of a registry. Safe for concurrent use.
type Fleet struct {
	session *introspect.Session
	opts    Options
	cancel  context.CancelFunc
	work    sync.WaitGroup

	current atomic.Pointer[edition]
	updated chan struct{}
	dirty   chan struct{}
	listed  chan struct{} // closed after the first re-list
	relist  chan struct{} // asks for a re-list now

	mu         sync.Mutex
	nodes      map[string]*entry
	services   []*Service                                 // of the last snapshot
	spoiled    map[string]bool                            // services that are another by now
	endpoints  map[string]map[string][]*registry.Endpoint // by service, by version
	timeline   timeline
	taken      time.Time
	asked      time.Time         // since when the registry is being read; zero while it is not
	again      time.Time         // when it is read next; zero while it is being read
	problems   map[string]string // by what has the problem
	generation uint64
}

// edition is a snapshot with the news that there is a newer one.
type edition struct {
	snapshot *Snapshot
	replaced chan struct{} // closed after the next one is there
}

// publish makes a snapshot the current one. It has one caller at a time.
func (f *Fleet) publish(s *Snapshot) {
	if before := f.current.Swap(&edition{s, make(chan struct{})}); before != nil {
		close(before.replaced)
	}
}

// entry is a node and what the fleet remembers of it.
type entry struct {
	Node
	listed time.Time // when the last listing was begun that shows the node; zero after an event
	misses int       // re-lists in a row without the node
	left   time.Time // when the registry took it back; zero if it did not
	fails  int       // probes in a row without an answer
	probed time.Time // when it was last probed
}

// gone says whether the registry took the node back.
func (e *entry) gone() bool { return !e.left.IsZero() }

// Start returns a fleet that follows the session's registry until ctx ends or Close is called.
func Start(ctx context.Context, session *introspect.Session, opts Options) *Fleet {
	ctx, cancel := context.WithCancel(ctx)
	f := &Fleet{
		session: session, opts: opts.withDefaults(session), cancel: cancel,
		updated: make(chan struct{}, 1), dirty: make(chan struct{}, 1), listed: make(chan struct{}), relist: make(chan struct{}, 1),
		nodes: map[string]*entry{}, spoiled: map[string]bool{}, endpoints: map[string]map[string][]*registry.Endpoint{}, problems: map[string]string{},
	}
	f.publish(&Snapshot{})
	f.work.Go(func() { f.publishLoop(ctx) })
	f.work.Go(func() { f.watchLoop(ctx) })
	f.work.Go(func() { f.listLoop(ctx) })
	if f.opts.Probe > 0 {
		f.work.Go(func() { f.probeLoop(ctx) })
	}
	return f
}

// Close ends the fleet and waits for its goroutines, but at most two seconds for a registry or a Prober that does not
// heed its context: what hangs there ends when they answer. It may be called more than once.
func (f *Fleet) Close() {
	f.cancel()
	done := make(chan struct{})
	go func() {
		f.work.Wait()
		close(done)
	}()
	timer := time.NewTimer(closeTimeout)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}

// Snapshot returns the fleet as it is now. It takes no lock and does not copy.
func (f *Fleet) Snapshot() *Snapshot { return f.current.Load().snapshot }

// Changed returns a channel that is closed as soon as there is a newer snapshot than the one of now. Any number of
// readers may wait. One that takes the channel before it looks at the snapshot misses nothing.
func (f *Fleet) Changed() <-chan struct{} { return f.current.Load().replaced }

// Updated delivers one value after each batch of changes; a reader that is slow misses none, since values fold.
func (f *Fleet) Updated() <-chan struct{} { return f.updated }

// Relist asks for the registry to be read again now instead of at its time. It does not wait for it.
func (f *Fleet) Relist() {
	select {
	case f.relist <- struct{}{}:
	default:
	}
}

// Ready waits until the registry was read once, or could not be: then the snapshot has a Problem.
func (f *Fleet) Ready(ctx context.Context) error {
	select {
	case <-f.listed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Events returns the timeline, oldest first, and how many older events were dropped from it.
func (f *Fleet) Events() ([]Event, uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.timeline.all()
}

// try turns a panic of the registry's or the prober's into an error, so that one of them does not end the program.
func try(step func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return step()
}

// settle notes the problem of one of the sources, or with nil that it has none.
func (f *Fleet) settle(source string, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	f.mu.Lock()
	changed := f.problems[source] != text
	f.problems[source] = text
	f.mu.Unlock()
	if changed {
		f.touch()
	}
}

// problem is every source's. Called under the lock.
func (f *Fleet) problem() string {
	var out []string
	for _, source := range []string{"list", "watch", "probe", "nodes"} {
		if text := f.problems[source]; text != "" {
			out = append(out, text)
		}
	}
	if slow := time.Since(f.asked); !f.asked.IsZero() && slow >= slowList {
		out = append(out, fmt.Sprintf("list %s: no answer for over %v", f.session.Where(), slowList))
	}
	return strings.Join(out, "; ")
}

// touch asks for a new snapshot.
func (f *Fleet) touch() {
	select {
	case f.dirty <- struct{}{}:
	default:
	}
}

func (f *Fleet) publishLoop(ctx context.Context) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.dirty:
		}
		begin := time.Now()
		f.publish(f.build())
		select {
		case f.updated <- struct{}{}:
		default:
		}
		pause.Reset(min(max(publishPause, publishShare*time.Since(begin)), publishLate))
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

// build makes a snapshot of copies, so that nothing in it changes afterwards. Services that did not change are those of
// the snapshot before: one event in a large fleet costs little.
func (f *Fleet) build() *Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.Snapshot()
	s := &Snapshot{Taken: f.taken, Problem: f.problem(), Since: before.Since}
	if f.problems["list"] != "" {
		s.Retry = f.again
	}
	if len(f.spoiled) > 0 || s.Problem != before.Problem || s.Retry != before.Retry || s.Taken.IsZero() != before.Taken.IsZero() {
		f.generation++
		s.Since = time.Now()
	}
	if len(f.spoiled) > 0 {
		f.services = f.renewed()
		clear(f.spoiled)
	}
	s.Services, s.Generation = f.services, f.generation
	return s
}

// renewed are the services by name, those that are spoiled made anew.
func (f *Fleet) renewed() []*Service {
	made := map[string]*Service{}
	for _, e := range f.nodes {
		if !f.spoiled[e.Service] {
			continue
		}
		s := made[e.Service]
		if s == nil {
			s = &Service{Name: e.Service, Internal: Internal(e.Service)}
			made[e.Service] = s
		}
		node := e.Node
		s.Nodes = append(s.Nodes, &node)
		if !slices.Contains(s.Versions, e.Version) {
			s.Versions = append(s.Versions, e.Version)
		}
	}
	for _, s := range made {
		slices.SortFunc(s.Versions, introspect.CompareVersions)
		slices.SortFunc(s.Nodes, func(a, b *Node) int {
			return cmp.Or(strings.Compare(a.Version, b.Version), strings.Compare(a.ID, b.ID))
		})
		s.Endpoints = f.latestEndpoints(s)
	}
	fresh := slices.SortedFunc(maps.Values(made), func(a, b *Service) int { return strings.Compare(a.Name, b.Name) })
	out := make([]*Service, 0, len(f.services)+len(fresh))
	for _, s := range f.services {
		for len(fresh) > 0 && fresh[0].Name <= s.Name {
			out, fresh = append(out, fresh[0]), fresh[1:]
		}
		if !f.spoiled[s.Name] {
			out = append(out, s)
		}
	}
	return append(out, fresh...)
}

func (f *Fleet) latestEndpoints(s *Service) []*registry.Endpoint {
	for _, version := range slices.Backward(s.Versions) {
		if endpoints := f.endpoints[s.Name][version]; len(endpoints) > 0 {
			return endpoints
		}
	}
	return nil
}
