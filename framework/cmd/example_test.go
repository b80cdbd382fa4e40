package cmd_test

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/microtop/microtop/framework/cmd"
	"github.com/microtop/microtop/framework/registry"
)

func Example() {
	r := registry.NewRegistry()
	line := cmd.NewCmd(cmd.Registry(&r), cmd.Args("--registry", "memory", "--shop_region", "north"))

	flags := pflag.NewFlagSet("shop", pflag.ContinueOnError)
	region := flags.String("shop-region", "south", "where the shop is")
	line.App().Flags().AddFlag(cmd.Env(flags.Lookup("shop-region"), "SHOP_REGION"))

	if err := line.Init(); err != nil { // ends the process on a wrong flag
		fmt.Println(err)
	}
	fmt.Println(r, *region)
	// Output: memory north
}
