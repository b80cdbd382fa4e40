package server_test

import (
	"context"
	"fmt"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest"
)

// Sum is a request and an answer.
type Sum struct{ A, B, Total int }

// Adder is a handler: its method is the endpoint Adder.Add.
type Adder struct{}

// Add adds.
func (*Adder) Add(_ context.Context, req, rsp *Sum) error {
	rsp.Total = req.A + req.B
	return nil
}

func Example() {
	r := registry.NewMemoryRegistry()
	s := server.NewServer(server.Name("sums"), server.Address("127.0.0.1:0"), server.Registry(r), server.WithLogger(servertest.Logger()))
	if err := s.Handle(s.NewHandler(new(Adder))); err != nil {
		fmt.Println(err)
		return
	}
	if err := s.Start(); err != nil {
		fmt.Println(err)
		return
	}
	found, err := r.GetService("sums")
	if err != nil || len(found) == 0 {
		fmt.Println(found, err)
		return
	}
	fmt.Println(found[0].Endpoints[0].Name, s.Stop())
	// Output: Adder.Add <nil>
}
