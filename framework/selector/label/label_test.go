package label_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/selector/label"
	"github.com/microtop/microtop/framework/selector/selectortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	selectortest.Run(t, func(_ *testing.T, r registry.Registry) selector.Selector {
		return label.NewSelector(selector.Registry(r))
	}, selectortest.Caps{Records: true})
}

// fleet has two nodes in zone a, one in b and one in none.
func fleet() registry.Registry {
	s := &registry.Service{Name: "shop", Version: "1"}
	for id, zone := range map[string]string{"a1": "a", "a2": "a", "b1": "b", "x1": ""} {
		n := &registry.Node{Id: id, Address: "127.0.0.1:80"}
		if zone != "" {
			n.Metadata = map[string]string{"zone": zone}
		}
		s.Nodes = append(s.Nodes, n)
	}
	return registry.NewMemoryRegistry(registry.Services(map[string][]*registry.Service{"shop": {s}}))
}

func TestA168_LabelledNodesGoFirst(t *testing.T) {
	sel := label.NewSelector(selector.Registry(fleet()), label.Label("zone", "a"), label.Label("zone", "b"))
	defer sel.Close()
	for _, step := range []struct {
		fails string
		want  map[string]bool
	}{
		{"", map[string]bool{"a1": true, "a2": true}},
		{"a1", map[string]bool{"a2": true}},
		{"a2", map[string]bool{"b1": true}},
		{"b1", map[string]bool{"x1": true}},
	} {
		if step.fails != "" {
			sel.Mark("shop", &registry.Node{Id: step.fails, Address: "127.0.0.1:80"}, errors.New("connection refused"))
		}
		if diff := cmp.Diff(step.want, picked(t, sel)); diff != "" {
			t.Errorf("after %s failed, nodes (-want +got):\n%s", step.fails, diff)
		}
	}
	sel.Reset("shop")
	next, err := sel.Select("shop")
	if err != nil {
		t.Fatal(err)
	}
	var zones []byte
	for range 4 { // the attempts of one call
		n, err := next()
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, n.Id[0])
		sel.Mark("shop", n, errors.New("connection refused"))
	}
	if string(zones) != "aabx" {
		t.Errorf("attempts went to zones %s, want aabx", zones)
	}
}

func TestStrategiesDecideWithinALabel(t *testing.T) {
	sel := label.NewSelector(selector.Registry(fleet()), label.Label("zone", "a"))
	defer sel.Close()
	key := selector.HashKey("k")
	if got := picked(t, sel, key); len(got) != 1 || got["b1"] || got["x1"] {
		t.Errorf("one key went to %v, want one node of zone a", got)
	}
	if got := picked(t, sel, selector.WithFilter(selector.FilterLabel("zone", "b"))); len(got) != 1 || !got["b1"] {
		t.Errorf("a filter for zone b gave %v", got)
	}
}

func picked(t *testing.T, sel selector.Selector, opts ...selector.SelectOption) map[string]bool {
	t.Helper()
	got := map[string]bool{}
	for range 100 {
		next, err := sel.Select("shop", opts...)
		if err != nil {
			t.Fatal(err)
		}
		n, err := next()
		if err != nil {
			t.Fatal(err)
		}
		got[n.Id] = true
	}
	return got
}

func Example() {
	r := fleet()
	sel := label.NewSelector(selector.Registry(r), label.Label("zone", "b"))
	defer sel.Close()
	next, err := sel.Select("shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	node, err := next()
	fmt.Println(node.Id, err)
	// Output: b1 <nil>
}
