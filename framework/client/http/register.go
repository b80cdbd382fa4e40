package http

import "github.com/microtop/microtop/framework/cmd"

// Importing the package lets --client http and MICRO_CLIENT=http choose it.
func init() { cmd.DefaultClients["http"] = NewClient }
