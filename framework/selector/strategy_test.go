package selector_test

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

func TestA162_TheDefaultStrategyIsRandom(t *testing.T) {
	sel := open(t, "a", "b", "c", "d")
	const times = 4000
	same, last := 0, ""
	for id, n := range count(t, sel, times) {
		if n < times/8 || n > times/2 {
			t.Errorf("node %s got %d of %d calls, want about a quarter", id, n, times)
		}
	}
	for range times { // of turns, none would follow itself; at random, a quarter does
		for id := range count(t, sel, 1) {
			if id == last {
				same++
			}
			last = id
		}
	}
	if same < times/8 || same > times/2 {
		t.Errorf("%d of %d calls went where the last one went, want about a quarter", same, times)
	}
}

func TestA163_RoundRobinGivesEachNodeTheSame(t *testing.T) {
	sel := open(t, "a", "b", "c")
	if err := sel.Init(selector.SetStrategy(selector.RoundRobin)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"a": 100, "b": 100, "c": 100}, count(t, sel, 300)); diff != "" {
		t.Errorf("calls per node (-want +got):\n%s", diff)
	}
}

// A164: of a thousand keys about one in N moves when a node comes or goes, and none of the others.
func TestA164_AHashKeyStaysAndFewMove(t *testing.T) {
	const keys = 1000
	place := func(nodes int) map[int]string {
		ids := make([]string, nodes)
		for i := range ids {
			ids[i] = fmt.Sprintf("shop-%d", i)
		}
		sel, at := open(t, ids...), map[int]string{}
		for key := range keys {
			next, err := sel.Select("shop", selector.HashKey(fmt.Sprintf("user-%d", key)))
			if err != nil {
				t.Fatal(err)
			}
			n, err := next()
			if err != nil {
				t.Fatal(err)
			}
			at[key] = n.Id
		}
		return at
	}
	ten, again, eleven := place(10), place(10), place(11)
	if diff := cmp.Diff(ten, again); diff != "" {
		t.Errorf("another selector puts keys elsewhere:\n%s", diff)
	}
	shares := map[string]int{}
	moved := 0
	for key, node := range ten {
		shares[node]++
		if eleven[key] != node {
			moved++
			if eleven[key] != "shop-10" {
				t.Errorf("key %d moved from %s to %s, which was there before", key, node, eleven[key])
			}
		}
	}
	t.Logf("moved %d of %d keys, want about %d; shares %v", moved, keys, keys/11, shares)
	if moved < keys/22 || moved > keys/6 {
		t.Errorf("%d of %d keys moved to the new node, want about %d", moved, keys, keys/11)
	}
	for node, n := range shares {
		if n < keys/20 || n > keys/5 {
			t.Errorf("node %s has %d of %d keys, want about %d", node, n, keys, keys/10)
		}
	}
}

func TestAHashKeysFurtherAttemptsGoThroughAllNodes(t *testing.T) {
	s := shop("a", "b", "c", "d")
	next := selector.Hash("key")([]*registry.Service{s, nil})
	var first []string
	for round := range 2 {
		for i := range 4 {
			n, err := next()
			if err != nil {
				t.Fatal(err)
			}
			if round == 0 {
				first = append(first, n.Id)
			} else if first[i] != n.Id {
				t.Errorf("attempt %d went to %s, in the first round to %s", i, n.Id, first[i])
			}
		}
	}
	seen := map[string]bool{}
	for _, id := range first {
		seen[id] = true
	}
	if len(seen) != 4 {
		t.Errorf("attempts went to %v", first)
	}
	if _, err := selector.Hash("key")(nil)(); !errors.Is(err, selector.ErrNoneAvailable) {
		t.Errorf("of nothing: %v", err)
	}
}

// A165: with calls that take unequally long, the node that is busy gets fewer.
func TestA165_LeastConnections(t *testing.T) {
	sel := open(t, "a", "b", "c")
	if err := sel.Init(selector.SetStrategy(selector.LeastConnections)); err != nil {
		t.Fatal(err)
	}
	take := func() *registry.Node {
		next, err := sel.Select("shop")
		if err != nil {
			t.Fatal(err)
		}
		n, err := next()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	slow := take() // never ends
	for range 100 {
		one, two := take(), take()
		if one.Id == slow.Id || two.Id == slow.Id || one.Id == two.Id {
			t.Fatalf("with a call under way on %s, calls went to %s and %s", slow.Id, one.Id, two.Id)
		}
		sel.Mark("shop", one, nil)
		sel.Mark("shop", two, nil)
	}
	for range 3 { // one each on the others makes all equal, the second round too
		take()
	}
	counts := map[string]int{}
	for range 9 {
		counts[take().Id]++
	}
	for id, n := range counts {
		if n < 2 || n > 4 {
			t.Errorf("%d of 9 calls went to %s, want about 3", n, id)
		}
	}
	sel.Mark("shop", slow, nil)
	sel.Mark("shop", slow, nil) // told once too often: that is no credit for ever
	release := sel.(selector.Holder).Hold("shop", slow)
	release()
	release()
}

func TestLeastConnectionsOfManyCallers(t *testing.T) {
	sel := open(t, "a", "b", "c", "d")
	var mu sync.Mutex
	busy, most := map[string]int{}, 0
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 200 {
				next, err := sel.Select("shop", selector.WithStrategy(selector.LeastConnections))
				if err != nil {
					t.Error(err)
					return
				}
				n, err := next()
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				busy[n.Id]++
				most = max(most, busy[n.Id])
				mu.Unlock()
				runtime.Gosched() // the call
				mu.Lock()
				busy[n.Id]--
				mu.Unlock()
				sel.Mark("shop", n, nil)
			}
		})
	}
	group.Wait()
	if most > 2 {
		t.Errorf("%d calls at once on one of four nodes, with eight callers", most)
	}
	if n := selector.Busy(sel); n != 0 {
		t.Errorf("%d nodes are remembered as busy when all calls are over", n)
	}
}

func BenchmarkStrategies(b *testing.B) {
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	for name, opt := range map[string]selector.SelectOption{
		"hash key": selector.HashKey("user-42"), "least connections": selector.WithStrategy(selector.LeastConnections),
	} {
		b.Run(name, func(b *testing.B) {
			sel := open(b, ids...)
			b.ReportAllocs()
			for b.Loop() {
				next, _ := sel.Select("shop", opt)
				n, _ := next()
				sel.Mark("shop", n, nil)
			}
		})
	}
}
