package selector_test

import (
	"errors"
	"fmt"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

func Example() {
	reg := registry.NewMemoryRegistry()
	for _, id := range []string{"shop-1", "shop-2"} {
		err := reg.Register(&registry.Service{Name: "shop", Nodes: []*registry.Node{{Id: id, Address: "127.0.0.1:8080"}}})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	sel := selector.NewSelector(selector.Registry(reg), selector.SetStrategy(selector.RoundRobin))
	defer sel.Close()

	next, err := sel.Select("shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 { // the attempts of one call
		node, err := next()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(node.Id)
		if node.Id == "shop-2" {
			sel.Mark("shop", node, nil)
			break
		}
		sel.Mark("shop", node, errors.New("connection refused"))
	}
	// Output:
	// shop-1
	// shop-2
}
