// Command http serves a gin engine as a service, whose handler calls another service.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/client"
	serverhttp "github.com/microtop/microtop/framework/server/http"

	// MICRO_REGISTRY=file is for hosts without multicast.
	_ "github.com/microtop/microtop/framework/registry/file"
)

// Request and Response are the messages of Greeter.
type (
	Request  struct{ Name string }
	Response struct{ Message string }
)

// Greeter is the handler of the service that is called.
type Greeter struct{}

// Hello greets.
func (*Greeter) Hello(_ context.Context, req *Request, rsp *Response) error {
	rsp.Message = "hello " + req.Name
	return nil
}

// engine is what a gin program has anyway; c calls other services.
func engine(c client.Client) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.GET("/hello/:name", func(g *gin.Context) {
		rsp := new(Response)
		if err := c.Call(g.Request.Context(), c.NewRequest("greeter", "Greeter.Hello", &Request{Name: g.Param("name")}), rsp); err != nil {
			g.String(http.StatusBadGateway, "%v\n", err)
			return
		}
		g.String(http.StatusOK, "%s\n", rsp.Message)
	})
	return router
}

// get prints what a URL answers.
func get(url string) error {
	rsp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	fmt.Print(string(body))
	return err
}

func main() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ready := make(chan struct{})
	greeter := micro.NewService(micro.Name("greeter"), micro.Context(ctx))
	greeter.Init(micro.AfterStart(func() error { close(ready); return nil }))
	if err := micro.RegisterHandler(greeter.Server(), new(Greeter)); err != nil {
		log.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		if err := greeter.Run(); err != nil {
			log.Fatal(err)
		}
	})
	<-ready

	web := micro.NewService(micro.Server(serverhttp.NewServer()), micro.Name("shop.web"), micro.Context(ctx))
	web.Init(micro.AfterStart(func() error {
		defer stop() // a service that others call leaves this out, and runs until SIGTERM
		return get("http://" + web.Server().Options().Address + "/hello/ada")
	}))
	c := client.NewClient(client.Registry(web.Options().Registry))
	if err := micro.RegisterHandler(web.Server(), engine(c)); err != nil {
		log.Fatal(err)
	}
	if err := web.Run(); err != nil {
		log.Fatal(err)
	}
	running.Wait()
}
