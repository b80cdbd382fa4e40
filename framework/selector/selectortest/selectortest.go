// Package selectortest is the contract of selector.Selector as tests. Every implementation runs it with [Run].
package selectortest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

// suite is one run of one rule.
type suite struct {
	*testing.T
	caps Caps
	reg  registry.Registry
	sel  selector.Selector
	ids  map[string]bool // registered at any time
}

// service is the name that every rule uses; each has a registry of its own.
const service = "shop"

var errNode = errors.New("connection refused")

// Caps says what a selector can do.
type Caps struct {
	// Records says that nodes come with their version, endpoints and metadata, so that filters can tell them apart.
	Records bool
	// ID gives a node's id as the selector says it, of the id in the registry. Nil means that they are the same.
	ID func(id string) string
}

// Run holds the selectors that open returns, which look up in the given registry, against the contract, one rule a subtest.
// A selector that knows no registry is to be opened on something that tells it what the registry has.
func Run(t *testing.T, open func(t *testing.T, r registry.Registry) selector.Selector, caps Caps) {
	t.Helper()
	if caps.ID == nil {
		caps.ID = func(id string) string { return id }
	}
	rules := []struct {
		rule string
		hold func(*suite)
	}{
		{"an unknown service gives ErrNotFound", unknown},
		{"only nodes of the service are given, and each gets its share", shares},
		{"a node that comes or goes is noticed", notices},
		{"filters narrow by endpoint, label and version, in order", filters},
		{"filters that leave nothing give ErrNoneAvailable", nothingLeft},
		{"round robin takes turns across selections", turns},
		{"least connections gives the node with the fewest calls under way", fewest},
		{"a hash key stays with its node, and moves when the node fails", sticks},
		{"the strategy of a call goes before the selector's", strategies},
		{"the next attempt goes elsewhere", elsewhere},
		{"a node marked as failing is left out", leftOut},
		{"a node marked as well again, or reset, is back", back},
		{"when all nodes fail one is still given", lastResort},
		{"a hundred callers at once are served", concurrent},
		{"Close may be called twice", closes},
	}
	for _, r := range rules {
		t.Run(r.rule, func(t *testing.T) {
			reg := registry.NewMemoryRegistry()
			sel := open(t, reg)
			t.Cleanup(func() {
				if err := sel.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			r.hold(&suite{T: t, caps: caps, reg: reg, sel: sel})
		})
	}
}

func (s *suite) register(version string, ids ...string) {
	s.Helper()
	if s.ids == nil {
		s.ids = map[string]bool{}
	}
	for _, id := range ids {
		s.ids[id] = true
		err := s.reg.Register(&registry.Service{
			Name: service, Version: version,
			Endpoints: []*registry.Endpoint{{Name: "Shop.V" + version}},
			Nodes:     []*registry.Node{{Id: id, Address: "127.0.0.1:80", Metadata: map[string]string{"zone": id[:1]}}},
		})
		if err != nil {
			s.Fatalf("Register: %v", err)
		}
	}
}

// pick selects once and returns the first node.
func (s *suite) pick(opts ...selector.SelectOption) *registry.Node {
	s.Helper()
	next, err := s.sel.Select(service, opts...)
	if err != nil {
		s.Fatalf("Select: %v", err)
	}
	return s.node(next)
}

func (s *suite) node(next selector.Next) *registry.Node {
	s.Helper()
	n, err := next()
	if err != nil || n == nil {
		s.Fatalf("Next = %v, %v", n, err)
	}
	return n
}

// id is the id of a node in the registry.
func (s *suite) id(n *registry.Node) string {
	for id := range s.ids {
		if s.caps.ID(id) == n.Id {
			return id
		}
	}
	s.Fatalf("node %q was never registered", n.Id)
	return ""
}

// picked counts how often each node is taken.
func (s *suite) picked(times int, opts ...selector.SelectOption) map[string]int {
	s.Helper()
	counts := map[string]int{}
	for range times {
		counts[s.id(s.pick(opts...))]++
	}
	return counts
}

// only holds the nodes that are taken against ids.
func (s *suite) only(what string, ids []string, opts ...selector.SelectOption) {
	s.Helper()
	got := slices.Sorted(maps.Keys(s.picked(100*len(ids), opts...)))
	if diff := cmp.Diff(ids, got); diff != "" {
		s.Errorf("%s: nodes (-want +got):\n%s", what, diff)
	}
}

func unknown(s *suite) {
	if _, err := s.sel.Select(service); !errors.Is(err, selector.ErrNotFound) {
		s.Errorf("Select: %v, want %v", err, selector.ErrNotFound)
	}
}

func shares(s *suite) {
	s.register("1", "a", "b")
	s.register("2", "c", "d")
	const times = 4000
	for id, n := range s.picked(times) {
		if n < times/8 || n > times/2 {
			s.Errorf("node %s got %d of %d calls, want about a quarter", id, n, times)
		}
	}
	s.only("all", []string{"a", "b", "c", "d"})
}

func notices(s *suite) {
	s.register("1", "a")
	s.only("at first", []string{"a"})
	s.register("1", "b")
	s.eventually("the new node", func() bool { return len(s.picked(50)) == 2 })
	if err := s.reg.Deregister(&registry.Service{Name: service, Version: "1", Nodes: []*registry.Node{{Id: "a"}}}); err != nil {
		s.Fatal(err)
	}
	s.eventually("the old node's end", func() bool { return s.picked(50)["a"] == 0 })
}

func filters(s *suite) {
	if !s.caps.Records {
		s.Skip("nodes come without records")
	}
	s.register("1", "a", "b")
	s.register("2", "c", "ax")
	s.only("endpoint", []string{"ax", "c"}, selector.WithFilter(selector.FilterEndpoint("Shop.V2")))
	s.only("version", []string{"a", "b"}, selector.WithFilter(selector.FilterVersion("1")))
	s.only("label", []string{"a", "ax"}, selector.WithFilter(selector.FilterLabel("zone", "a")))
	s.only("both", []string{"ax"}, selector.WithFilter(selector.FilterLabel("zone", "a"), selector.FilterVersion("2")))
	s.only("afterwards", []string{"a", "ax", "b", "c"})
}

func nothingLeft(s *suite) {
	s.register("1", "a")
	for what, filter := range map[string]selector.Filter{
		"endpoint": selector.FilterEndpoint("No.Such"), "version": selector.FilterVersion("9"),
		"label": selector.FilterLabel("zone", "z"), "missing label": selector.FilterLabel("none", ""),
	} {
		next, err := s.sel.Select(service, selector.WithFilter(filter))
		if err == nil {
			_, err = next()
		}
		if !errors.Is(err, selector.ErrNoneAvailable) {
			s.Errorf("%s: %v, want %v", what, err, selector.ErrNoneAvailable)
		}
	}
}

func turns(s *suite) {
	s.register("1", "a", "b", "c")
	want := map[string]int{"a": 100, "b": 100, "c": 100}
	if diff := cmp.Diff(want, s.picked(300, selector.WithStrategy(selector.RoundRobin))); diff != "" {
		s.Errorf("calls per node (-want +got):\n%s", diff)
	}
}

func fewest(s *suite) {
	s.register("1", "a", "b", "c")
	least := selector.WithStrategy(selector.LeastConnections)
	busy := map[string]*registry.Node{}
	for range 3 { // none ends: each goes elsewhere
		n := s.pick(least)
		busy[s.id(n)] = n
	}
	if len(busy) != 3 {
		s.Errorf("three calls under way are on %d nodes", len(busy))
	}
	for _, err := range []error{nil, context.Canceled, errors.New("a handler's own"), nil} {
		s.sel.Mark(service, busy["b"], err) // the call on b is over
		s.sel.Reset(service)
		n := s.pick(least)
		if id := s.id(n); id != "b" {
			s.Errorf("node %s, want b, on which nothing runs", id)
		}
	}
	for _, id := range []string{"a", "b", "c"} {
		s.sel.Mark(service, busy[id], nil)
	}
	s.only("when all is quiet", []string{"a", "b", "c"}, least)
}

func sticks(s *suite) {
	s.register("1", "a", "b", "c", "d")
	first, keys := map[string]string{}, 40
	of := func(key int) string { return s.id(s.pick(selector.WithStrategy(selector.Hash(fmt.Sprint(key))))) }
	nodes := map[string]bool{}
	for key := range keys {
		first[fmt.Sprint(key)] = of(key)
		nodes[of(key)] = true
	}
	if len(nodes) != 4 {
		s.Errorf("%d keys are on %d of 4 nodes", keys, len(nodes))
	}
	s.sel.Mark(service, s.pickID("a"), errNode)
	for key := range keys {
		switch was, now := first[fmt.Sprint(key)], of(key); {
		case now == "a":
			s.Errorf("key %d stays at the node that fails", key)
		case was != "a" && now != was:
			s.Errorf("key %d moved from %s, which is well, to %s", key, was, now)
		}
	}
	s.sel.Reset(service)
	for key := range keys {
		if now := of(key); now != first[fmt.Sprint(key)] {
			s.Errorf("key %d is at %s, not back at %s", key, now, first[fmt.Sprint(key)])
		}
	}
}

func strategies(s *suite) {
	s.register("1", "a", "b")
	always := func(i int) selector.Strategy {
		return func(services []*registry.Service) selector.Next {
			nodes := slices.Clone(services[0].Nodes)
			slices.SortFunc(nodes, func(a, b *registry.Node) int { return strings.Compare(a.Id, b.Id) })
			return func() (*registry.Node, error) { return nodes[i], nil }
		}
	}
	if err := s.sel.Init(selector.SetStrategy(always(0))); err != nil {
		s.Fatalf("Init: %v", err)
	}
	s.only("the selector's", []string{"a"})
	s.only("the call's", []string{"b"}, selector.WithStrategy(always(1)))
}

func elsewhere(s *suite) {
	s.register("1", "a", "b", "c")
	for name, strategy := range map[string]selector.Strategy{"random": selector.Random, "round robin": selector.RoundRobin} {
		for range 100 {
			next, err := s.sel.Select(service, selector.WithStrategy(strategy))
			if err != nil {
				s.Fatalf("Select: %v", err)
			}
			last := ""
			for range 5 {
				n := s.node(next)
				if n.Id == last {
					s.Fatalf("%s: node %s twice in a row", name, last)
				}
				last = n.Id
				s.sel.Mark(service, n, errNode)
			}
			s.sel.Reset(service)
		}
	}
}

func leftOut(s *suite) {
	s.register("1", "a", "b", "c")
	s.sel.Mark(service, s.pickID("b"), errNode)
	s.only("random", []string{"a", "c"})
	s.only("round robin", []string{"a", "c"}, selector.WithStrategy(selector.RoundRobin))
	s.only("a custom strategy", []string{"a", "c"}, selector.WithStrategy(func(services []*registry.Service) selector.Next {
		return selector.Random(services)
	}))
	s.sel.Mark("another", s.pickID("a"), errNode) // of another service
	s.only("random", []string{"a", "c"})
}

func back(s *suite) {
	s.register("1", "a", "b")
	b := s.pickID("b")
	s.sel.Mark(service, b, errNode)
	s.only("failing", []string{"a"})
	s.sel.Mark(service, b, nil)
	s.only("well", []string{"a", "b"})
	s.sel.Mark(service, b, errNode)
	s.sel.Reset(service)
	s.only("reset", []string{"a", "b"})
}

func lastResort(s *suite) {
	s.register("1", "a", "b")
	a, b := s.pickID("a"), s.pickID("b")
	for _, n := range []*registry.Node{a, b, a} { // the failure of b is longest ago
		s.sel.Mark(service, n, errNode)
		time.Sleep(time.Millisecond)
	}
	if n := s.pick(); n.Id != b.Id {
		s.Errorf("node %s, want the one whose failure is longest ago", n.Id)
	}
	s.sel.Reset(service)
	if err := s.reg.Deregister(&registry.Service{Name: service, Nodes: []*registry.Node{{Id: "b"}}}); err != nil {
		s.Fatal(err)
	}
	s.eventually("one node", func() bool { return len(s.picked(20)) == 1 })
	only := s.pick()
	for range 5 {
		s.sel.Mark(service, only, errNode)
		next, err := s.sel.Select(service)
		if err != nil {
			s.Fatalf("Select: %v", err)
		}
		for range 2 {
			if n := s.node(next); n.Id != a.Id {
				s.Errorf("node %s, want the only one", n.Id)
			}
		}
	}
}

func concurrent(s *suite) {
	s.register("1", "a", "b", "c")
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			next, err := s.sel.Select(service)
			if err != nil {
				s.Errorf("Select: %v", err)
				return
			}
			for range 20 {
				n, err := next()
				if err != nil {
					s.Errorf("Next: %v", err)
					return
				}
				if i%3 == 0 {
					err = fmt.Errorf("call %d: %w", i, errNode)
				}
				s.sel.Mark(service, n, err)
			}
			if i%10 == 0 {
				s.sel.Reset(service)
			}
		})
	}
	group.Wait()
}

func closes(s *suite) {
	s.register("1", "a")
	s.pick()
	for range 2 {
		if err := s.sel.Close(); err != nil {
			s.Errorf("Close: %v", err)
		}
	}
	if s.sel.String() == "" {
		s.Error("String is empty")
	}
}

// pickID selects until the node with this id comes up.
func (s *suite) pickID(id string) *registry.Node {
	s.Helper()
	var n *registry.Node
	s.eventually("node "+id, func() bool { n = s.pick(); return n.Id == s.caps.ID(id) })
	return n
}

func (s *suite) eventually(what string, ok func() bool) {
	s.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("not within 5 s: %s", what)
		}
	}
}
