package shard_test

import (
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/selector/shard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func nodes(n int) []*registry.Service {
	s := &registry.Service{Name: "shop"}
	for i := range n {
		s.Nodes = append(s.Nodes, &registry.Node{Id: fmt.Sprintf("shop-%d", i)})
	}
	return []*registry.Service{s}
}

func first(t *testing.T, keys []string, services []*registry.Service) string {
	t.Helper()
	n, err := shard.Next(keys, services)()
	if err != nil {
		t.Fatal(err)
	}
	return n.Id
}

func TestTheSameKeysGoToTheSameNode(t *testing.T) {
	fleet := nodes(20)
	seen := map[string]bool{}
	for i := range 100 {
		keys := []string{"user", fmt.Sprint(i)}
		node := first(t, keys, fleet)
		seen[node] = true
		if again := first(t, keys, fleet); again != node {
			t.Errorf("keys %v went to %s, then to %s", keys, node, again)
		}
	}
	if len(seen) < 15 {
		t.Errorf("100 keys are on %d of 20 nodes", len(seen))
	}
	if first(t, []string{"a", "bc"}, fleet) == first(t, []string{"ab", "c"}, fleet) && first(t, []string{"", "x"}, fleet) == first(t, []string{"x", ""}, fleet) {
		t.Error("where one key ends and the next begins does not count")
	}
}

func TestStrategyIsACallOption(t *testing.T) {
	o := client.CallOptions{}
	shard.Strategy("a", "b")(&o)
	var s selector.SelectOptions
	for _, set := range o.SelectOptions {
		set(&s)
	}
	fleet := nodes(20)
	n, err := s.Strategy(fleet)()
	if err != nil || n.Id != first(t, []string{"a", "b"}, fleet) {
		t.Errorf("got %v, %v", n, err)
	}
}

func Example() {
	next := shard.Next([]string{"user-42"}, nodes(5))
	one, _ := next()
	again, _ := shard.Next([]string{"user-42"}, nodes(5))()
	second, _ := next()
	fmt.Println(one.Id == again.Id, one.Id == second.Id)
	// Output: true false
}
