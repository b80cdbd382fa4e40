package grpc

import "github.com/microtop/microtop/framework/cmd"

// Importing the package lets --transport grpc and MICRO_TRANSPORT=grpc choose it.
func init() { cmd.DefaultTransports["grpc"] = NewTransport }
