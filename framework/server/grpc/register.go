package grpc

import "github.com/microtop/microtop/framework/cmd"

// Importing the package lets --server grpc and MICRO_SERVER=grpc choose it.
func init() { cmd.DefaultServers["grpc"] = NewServer }
