package grpc

import "github.com/microtop/microtop/framework/cmd"

// Importing the package lets --client grpc and MICRO_CLIENT=grpc choose it.
func init() { cmd.DefaultClients["grpc"] = NewClient }
