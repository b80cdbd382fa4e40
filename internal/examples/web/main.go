// Command web serves net/http handlers as a service, which is called by its name.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"

	"github.com/microtop/microtop/framework/web"

	// MICRO_REGISTRY=file is for hosts without multicast.
	_ "github.com/microtop/microtop/framework/registry/file"
)

func main() {
	service := web.NewService(web.Name("shop.web"))
	service.HandleFunc("/hello", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hello web") })
	if err := service.Init(); err != nil {
		log.Fatal(err)
	}
	if err := service.Start(); err != nil { // a program that only serves calls Run
		log.Fatal(err)
	}
	rsp, err := service.Client().Get("http://shop.web/hello")
	if err != nil {
		log.Fatal(err)
	}
	body, err := io.ReadAll(rsp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(body))
	if err := rsp.Body.Close(); err != nil {
		log.Fatal(err)
	}
	if err := service.Stop(); err != nil {
		log.Fatal(err)
	}
}
