package registry_test

import (
	"fmt"

	"github.com/microtop/microtop/framework/registry"
)

func Example() {
	reg := registry.NewMemoryRegistry()
	events, err := reg.Watch(registry.WatchService("shop"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer events.Stop()

	node := &registry.Node{Id: "shop-1", Address: "127.0.0.1:8080"}
	if err := reg.Register(&registry.Service{Name: "shop", Version: "1.0.0", Nodes: []*registry.Node{node}}); err != nil {
		fmt.Println(err)
		return
	}
	event, err := events.Next()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(event.Action, event.Service.Nodes[0].Id)

	services, err := reg.GetService("shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(services[0].Version, services[0].Nodes[0].Address)
	// Output:
	// create shop-1
	// 1.0.0 127.0.0.1:8080
}
