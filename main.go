// Command microtop is a terminal ops console for fleets of microservices, and the same as plain commands.
package main

import (
	"os"

	"github.com/microtop/microtop/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
