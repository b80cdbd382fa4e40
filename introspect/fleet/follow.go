package fleet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
)

const (
	// rewatchPause is the pause before a broken watch is opened again.
	rewatchPause = time.Second
	// readsAtOnce is how many services are read from the registry together.
	readsAtOnce = 16
	// missesToGo is how many re-lists in a row must miss a node before it counts as gone: one answer can be lost.
	missesToGo = 2
	// missesToGoUp is the same for a node that answers its probes, of which it is less likely.
	missesToGoUp = 6
)

// watchLoop folds the registry's events, and opens the watch again when it breaks.
func (f *Fleet) watchLoop(ctx context.Context) {
	for ctx.Err() == nil {
		err := try(func() error { return f.watch(ctx) })
		if err != nil && ctx.Err() == nil {
			f.settle("watch", fmt.Errorf("watch %s: %w", f.session.Where(), err))
		}
		sleep(ctx, rewatchPause)
	}
}

// watch folds the events of one watcher until it breaks. One that lasts is no problem any more.
func (f *Fleet) watch(ctx context.Context) error {
	w, err := f.session.Registry().Watch(registry.WatchContext(ctx))
	if err != nil {
		return err
	}
	f.Relist() // for what went unseen before
	defer w.Stop()
	defer context.AfterFunc(ctx, w.Stop)()
	defer time.AfterFunc(rewatchPause, func() { f.settle("watch", nil) }).Stop()
	return f.follow(w)
}

func (f *Fleet) follow(w registry.Watcher) error {
	for {
		result, err := w.Next()
		if errors.Is(err, registry.ErrWatcherStopped) {
			return nil
		}
		if err != nil {
			return err
		}
		if result == nil || result.Service == nil {
			continue
		}
		f.mu.Lock()
		if result.Action == registry.Delete.String() {
			f.leave(result.Service)
		} else {
			f.enter(result.Service, time.Time{})
		}
		f.mu.Unlock()
		f.touch()
	}
}

// listLoop reads the whole registry, now and then.
func (f *Fleet) listLoop(ctx context.Context) {
	f.list(ctx)
	close(f.listed)
	for f.untilRelist(ctx); ctx.Err() == nil; f.untilRelist(ctx) {
		f.list(ctx)
	}
}

// list reads the registry once. While that takes too long, it is a problem.
func (f *Fleet) list(ctx context.Context) {
	begun := time.Now()
	f.asking(begun)
	slow := time.AfterFunc(slowList, f.touch)
	var services []*registry.Service
	err := try(func() (err error) {
		services, err = List(ctx, f.session.Registry())
		return err
	})
	slow.Stop()
	f.asking(time.Time{})
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		f.settle("list", fmt.Errorf("list %s: %w", f.session.Where(), err))
		return
	}
	f.settle("list", nil)
	f.replace(services, begun)
}

// asking notes since when the registry is being read.
func (f *Fleet) asking(since time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked, f.again = since, time.Time{}
}

// untilRelist waits until it is time for another re-list, or somebody asks for one.
func (f *Fleet) untilRelist(ctx context.Context) {
	f.mu.Lock()
	f.again = time.Now().Add(f.opts.Relist)
	failed := f.problems["list"] != ""
	f.mu.Unlock()
	if failed {
		f.touch() // to tell when it is asked again
	}
	timer := time.NewTimer(f.opts.Relist)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-f.relist:
	}
}

// List reads every service of the registry, with its nodes, each name and version once. What a registry lists with
// nodes is taken as it is; what it lists by name alone is looked up.
func List(ctx context.Context, r registry.Registry) ([]*registry.Service, error) {
	listed, err := r.ListServices(registry.ListContext(ctx))
	if err != nil {
		return nil, err
	}
	known := map[string][]*registry.Service{}
	bare := map[string]bool{}
	for _, s := range listed {
		known[s.Name] = append(known[s.Name], s)
		if len(s.Nodes) == 0 {
			bare[s.Name] = true
		}
	}
	names := slices.Sorted(maps.Keys(bare))
	found, err := look(ctx, r, names)
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		known[name] = found[i]
	}
	var out []*registry.Service
	for _, name := range slices.Sorted(maps.Keys(known)) {
		out = append(out, known[name]...)
	}
	return out, nil
}

// look reads the services of the names, several at once.
func look(ctx context.Context, r registry.Registry, names []string) ([][]*registry.Service, error) {
	found, failed := make([][]*registry.Service, len(names)), make([]error, len(names))
	slots := make(chan struct{}, readsAtOnce)
	var wg sync.WaitGroup
	for i, name := range names {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			failed[i] = try(func() (err error) {
				if err = ctx.Err(); err == nil {
					found[i], err = introspect.Look(ctx, r, name)
				}
				return err
			})
		})
	}
	wg.Wait()
	for i, err := range failed {
		if err != nil && !errors.Is(err, registry.ErrNotFound) {
			return nil, fmt.Errorf("%s: %w", names[i], err)
		}
	}
	return found, nil
}

