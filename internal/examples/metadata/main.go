// Command metadata sends values beside the request, as headers.
package main

import (
	"context"
	"fmt"
	"log"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/metadata"

	// MICRO_REGISTRY=file is for hosts without multicast.
	_ "github.com/microtop/microtop/framework/registry/file"
)

// Empty is a message without content.
type Empty struct{}

// Who is an answer.
type Who struct{ User string }

// Session is a handler.
type Session struct{}

// Whoami answers with the caller's user.
func (*Session) Whoami(ctx context.Context, _ *Empty, rsp *Who) error {
	rsp.User, _ = metadata.Get(ctx, "X-User-Id")
	return nil
}

func main() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	service := micro.NewService(micro.Name("metadata"), micro.Context(ctx))
	service.Init(micro.AfterStart(func() error {
		defer stop()
		c := service.Client()
		rsp := new(Who)
		if err := c.Call(metadata.Set(ctx, "X-User-Id", "ada"), c.NewRequest("metadata", "Session.Whoami", &Empty{}), rsp); err != nil {
			return err
		}
		fmt.Println(rsp.User)
		return nil
	}))
	if err := micro.RegisterHandler(service.Server(), new(Session)); err != nil {
		log.Fatal(err)
	}
	if err := service.Run(); err != nil {
		log.Fatal(err)
	}
}
