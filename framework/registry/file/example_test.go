package file_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/file"
)

func Example() {
	folder, err := os.MkdirTemp("", "registry")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	address := registry.Addrs(filepath.Join(folder, "registry"))

	service := &registry.Service{Name: "shop", Nodes: []*registry.Node{{Id: "shop-1", Address: "127.0.0.1:8080"}}}
	mine := file.NewRegistry(address) // one process
	if err := mine.Register(service); err != nil {
		fmt.Println(err)
		return
	}
	found, err := file.NewRegistry(address).GetService("shop") // another one
	fmt.Println(found[0].Nodes[0].Address, err)
	fmt.Println(mine.Deregister(service))
	// Output:
	// 127.0.0.1:8080 <nil>
	// <nil>
}
