package http_test

import (
	"context"
	"fmt"
	"io"
	stdhttp "net/http"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/client/http"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server/servertest"
	"github.com/microtop/microtop/framework/web"
)

func Example() {
	r := registry.NewMemoryRegistry()
	service := web.NewService(web.Name("shop.web"), web.Address("127.0.0.1:0"), web.Registry(r), web.Logger(servertest.Logger()))
	service.HandleFunc("/hello", func(w stdhttp.ResponseWriter, _ *stdhttp.Request) { _, _ = io.WriteString(w, `{"name":"you"}`) })
	if err := service.Start(); err != nil {
		fmt.Println(err)
	}
	c := http.NewClient(client.Registry(r), client.ContentType("application/json"))
	var rsp struct{ Name string }
	err := c.Call(context.Background(), c.NewRequest("shop.web", "/hello", nil), &rsp)
	fmt.Println(rsp.Name, err, c.(io.Closer).Close(), service.Stop())
	// Output: you <nil> <nil> <nil>
}
