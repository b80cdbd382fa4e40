package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server/servertest"
	"github.com/microtop/microtop/framework/web"
)

func Example() {
	service := web.NewService(web.Name("shop.web"), web.Address("127.0.0.1:0"), web.Registry(registry.NewMemoryRegistry()), web.Logger(servertest.Logger()))
	service.HandleFunc("/hello", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	if err := service.Start(); err != nil {
		fmt.Println(err)
	}
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://shop.web/hello", nil)
	rsp, err := service.Client().Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	body, err := io.ReadAll(rsp.Body)
	fmt.Println(string(body), err, rsp.Body.Close(), service.Stop())
	// Output: hello <nil> <nil> <nil>
}
