package http_test

import (
	"fmt"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/proxy/http"
)

func Example() {
	service := http.NewService(micro.Name("shop"), http.WithBackend("http://localhost:8080"))
	fmt.Println(service.Name(), http.Resolve("Foo.Bar"))
	// Output: shop /foo/bar
}
