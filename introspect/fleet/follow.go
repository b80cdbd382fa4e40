package fleet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/microtop/microtop/framework/registry"
)

// rewatchPause is the pause before a broken watch is opened again.
const rewatchPause = time.Second

// watchLoop folds the registry's events, and opens the watch again when it breaks.
func (f *Fleet) watchLoop(ctx context.Context) {
	for ctx.Err() == nil {
		w, err := f.session.Registry().Watch(registry.WatchContext(ctx))
		if err == nil {
			stop := context.AfterFunc(ctx, w.Stop)
			err = f.follow(w)
			stop()
			w.Stop()
		}
		if err != nil && ctx.Err() == nil {
			f.fail(fmt.Sprintf("watch %s: %v", f.session.Where(), err))
		}
		sleep(ctx, rewatchPause)
	}
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
		if result.Service == nil {
			continue
		}
		f.mu.Lock()
		if result.Action == registry.Delete.String() {
			f.leave(result.Service)
		} else {
			f.enter(result.Service)
		}
		f.mu.Unlock()
		f.touch()
	}
}

// listLoop reads the whole registry, now and then.
func (f *Fleet) listLoop(ctx context.Context) {
	first := true
	for ctx.Err() == nil {
		services, err := List(ctx, f.session.Registry())
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			f.fail(fmt.Sprintf("list %s: %v", f.session.Where(), err))
		default:
			f.replace(services)
		}
		if first {
			first = false
			close(f.listed)
		}
		f.untilRelist(ctx)
	}
}

// untilRelist waits until it is time for another re-list, or somebody asks for one.
func (f *Fleet) untilRelist(ctx context.Context) {
	timer := time.NewTimer(f.opts.Relist)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-f.relist:
	}
}

// List reads every service of the registry, with its nodes, each name and version once.
func List(ctx context.Context, r registry.Registry) ([]*registry.Service, error) {
	listed, err := r.ListServices(registry.ListContext(ctx))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range listed {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	var out []*registry.Service
	for _, name := range slices.Compact(names) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		services, err := r.GetService(name, registry.GetContext(ctx))
		if err != nil && !errors.Is(err, registry.ErrNotFound) {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, services...)
	}
	return out, nil
}

// replace folds a complete listing: what it lacks is missed, and gone after missesToGo misses in a row.
func (f *Fleet) replace(services []*registry.Service) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.touch()
	f.taken, f.problem = time.Now(), ""
	seen := map[string]bool{}
	for _, s := range services {
		f.enter(s)
		for _, n := range s.Nodes {
			seen[key(s, n)] = true
		}
	}
	for k, e := range f.nodes {
		if seen[k] {
			continue
		}
		e.misses++
		if e.misses >= missesToGo && e.State != Up && !e.left {
			e.left = true
			f.become(e, Down, "no longer in the registry")
		}
		if (e.left || e.misses >= missesToGo) && e.State == Down && time.Since(e.Since) > f.opts.KeepDown {
			delete(f.nodes, k)
		}
	}
	f.forgetEndpoints()
}

func key(s *registry.Service, n *registry.Node) string {
	return s.Name + "\x00" + s.Version + "\x00" + n.Id
}

// enter folds nodes that the registry shows. Called under the lock.
func (f *Fleet) enter(s *registry.Service) {
	now := time.Now()
	for _, n := range s.Nodes {
		k := key(s, n)
		e := f.nodes[k]
		if e == nil {
			e = &entry{Node: Node{Service: s.Name, Version: s.Version, ID: n.Id, Address: n.Address, Metadata: n.Metadata, Since: now}}
			f.nodes[k] = e
			f.timeline.add(Event{Time: now, Kind: Joined, Node: e.Node})
		}
		if e.Address != n.Address || !maps.Equal(e.Metadata, n.Metadata) {
			before := e.Node
			e.Address, e.Metadata, e.State, e.Since, e.fails = n.Address, n.Metadata, Unknown, now, 0
			f.timeline.add(Event{Time: now, Kind: Changed, Node: e.Node, Before: &before})
		}
		if e.left {
			e.left = false
			f.become(e, Unknown, "")
			f.timeline.add(Event{Time: now, Kind: Joined, Node: e.Node})
		}
		e.LastSeen, e.misses = now, 0
	}
	if len(s.Endpoints) > 0 {
		if f.endpoints[s.Name] == nil {
			f.endpoints[s.Name] = map[string][]*registry.Endpoint{}
		}
		sorted := slices.Clone(s.Endpoints)
		slices.SortFunc(sorted, func(a, b *registry.Endpoint) int { return strings.Compare(a.Name, b.Name) })
		f.endpoints[s.Name][s.Version] = sorted
	}
}

// leave folds nodes that the registry took back. Called under the lock.
func (f *Fleet) leave(s *registry.Service) {
	for _, n := range s.Nodes {
		if e := f.nodes[key(s, n)]; e != nil && !e.left {
			e.left = true
			f.timeline.add(Event{Time: time.Now(), Kind: Left, Node: e.Node})
			f.become(e, Down, "left the registry")
		}
	}
}

// become changes a node's state. Called under the lock.
func (f *Fleet) become(e *entry, state State, problem string) {
	e.Problem = problem
	if e.State == state {
		return
	}
	before := e.State
	e.State, e.Since = state, time.Now()
	switch {
	case state == Down && !e.left:
		f.timeline.add(Event{Time: e.Since, Kind: WentDown, Node: e.Node})
	case state == Up && (before == Down || before == Suspect):
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
