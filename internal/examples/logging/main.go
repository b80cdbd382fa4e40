// Command logging writes the service's lines through logrus, and reads flags of its own.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/sirupsen/logrus"
	"github.com/spf13/pflag"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/cmd"
	"github.com/microtop/microtop/framework/logger"
	micrologrus "github.com/microtop/microtop/framework/logger/logrus"

	// MICRO_REGISTRY=file is for hosts without multicast.
	_ "github.com/microtop/microtop/framework/registry/file"
)

func main() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	flags := pflag.NewFlagSet("logging", pflag.ContinueOnError)
	region := flags.String("region", "south", "where the service is")

	lines := micrologrus.NewLogger(logger.WithOutput(os.Stdout), micrologrus.WithTextTextFormatter(&logrus.TextFormatter{DisableTimestamp: true})).
		Fields(map[string]any{"service": "logging"})
	service := micro.NewService(micro.Name("logging"), micro.Context(ctx), micro.Logger(lines),
		micro.Flags(cmd.Env(flags.Lookup("region"), "REGION"))) // --region north, or REGION=north
	service.Init(micro.AfterStart(func() error {
		defer stop()
		service.Options().Logger.Logf(logger.WarnLevel, "serving %s", *region)
		return nil
	}))
	if err := service.Run(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("end")
}