// replace folds a complete listing that was begun then: what it lacks is missed, and gone after some misses in a row.
func (f *Fleet) replace(services []*registry.Service, begun time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.touch()
	f.taken = time.Now()
	for _, s := range services {
		f.enter(s, begun)
	}
	forget := false
	for k, e := range f.nodes {
		if e.listed.Equal(begun) {
			continue
		}
		e.misses++
		if !e.gone() && (e.misses >= missesToGoUp || e.misses >= missesToGo && e.State != Up) {
			f.depart(e, "no longer in the registry")
		}
		if e.gone() && time.Since(e.Since) > f.opts.KeepDown {
			delete(f.nodes, k)
			f.spoiled[e.Service], forget = true, true
		}
	}
	if forget {
		f.forgetEndpoints()
	}
	if len(f.nodes) < maxNodes {
		f.problems["nodes"] = ""
	}
}

func key(s *registry.Service, n *registry.Node) string {
	return s.Name + "\x00" + s.Version + "\x00" + n.Id
}

// enter folds nodes that the registry shows; listed is when the reading began that shows them, or zero for an event.
// Called under the lock.
func (f *Fleet) enter(s *registry.Service, listed time.Time) {
	now := time.Now()
	for _, n := range s.Nodes {
		k := key(s, n)
		e := f.nodes[k]
		switch {
		case e == nil && len(f.nodes) >= maxNodes:
			f.problems["nodes"] = fmt.Sprintf("over %d nodes: the others are left out", maxNodes)
			continue
		case e == nil:
			e = &entry{Node: Node{Service: s.Name, Version: s.Version, ID: n.Id, Address: n.Address, Metadata: n.Metadata, Since: now, LastSeen: SeenAt(now)}}
			f.nodes[k] = e
			f.spoiled[s.Name] = true
			f.timeline.add(Event{Time: now, Kind: Joined, Node: e.Node})
		case e.gone() && !listed.IsZero() && e.left.After(listed):
			e.listed = listed
			continue // it left while the registry was being read
		}
		if e.Address != n.Address || !maps.Equal(e.Metadata, n.Metadata) {
			before := e.Node
			f.spoiled[s.Name] = true
			e.Address, e.Metadata, e.State, e.Since, e.Problem, e.fails = n.Address, n.Metadata, Unknown, now, "", 0
			f.timeline.add(Event{Time: now, Kind: Changed, Node: e.Node, Before: &before})
		}
		if e.gone() {
			e.left, e.fails = time.Time{}, 0
			f.become(e, Unknown, "")
			f.timeline.add(Event{Time: now, Kind: Joined, Node: e.Node})
		}
		e.misses, e.listed = 0, listed
		e.LastSeen.note(now)
	}
	if len(s.Endpoints) > 0 && len(s.Nodes) > 0 {
		f.offer(s)
	}
}

// offer notes what a version's nodes offer. Called under the lock.
func (f *Fleet) offer(s *registry.Service) {
	sorted := slices.Clone(s.Endpoints)
	slices.SortFunc(sorted, func(a, b *registry.Endpoint) int { return strings.Compare(a.Name, b.Name) })
	if reflect.DeepEqual(f.endpoints[s.Name][s.Version], sorted) {
		return
	}
	if f.endpoints[s.Name] == nil {
		f.endpoints[s.Name] = map[string][]*registry.Endpoint{}
	}
	f.endpoints[s.Name][s.Version] = sorted
	f.spoiled[s.Name] = true
}

// leave folds nodes that the registry took back. Called under the lock.
func (f *Fleet) leave(s *registry.Service) {
	for _, n := range s.Nodes {
		if e := f.nodes[key(s, n)]; e != nil && !e.gone() {
			f.depart(e, "left the registry")
		}
	}
}

// depart takes a node out of the fleet: it stays as down for a while. Called under the lock.
func (f *Fleet) depart(e *entry, why string) {
	e.left = time.Now()
	f.timeline.add(Event{Time: e.left, Kind: Left, Node: e.Node})
	f.become(e, Down, why)
}

// become changes a node's state. Called under the lock.
func (f *Fleet) become(e *entry, state State, problem string) {
	f.spoiled[e.Service] = true
	e.Problem = problem
	if e.State == state {
		return
	}
	before := e.State
	e.State, e.Since = state, time.Now()
	switch {
	case state == Down && !e.gone():
		f.timeline.add(Event{Time: e.Since, Kind: WentDown, Node: e.Node})
	case state == Up && before == Down:
		f.timeline.add(Event{Time: e.Since, Kind: CameBack, Node: e.Node})
	}
}

// forgetEndpoints drops what no node of a version is left to offer. Called under the lock.
func (f *Fleet) forgetEndpoints() {
	live := map[string]map[string]bool{}
	for _, e := range f.nodes {
		if live[e.Service] == nil {
			live[e.Service] = map[string]bool{}
		}
		live[e.Service][e.Version] = true
	}
	for name, versions := range f.endpoints {
		for version := range versions {
			if !live[name][version] {
				delete(versions, version)
			}
		}
		if len(versions) == 0 {
			delete(f.endpoints, name)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
