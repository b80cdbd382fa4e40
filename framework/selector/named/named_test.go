package named_test

import (
	"errors"
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/selector/named"
	"github.com/microtop/microtop/framework/selector/selectortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	selectortest.Run(t, func(_ *testing.T, r registry.Registry) selector.Selector {
		return named.NewSelector(selector.Registry(r))
	}, selectortest.Caps{Records: true})
}

func fleet() registry.Registry {
	return registry.NewMemoryRegistry(registry.Services(map[string][]*registry.Service{"shop": {{Name: "shop", Nodes: []*registry.Node{
		{Id: "shop-1", Address: "10.0.0.1:80"}, {Id: "shop-2", Address: "10.0.0.2:80"},
		{Id: "shop-3", Address: "10.0.0.3:80", Metadata: map[string]string{"name": "canary"}},
	}}}}))
}

func TestA168_NodesAreCalledByName(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"shop-2", "shop-2"}, {"2", "shop-2"}, {"10.0.0.2:80", "shop-2"}, {"canary", "shop-3"}, {"shop-9", ""}, {"", ""},
	} {
		for how, sel := range map[string]selector.Selector{
			"the selector": named.NewSelector(selector.Registry(fleet()), named.Nodes(c.name)),
			"the call":     selector.NewSelector(selector.Registry(fleet())),
		} {
			var opts []selector.SelectOption
			if how == "the call" {
				opts = append(opts, named.Node(c.name))
			}
			for range 20 {
				next, err := sel.Select("shop", opts...)
				if c.want == "" {
					if !errors.Is(err, selector.ErrNoneAvailable) {
						t.Errorf("%s named %q: %v", how, c.name, err)
					}
					break
				}
				if err != nil {
					t.Fatalf("%s named %q: %v", how, c.name, err)
				}
				if n, err := next(); err != nil || n.Id != c.want {
					t.Fatalf("%s named %q: %v, %v", how, c.name, n, err)
				}
			}
			_ = sel.Close()
		}
	}
}

func TestSeveralNames(t *testing.T) {
	sel := named.NewSelector(selector.Registry(fleet()), named.Nodes("1", "canary"), selector.SetStrategy(selector.RoundRobin))
	defer sel.Close()
	got := map[string]int{}
	for range 10 {
		next, err := sel.Select("shop")
		if err != nil {
			t.Fatal(err)
		}
		n, err := next()
		if err != nil {
			t.Fatal(err)
		}
		got[n.Id]++
	}
	if got["shop-1"] != 5 || got["shop-3"] != 5 {
		t.Errorf("got %v, want shop-1 and shop-3 in turn", got)
	}
}

func Example() {
	sel := named.NewSelector(selector.Registry(fleet()), named.Nodes("canary"))
	defer sel.Close()
	next, err := sel.Select("shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	node, err := next()
	fmt.Println(node.Id, err)
	// Output: shop-3 <nil>
}
