package http

import "github.com/microtop/microtop/framework/cmd"

// Importing the package lets --server http and MICRO_SERVER=http choose it.
func init() { cmd.DefaultServers["http"] = NewServer }
