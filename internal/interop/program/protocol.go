package main

import (
	"os"

	grpcclient "github.com/go-micro/plugins/v4/client/grpc"
	grpcserver "github.com/go-micro/plugins/v4/server/grpc"
	grpctransport "github.com/go-micro/plugins/v4/transport/grpc"
	"go-micro.dev/v4"
)

// overGRPC says that PROTOCOL asks for the gRPC server and client.
var overGRPC = os.Getenv("PROTOCOL") == "grpc"

// byGRPC says that TRANSPORT asks for the transport of that name, below mucp.
var byGRPC = os.Getenv("TRANSPORT") == "grpc"

// protocol chooses server and client; it comes before options that configure them.
func protocol(opts ...micro.Option) []micro.Option {
	if byGRPC {
		return append([]micro.Option{micro.Transport(grpctransport.NewTransport())}, opts...)
	}
	if !overGRPC {
		return opts
	}
	return append([]micro.Option{micro.Server(grpcserver.NewServer()), micro.Client(grpcclient.NewClient())}, opts...)
}

// types are the content types to call with; gRPC has two of them.
func types() []string {
	if overGRPC {
		return contentTypes[:2]
	}
	return contentTypes
}
