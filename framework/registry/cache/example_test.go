package cache_test

import (
	"fmt"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/cache"
)

func Example() {
	reg := registry.NewMemoryRegistry()
	shop := &registry.Service{Name: "shop", Nodes: []*registry.Node{{Id: "shop-1", Address: "127.0.0.1:8080"}}}
	if err := reg.Register(shop); err != nil {
		fmt.Println(err)
		return
	}
	known := cache.New(reg)
	defer known.Stop()
	services, err := known.GetService("shop") // asks; the next time it is known
	fmt.Println(services[0].Nodes[0].Id, err)
	_, ok := known.(cache.Ager).Age("shop")
	fmt.Println("known:", ok)
	// Output:
	// shop-1 <nil>
	// known: true
}
