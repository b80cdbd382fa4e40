package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/file"
)

// refresh runs services that register each second in the folder args[0], args[1] of them, until the process is ended.
func refresh(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("refresh: want a folder and a number, got %q", args)
	}
	services, err := strconv.Atoi(args[1])
	if err != nil {
		return fmt.Errorf("refresh: %w", err)
	}
	quiet := logger.NewLogger(logger.WithLevel(logger.ErrorLevel))
	ended := make(chan error, services)
	for i := range services {
		s := micro.NewService(micro.Name(fmt.Sprintf("bench-%d", i)), micro.Address("127.0.0.1:0"), micro.Context(context.Background()), micro.HandleSignal(false),
			micro.Registry(file.NewRegistry(registry.Addrs(args[0]))), micro.RegisterInterval(time.Second), micro.RegisterTTL(3*time.Second), micro.Logger(quiet))
		go func() { ended <- s.Run() }()
	}
	return <-ended // none ends before the process does, unless it fails
}
