package http_test

import (
	"context"
	"fmt"
	"io"
	stdhttp "net/http"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/http"
	"github.com/microtop/microtop/framework/server/servertest"
)

func Example() {
	engine := stdhttp.NewServeMux() // or a gin engine
	engine.HandleFunc("/hello", func(w stdhttp.ResponseWriter, _ *stdhttp.Request) { _, _ = io.WriteString(w, "hello") })
	s := http.NewServer(server.Name("shop.web"), server.Address("127.0.0.1:0"), server.Registry(registry.NewMemoryRegistry()), server.WithLogger(servertest.Logger()))
	if err := s.Handle(s.NewHandler(engine)); err != nil {
		fmt.Println(err)
	}
	if err := s.Start(); err != nil {
		fmt.Println(err)
	}
	req, _ := stdhttp.NewRequestWithContext(context.Background(), stdhttp.MethodGet, "http://"+s.Options().Address+"/hello", nil)
	rsp, err := stdhttp.DefaultClient.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	body, err := io.ReadAll(rsp.Body)
	fmt.Println(string(body), err, rsp.Body.Close(), s.Stop())
	stdhttp.DefaultClient.CloseIdleConnections()
	// Output: hello <nil> <nil> <nil>
}
